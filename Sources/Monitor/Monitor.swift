import Devices
import KVM
import Simulator
import X86

/// The VMM that the learner plays: it owns a machine and its devices, loads a guest, runs it, handles
/// its exits and keeps the books.
public final class Monitor {
  public enum Backend: String, Sendable, CaseIterable { case sim, kvm }

  public struct Configuration: Sendable {
    public var backend = Backend.sim
    /// Bytes of guest RAM.
    public var memorySize: UInt64 = 16 << 20
    /// No VMM: the guest owns the simulated machine.
    public var isBare = false
    /// Of a bare machine.
    public var processorCount = 1
    public var seed: UInt64 = 1
    /// Nanoseconds from any fixed point, to measure exits on KVM with. Nil: nothing is measured.
    public var clock: (@Sendable () -> UInt64)?
    /// On KVM, keep the ioctls from the first one on, for `takeIoctls()`.
    public var keepsIoctls = false
    /// EPT entries of 2 MiB instead of 4 KiB. Guests of more than 64 MiB have them anyway.
    public var usesLargeEPTPages = false
    /// Bytes that checkpoints for going back in time may take; 0 keeps none.
    public var checkpointMemory: UInt64 = 0
    public init() {}
  }

  public let configuration: Configuration
  /// A new one after each `load(_:)`, so that nothing of the last guest is left.
  public private(set) var machine: any VirtualMachine
  /// The simulated machine behind `machine`; nil on KVM.
  public private(set) var simulated: SimulatedMachine?
  /// The KVM machine behind `machine`; nil in the simulator.
  public private(set) var kvm: KVMMachine?
  public private(set) var platform: StandardDevices
  /// The board around `platform` of a bare machine; nil if there is a VMM.
  public private(set) var board: PCBoard?
  /// The guest that was loaded last.
  public internal(set) var image: GuestImage?

  /// What is written at each exit; the public properties below hand it out.
  let books = Books()
  /// Policies that differ from `emulate`, by basic exit reason.
  public var policies: [UInt16: ExitPolicy] {
    get { books.contents.policies }
    set { books.contents.policies = newValue }
  }
  public internal(set) var statistics: ExitStatistics {
    get { books.contents.statistics }
    set { books.contents.statistics = newValue }
  }
  /// The exits so far, the oldest forgotten.
  public internal(set) var exitLog: ExitLog {
    get { books.contents.exitLog }
    set { books.contents.exitLog = newValue }
  }
  /// The exit that stopped and has not been handled.
  public internal(set) var pendingExit: VMExit? {
    get { books.contents.pendingExit }
    set { books.contents.pendingExit = newValue }
  }
  /// The last exit of any kind.
  public internal(set) var lastExit: VMExit? {
    get { books.contents.lastExit }
    set { books.contents.lastExit = newValue }
  }
  /// What the guest made of port 0xf4: the exit status of a run that ends with it.
  public internal(set) var debugExitStatus: UInt8?
  /// Stops `step()`; `run(until:)` sets it to the one of its limit.
  public var interrupt = Interrupt()

  /// How far the automatic preparation of VMX operation has come, in the simulator.
  var preparation = Preparation()
  /// External interrupts that wait for the guest to accept them.
  var waitingVectors: [UInt8] {
    get { books.contents.waitingVectors }
    set { books.contents.waitingVectors = newValue }
  }
  /// One has come since they were offered to the guest.
  var hasNewVector = false
  /// Places of devices in guest-physical memory.
  var memoryDevices: [ClosedRange<UInt64>] = []
  /// The guest's past; nil as long as none is kept.
  var timeline: Timeline?
  var checkpointInterval = Timeline.usualInterval
  /// Bytes that the past may take; 0 keeps none.
  public var checkpointMemory: UInt64 {
    didSet { changeCheckpointMemory() }
  }
  /// How many instructions a trace keeps; nil while nothing is traced. Simulator only.
  public var traceCapacity: Int? {
    didSet { startTracing() }
  }
  /// Nothing has been done with `machine` since it was made.
  var isFresh = true

  /// Throws `MachineError.backend`, e.g. if there is no /dev/kvm.
  public init(_ configuration: Configuration) throws {
    self.configuration = configuration
    checkpointMemory = configuration.checkpointMemory
    let made = try Self.makeMachine(configuration, recordsIoctls: configuration.keepsIoctls)
    machine = made.machine
    simulated = made.simulated
    kvm = made.kvm
    books.contents.processor = made.simulated?.processor
    platform = try StandardDevices()
    try connectBoard()
    findMemoryDevices()
  }

  /// Bytes that the guest has printed since it was loaded (UART, debug console, hypercalls).
  public var consoleOutput: [UInt8] { platform.console.bytes }

  /// Instructions of all processors; nil if the backend cannot count.
  var instructionsRetired: UInt64? {
    simulated?.instructionsRetired ?? machine.cpu.instructionsRetired
  }

  private struct MadeMachine {
    var machine: any VirtualMachine
    var simulated: SimulatedMachine?
    var kvm: KVMMachine?
  }

  private static func makeMachine(
    _ configuration: Configuration, recordsIoctls: Bool
  ) throws -> MadeMachine {
    switch configuration.backend {
    case .sim:
      let machine = try SimulatedMachine(
        memorySize: configuration.memorySize, isBare: configuration.isBare,
        processorCount: configuration.processorCount)
      return MadeMachine(machine: machine, simulated: machine)
    case .kvm:
      guard !configuration.isBare else {
        throw MachineError.backend(
          what: "a bare machine", why: "on KVM there is always a VMM, the kernel's",
          remedy: "use the simulator: backend sim")
      }
      let machine = try KVMMachine(
        memorySize: configuration.memorySize, recordIoctls: recordsIoctls)
      return MadeMachine(machine: machine, kvm: machine)
    }
  }

  /// Machine and devices as after power-on, with nothing in memory.
  func replaceMachine() throws {
    if !isFresh {
      let made = try Self.makeMachine(
        configuration, recordsIoctls: kvm?.ioctlLog.isRecording ?? false)
      (machine, simulated, kvm) = (made.machine, made.simulated, made.kvm)
      books.contents.processor = made.simulated?.processor
    }
    startTracing()
    platform = try StandardDevices()
    try connectBoard()
    findMemoryDevices()
    statistics = ExitStatistics()
    exitLog = ExitLog()
    (pendingExit, lastExit, debugExitStatus) = (nil, nil, nil)
    preparation = Preparation()
    waitingVectors = []
    forgetHistory()
    isFresh = false
  }

  private func connectBoard() throws {
    board = configuration.isBare ? try PCBoard(platform) : nil
    simulated?.board = board
  }

  private func findMemoryDevices() {
    memoryDevices = platform.bus.describe().filter { $0.space == .memory }.map {
      $0.first...$0.last
    }
  }
}
