import Monitor
import X86

/// Everything that the shell asks of the monitor. Tests put a fake in its place.
public protocol MonitorNeeds: AnyObject, SendableMetatype {
  init(_ configuration: Monitor.Configuration) throws

  var configuration: Monitor.Configuration { get }
  var machine: any VirtualMachine { get }
  var image: GuestImage? { get }
  var policies: [UInt16: ExitPolicy] { get set }
  var statistics: ExitStatistics { get }
  var pendingExit: VMExit? { get }
  var lastExit: VMExit? { get }
  var consoleOutput: [UInt8] { get }

  func load(_ image: GuestImage) throws
  func reset() throws
  /// Stops `step()`; `run(until:)` takes the one of its limit.
  var interrupt: Interrupt { get set }
  func run(until limit: RunLimit) throws -> Stop
  func step() throws -> Stop
  func setup() throws -> [String]
  func nextInstruction() -> (address: UInt64, instruction: Instruction, bytes: InstructionBytes)?
  func readLinear(_ address: UInt64, count: Int) throws -> [UInt8]
  func writeLinear(_ address: UInt64, _ bytes: [UInt8]) throws
  func walk(_ linear: UInt64, _ access: PageAccess) throws -> Walk
  /// Translates a guest-physical address through EPT; nil where there is none to be read.
  func walkEPT(_ guestPhysical: UInt64, _ access: PageAccess) -> Walk?
  /// How many instructions a trace keeps; nil while nothing is traced.
  var traceCapacity: Int? { get set }
  /// The last `most` instructions traced, the oldest first.
  func trace(last most: Int) -> [TraceEntry]
  /// What the TLB holds; nil if the backend cannot tell.
  func cachedTranslations() -> [CachedTranslation]?
  func save() throws -> MonitorSnapshot
  func restore(_ snapshot: MonitorSnapshot) throws

  /// Bytes that checkpoints for going back in time may take; 0 keeps none.
  var checkpointMemory: UInt64 { get set }
  /// How far back the guest's past reaches.
  var timeStatus: TimeStatus { get }
  /// Goes back by `count` steps, at most to the start of time.
  func reverseStep(_ count: UInt64, interrupt: Interrupt) throws -> Stop
  /// Goes back to the latest moment that would have stopped the guest, or to the start of time.
  func reverseContinue(to targets: ReverseTargets) throws -> Stop
  /// Goes, back or on, to where `count` instructions had been retired.
  func go(to count: UInt64, interrupt: Interrupt) throws -> Stop

  /// The guests that are built in, in the order in which a list shows them.
  static var builtInGuests: [GuestImage] { get }
  /// A guest from a file: ELF, or a flat binary placed at `address`. What is nil is taken from the
  /// file. Throws an error whose description says what is wrong with the file and where.
  static func image(
    fromFile path: String, at address: UInt64?, entry: UInt64?, mode: GuestImage.Mode?
  ) throws -> GuestImage
  /// A guest for a bare machine, from a file, a ROM or both.
  static func bareImage(fromFile path: String?, options: BareOptions) throws -> GuestImage
  /// What this host can do.
  static func diagnoseHost() -> HostDiagnosis
  /// Names of the workloads that `compare` runs.
  static var workloads: [String] { get }
  /// Runs a workload by each technique, by all of them if `techniques` is empty.
  static func compare(
    workload: String, techniques: [String], configuration: Monitor.Configuration
  ) throws -> Comparison

  /// Executes a VMX instruction on the processor, as if root-mode software had it at its RIP.
  func execute(_ instruction: PromptInstruction, interrupt: Interrupt) throws -> VMXAnswer
  /// Where the processor is in VMX operation.
  var vmxStatus: VMXStatus { get }
  /// The current VMCS, or what the backend can tell of it; nil if there is none.
  func vmcs() throws -> VMCSContents?
  /// Every rule of VM entry that the current VMCS breaks.
  func checkVMCS() throws -> [CheckFailure]

  /// The devices with their places and access counts.
  var devices: [DeviceRow] { get }
  /// Requests an external interrupt at the processor's INTR pin.
  func raiseInterrupt(_ vector: UInt8) throws
  /// The exit status that the guest has asked for by writing v to port 0xf4, (v << 1) | 1.
  var debugExitStatus: UInt8? { get }
  /// Whether ioctls are kept for `takeIoctls()`.
  var keepsIoctls: Bool { get set }
  /// The ioctls since the last call, one line each with arguments and result.
  func takeIoctls() -> [String]
  /// What the guest executed since the last call and the simulated processor does not, a line each.
  func takeUnimplemented() -> [String]
}

extension Monitor: MonitorNeeds {}

extension MonitorNeeds {
  // A monitor that does not trace.
  public var traceCapacity: Int? {
    get { nil }
    set {}
  }
  public func trace(last most: Int) -> [TraceEntry] { [] }
}
