import Monitor
import X86

/// Everything that the shell asks of the monitor: what `Monitor` offers, and below the line what
/// it is to offer. Tests put a fake in its place.
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
  func run(until limit: RunLimit) throws -> Stop
  func step() throws -> Stop
  func setup() throws -> [String]
  func nextInstruction() -> (address: UInt64, instruction: Instruction, bytes: InstructionBytes)?
  func readLinear(_ address: UInt64, count: Int) throws -> [UInt8]
  func writeLinear(_ address: UInt64, _ bytes: [UInt8]) throws
  func walk(_ linear: UInt64, _ access: PageAccess) throws -> Walk
  func save() throws -> MonitorSnapshot
  func restore(_ snapshot: MonitorSnapshot) throws

  // What follows is still to be provided.

  /// The guests that are built in, in the order in which a list shows them.
  static var builtInGuests: [GuestImage] { get }
  /// A guest from a file: ELF, or a flat binary placed at `address`. What is nil is taken from the
  /// file. Throws an error whose description says what is wrong with the file and where.
  static func image(
    fromFile path: String, at address: UInt64?, entry: UInt64?, mode: GuestImage.Mode?
  ) throws -> GuestImage
  /// What this host can do.
  static func diagnoseHost() -> HostDiagnosis
  /// Names of the workloads that `compare` runs.
  static var workloads: [String] { get }
  /// Runs a workload by each technique, by all of them if `techniques` is empty.
  static func compare(
    workload: String, techniques: [String], backend: Monitor.Backend
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
  /// The exit status that a bare guest has asked for by writing v to port 0xf4, (v << 1) | 1; nil
  /// as long as it has not.
  var requestedStatus: Int32? { get }
  /// Whether ioctls are kept for `takeIoctls()`.
  var keepsIoctls: Bool { get set }
  /// The ioctls since the last call, one line each with arguments and result.
  func takeIoctls() -> [String]
}

/// A VMX instruction typed at the prompt. An address that is nil means the monitor's own region:
/// the monitor prepares it (revision identifier, CR4.VMXE) as a VMM does.
public enum PromptInstruction: Sendable, Equatable {
  case vmxon(UInt64?)
  case vmxoff
  case vmclear(UInt64?)
  case vmptrld(UInt64?)
  case vmptrst
  case vmread(VMCSField)
  case vmwrite(VMCSField, UInt64)
  case vmlaunch
  case vmresume
  case invept(type: UInt64, pointer: UInt64)
  case invvpid(type: UInt64, vpid: UInt16, linear: UInt64)
}

/// What the processor answered.
public struct VMXAnswer: Sendable, Equatable {
  /// The names that JSON shows.
  public enum Outcome: String, Sendable {
    case success
    case failInvalid = "fail-invalid"
    case failValid = "fail-valid"
    /// A VM entry succeeded and the guest came back, or it failed after the controls were checked.
    case exit
    /// The instruction raised `vector` instead.
    case fault
  }
  public var outcome: Outcome
  /// Number in the VM-instruction error field, with `failValid`.
  public var error: UInt32?
  /// What came back, with `exit`.
  public var exit: VMExit?
  /// The exception, with `fault`.
  public var vector: UInt8?
  /// What VMREAD or VMPTRST yielded; the address that VMXON, VMCLEAR or VMPTRLD was given.
  public var value: UInt64?

  public init(
    _ outcome: Outcome, error: UInt32? = nil, exit: VMExit? = nil, vector: UInt8? = nil,
    value: UInt64? = nil
  ) {
    self.outcome = outcome
    self.error = error
    self.exit = exit
    self.vector = vector
    self.value = value
  }
}

public struct VMXStatus: Sendable, Equatable {
  /// Between VMXON and VMXOFF.
  public var isOn: Bool
  /// Address of the current VMCS.
  public var current: UInt64?
  /// Launch state of the current VMCS.
  public var isLaunched: Bool

  public init(isOn: Bool = false, current: UInt64? = nil, isLaunched: Bool = false) {
    self.isOn = isOn
    self.current = current
    self.isLaunched = isLaunched
  }
}

