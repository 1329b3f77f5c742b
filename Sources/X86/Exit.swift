/// Why running a virtual CPU came back. Running returns one of these and never calls out.
public enum Exit: Sendable, Equatable {
  /// `step()` executed one instruction (or delivered one event) and nothing stopped it.
  case stepped
  /// The instruction limit of `run(until:)` was reached.
  case limit
  /// A breakpoint stands at the next instruction, which has not executed.
  case breakpoint(address: UInt64)
  /// `Interrupt.raise()` was called, by ^C or by a timer.
  case interrupted
  /// A VM exit, a failed VM entry, or the nearest thing that the backend has.
  case vmExit(VMExit)
  /// HLT in a guest whose HLT does not exit, or on a bare machine, and nothing can wake the processor.
  case halted
  /// A triple fault on a bare machine.
  case shutdown
  /// A device of a bare machine's board ends the run.
  case stopRequested
  /// A device of a bare machine's board asks for RESET, and the machine has no ROM to start again from.
  case resetRequested
  /// A bare machine touches a port, or memory that is not RAM: the platform answers through
  /// `complete`.
  case access(DeviceAccess)
}

/// What the exit-information fields of the VMCS say of a VM exit, and the access that it asks for.
///
/// Plain data: a processor keeps it where it is and copies it without counting references.
public struct ExitInformation: Sendable, Equatable {
  /// Basic exit reason, bits 15:0 of the exit-reason field.
  public var reason: UInt16
  /// Bit 31 of the exit-reason field: VM entry failed.
  public var isEntryFailure = false
  public var qualification: UInt64 = 0
  /// Length in bytes of the instruction that exited; 0 where the manual leaves it undefined.
  public var instructionLength: UInt32 = 0
  public var instructionInformation: UInt32 = 0
  public var guestPhysical: UInt64?
  public var guestLinear: UInt64?
  public var interruptionInformation: UInt32 = 0
  public var interruptionErrorCode: UInt32 = 0
  public var idtVectoringInformation: UInt32 = 0
  public var idtVectoringErrorCode: UInt32 = 0
  /// The port or memory access that the monitor has to carry out, if this exit asks for one.
  public var access: DeviceAccess?

  @inlinable public init(reason: UInt16) { self.reason = reason }
}

/// A transition from VMX non-root to root operation, in the terms of the VMX manual.
public struct VMExit: Sendable, Equatable {
  public var information: ExitInformation
  /// What the backend itself says; boxed, so that copying an exit of the simulator stays cheap.
  private var backendWords: BackendWords?

  // The fields of `information`, by their names.

  @inlinable public var reason: UInt16 {
    get { information.reason }
    set { information.reason = newValue }
  }
  @inlinable public var isEntryFailure: Bool {
    get { information.isEntryFailure }
    set { information.isEntryFailure = newValue }
  }
  @inlinable public var qualification: UInt64 {
    get { information.qualification }
    set { information.qualification = newValue }
  }
  @inlinable public var instructionLength: UInt32 {
    get { information.instructionLength }
    set { information.instructionLength = newValue }
  }
  @inlinable public var instructionInformation: UInt32 {
    get { information.instructionInformation }
    set { information.instructionInformation = newValue }
  }
  @inlinable public var guestPhysical: UInt64? {
    get { information.guestPhysical }
    set { information.guestPhysical = newValue }
  }
  @inlinable public var guestLinear: UInt64? {
    get { information.guestLinear }
    set { information.guestLinear = newValue }
  }
  @inlinable public var interruptionInformation: UInt32 {
    get { information.interruptionInformation }
    set { information.interruptionInformation = newValue }
  }
  @inlinable public var interruptionErrorCode: UInt32 {
    get { information.interruptionErrorCode }
    set { information.interruptionErrorCode = newValue }
  }
  @inlinable public var idtVectoringInformation: UInt32 {
    get { information.idtVectoringInformation }
    set { information.idtVectoringInformation = newValue }
  }
  @inlinable public var idtVectoringErrorCode: UInt32 {
    get { information.idtVectoringErrorCode }
    set { information.idtVectoringErrorCode = newValue }
  }
  @inlinable public var access: DeviceAccess? {
    get { information.access }
    set { information.access = newValue }
  }

  /// What the backend itself called it, e.g. `KVM_EXIT_IO`; nil in the simulator.
  public var backend: String? {
    get { backendWords?.name }
    set { backendWords = BackendWords(name: newValue, detail: backendDetail) }
  }

  /// Details that only the backend has, in words, e.g. `suberror 1`; nil when there are none.
  public var backendDetail: String? {
    get { backendWords?.detail }
    set { backendWords = BackendWords(name: backend, detail: newValue) }
  }

  public init(reason: UInt16) { information = ExitInformation(reason: reason) }

  public init(_ information: ExitInformation) { self.information = information }

  /// Not a reason of the manual: the backend itself could not go on, and `backend` and
  /// `backendDetail` say what it reported. Basic exit reasons of the manual stay far below.
  public static let backendError: UInt16 = 0xffff
}

/// A guest access to a port or to guest-physical memory that is not RAM.
public struct DeviceAccess: Sendable, Equatable {
  public enum Space: String, Sendable { case port, memory }
  public var space: Space
  public var address: UInt64
  /// Bytes of one item: 1, 2, 4 or 8.
  public var size: Int
  /// Items, more than one only for a repeated string instruction on KVM.
  public var count: Int
  public var isWrite: Bool
  /// The value written, where it is known when the exit happens; little-endian.
  public var value: UInt64?

  public init(
    space: Space, address: UInt64, size: Int, count: Int = 1, isWrite: Bool, value: UInt64? = nil
  ) {
    self.space = space
    self.address = address
    self.size = size
    self.count = count
    self.isWrite = isWrite
    self.value = value
  }
}

/// The backend's own name and details of an exit.
private final class BackendWords: Sendable, Equatable {
  let name: String?
  let detail: String?

  init(name: String?, detail: String?) {
    self.name = name
    self.detail = detail
  }

  static func == (left: BackendWords, right: BackendWords) -> Bool {
    left.name == right.name && left.detail == right.detail
  }
}
