/// A virtual machine: guest-physical memory and CPUs, over some backend.
///
/// Not thread-safe: one thread drives it. `Interrupt` is the only part that another thread, or a
/// signal handler, may touch.
public protocol VirtualMachine: AnyObject {
  /// `sim` or `kvm`.
  var backendName: String { get }
  var capabilities: Set<Capability> { get }
  /// Bytes of guest RAM, which starts at guest-physical address 0.
  var memorySize: UInt64 { get }
  /// The CPU that is looked at: the first, until another one stops at a breakpoint.
  var cpu: any VirtualCPU { get }
  /// All CPUs, the first one first.
  var cpus: [any VirtualCPU] { get }

  /// Reads guest-physical memory. Throws `MachineError.outsideMemory` for what is not RAM.
  func readPhysical(_ address: UInt64, count: Int) throws -> [UInt8]
  /// Writes guest-physical memory, past caches of decoded code. Throws `MachineError.outsideMemory`.
  func writePhysical(_ address: UInt64, _ bytes: [UInt8]) throws

  /// The whole state, to be given to `restore(_:)` of the same machine.
  func save() throws -> any MachineSnapshot
  func restore(_ snapshot: any MachineSnapshot) throws
}

extension VirtualMachine {
  public var cpus: [any VirtualCPU] { [cpu] }
}

/// A saved machine state; each backend has its own.
public protocol MachineSnapshot: Sendable {}

/// One virtual CPU.
public protocol VirtualCPU: AnyObject {
  /// The guest's registers. A backend throws `MachineError.backend` when it cannot tell them.
  func registers() throws -> Registers
  func setRegisters(_ registers: Registers) throws
  /// Reads a guest MSR; nil if the CPU has none of that number.
  func readMSR(_ index: UInt32) throws -> UInt64?
  /// Writes a guest MSR; false if the CPU refuses it (#GP).
  func writeMSR(_ index: UInt32, _ value: UInt64) throws -> Bool

  /// Runs until an exit, a breakpoint or the limit.
  func run(until limit: RunLimit) throws -> Exit
  /// Executes one instruction.
  func step() throws -> Exit

  /// Carries out the access of `exit` on `bus` and moves past the instruction, as the instruction
  /// emulator of a VMM does: registers, flags, RIP and repeat counts end as on hardware.
  func complete(_ exit: VMExit, on bus: any DeviceBus) throws
  /// Moves RIP past the instruction that exited, without any other effect.
  func skip(_ exit: VMExit) throws
  /// Queues an event for delivery at the next entry.
  func inject(_ event: InjectedEvent) throws

  /// Instructions executed since the machine was made; nil if the backend cannot count them.
  var instructionsRetired: UInt64? { get }
}

/// What answers port and memory accesses that are not RAM.
public protocol DeviceBus: AnyObject {
  /// Reads `size` (1, 2, 4, 8) bytes, zero-extended. An address that nobody answers reads all ones.
  func read(_ space: DeviceAccess.Space, _ address: UInt64, size: Int) -> UInt64
  func write(_ space: DeviceAccess.Space, _ address: UInt64, size: Int, value: UInt64)
}

/// When `run(until:)` returns by itself.
public struct RunLimit: Sendable {
  /// At most this many instructions; nil for no limit. Backends that cannot count ignore it.
  public var instructions: UInt64?
  /// Linear addresses of instructions to stop in front of. The instruction at which running starts
  /// never stops it.
  public var breakpoints: Set<UInt64>
  /// Polled while running; raised by ^C.
  public var interrupt: Interrupt

  public init(
    instructions: UInt64? = nil, breakpoints: Set<UInt64> = [], interrupt: Interrupt = Interrupt()
  ) {
    self.instructions = instructions
    self.breakpoints = breakpoints
    self.interrupt = interrupt
  }
}

/// An event for the guest, as the VM-entry interruption-information field has it.
public struct InjectedEvent: Sendable, Equatable {
  /// Interruption type 10:8 of the field: 0 external interrupt, 2 NMI, 3 hardware exception,
  /// 4 software interrupt, 6 software exception.
  public var type: UInt8
  public var vector: UInt8
  public var errorCode: UInt32?
  /// Only for types 4 to 6.
  public var instructionLength: UInt32

  public init(type: UInt8, vector: UInt8, errorCode: UInt32? = nil, instructionLength: UInt32 = 0) {
    self.type = type
    self.vector = vector
    self.errorCode = errorCode
    self.instructionLength = instructionLength
  }
}

/// What a backend can show or do, beyond running a guest.
public enum Capability: String, Sendable, CaseIterable {
  /// VMX instructions typed at the prompt, and the VMCS as the processor has it.
  case vmx
  /// EPT tables that can be read entry by entry.
  case ept
  /// Exact instruction counts, and so limits.
  case instructionCount
  /// Every exit reason of the VMX manual, not only those that reach user space.
  case allExits
  /// VMCALL reaches the monitor.
  case hypercall
  /// The same start gives the same bytes, always.
  case deterministic
  /// ioctls that can be echoed.
  case ioctls
}

/// What can go wrong with a machine; none of these is a guest's doing.
public enum MachineError: Error, Equatable, CustomStringConvertible {
  case outsideMemory(address: UInt64, count: Int, memorySize: UInt64)
  /// `what` failed, `why`, and `remedy`: what the user can do.
  case backend(what: String, why: String, remedy: String)

  public var description: String {
    switch self {
    case .outsideMemory(let address, let count, let size):
      "guest-physical 0x\(String(address, radix: 16)), \(count) bytes, is outside the guest's "
        + "RAM of 0x\(String(size, radix: 16)) bytes"
    case .backend(let what, let why, let remedy):
      "\(what): \(why)" + (remedy.isEmpty ? "" : "; \(remedy)")
    }
  }
}