/// A VMCS, field by field.
public struct VMCSContents: Sendable, Equatable {
  public enum Standing: String, Sendable {
    /// The backend keeps this very value.
    case live
    /// Rebuilt from something else that the backend shows.
    case derived
    /// The backend keeps the value to itself.
    case hidden
  }
  public struct Value: Sendable, Equatable {
    /// 0 if it is hidden.
    public var value: UInt64
    public var standing: Standing
    /// Where a value that is not live comes from, or why there is none; may be empty.
    public var source: String

    public init(_ value: UInt64, _ standing: Standing = .live, source: String = "") {
      self.value = value
      self.standing = standing
      self.source = source
    }
  }
  public var address: UInt64?
  /// Full fields only.
  public var fields: [VMCSField: Value]
  /// The values before the last VM entry, for `--diff`; empty if there was none.
  public var previous: [VMCSField: UInt64]

  public init(
    address: UInt64?, fields: [VMCSField: Value], previous: [VMCSField: UInt64] = [:]
  ) {
    self.address = address
    self.fields = fields
    self.previous = previous
  }
}

/// A rule of VM entry that is broken.
public struct CheckFailure: Sendable, Equatable {
  /// In words.
  public var rule: String
  /// Title of the manual's section.
  public var section: String
  public var fields: [VMCSField]
  public var have: String
  public var want: String

  public init(rule: String, section: String, fields: [VMCSField], have: String, want: String) {
    self.rule = rule
    self.section = section
    self.fields = fields
    self.have = have
    self.want = want
  }
}

public struct DeviceRow: Sendable, Equatable {
  public var name: String
  public var space: DeviceAccess.Space
  /// First and last address, inclusive.
  public var first: UInt64
  public var last: UInt64
  public var reads: UInt64
  public var writes: UInt64

  public init(
    name: String, space: DeviceAccess.Space, first: UInt64, last: UInt64, reads: UInt64,
    writes: UInt64
  ) {
    self.name = name
    self.space = space
    self.first = first
    self.last = last
    self.reads = reads
    self.writes = writes
  }
}

/// What a host offers, one finding a line.
public struct HostDiagnosis: Sendable, Equatable {
  public struct Finding: Sendable, Equatable {
    public enum State: String, Sendable { case ok, warn, fail }
    public var name: String
    public var state: State
    public var detail: String
    /// The one line that mends it; empty if nothing is to be mended, or nothing can.
    public var remedy: String

    public init(name: String, state: State, detail: String, remedy: String = "") {
      self.name = name
      self.state = state
      self.detail = detail
      self.remedy = remedy
    }
  }
  public var findings: [Finding]

  public init(findings: [Finding]) { self.findings = findings }
}

/// The same work done by several techniques.
public struct Comparison: Sendable, Equatable {
  public struct Row: Sendable, Equatable {
    public var technique: String
    /// What the workload counts, e.g. bytes printed.
    public var operations: Int
    public var exits: Int
    /// In the simulator: model cycles.
    public var cycles: UInt64?
    /// On KVM: median of the repetitions, and how far they spread.
    public var nanoseconds: Double?
    public var spread: Double?
    /// Set if this backend can't do it; says why.
    public var unavailable: String?

    public init(
      technique: String, operations: Int, exits: Int, cycles: UInt64? = nil,
      nanoseconds: Double? = nil, spread: Double? = nil, unavailable: String? = nil
    ) {
      self.technique = technique
      self.operations = operations
      self.exits = exits
      self.cycles = cycles
      self.nanoseconds = nanoseconds
      self.spread = spread
      self.unavailable = unavailable
    }
  }
  public var workload: String
  /// What an operation is, e.g. "byte printed".
  public var operation: String
  public var rows: [Row]
  /// Where the figures come from, one line each.
  public var notes: [String]

  public init(workload: String, operation: String, rows: [Row], notes: [String] = []) {
    self.workload = workload
    self.operation = operation
    self.rows = rows
    self.notes = notes
  }
}
