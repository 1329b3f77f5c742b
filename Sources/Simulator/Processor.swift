import X86

/// One simulated logical processor: architectural state, caches derived from it, and VMX state.
///
/// Everything that executes is an extension of this class, in the folder of its subject. Fields are
/// plain stored properties of a final class, and what is indexed in the hot path stands behind
/// pointers allocated once: an Array there costs a check and a retain on each operand.
@safe public final class Processor {
  let memory: PhysicalMemory
  /// Its place among the processors of the machine.
  let index: Int

  // MARK: General registers

  /// RAX to R15, then a zero (`Instruction.none`), then RIP (`Instruction.rip`).
  let r = RegisterFile()
  /// See LazyFlags.swift.
  var flagResult: UInt64 = 1
  var flagCarries: UInt64 = 0
  /// RFLAGS without the six arithmetic flags; bit 1 is always set.
  var systemFlags: UInt64 = RFLAGS.alwaysOne.rawValue

  // MARK: Segments and tables

  /// ES, CS, SS, DS, FS, GS with the bounds that the hot path checks.
  let segments = SegmentFile()
  var ldtr = Segment(selector: 0, base: 0, limit: 0xffff, access: 0x82)
  var tr = Segment(selector: 0, base: 0, limit: 0xffff, access: 0x8b)
  var gdtr = DescriptorTableRegister()
  var idtr = DescriptorTableRegister()

  // MARK: Control state

  /// Write through `setCR0` and its kin, or call `updateMode()` afterwards.
  var cr0: UInt64 = 0x6000_0010
  var cr2: UInt64 = 0
  var cr3: UInt64 = 0
  var cr4: UInt64 = 0
  var efer: UInt64 = 0
  /// The rights of protection keys (SDM 3A, "Protection Keys").
  var pkru: UInt32 = 0
  /// The four PDPTE registers of PAE paging (SDM 3A, "PDPTE Registers").
  var pdptes: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
  var dr: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
  var dr6: UInt64 = 0xffff_0ff0
  var dr7: UInt64 = 0x400
  private let msrStore = Stored(MSRFile())
  var msrs: MSRFile {
    @inline(__always) unsafeAddress { unsafe msrStore.address }
    @inline(__always) unsafeMutableAddress { unsafe msrStore.mutableAddress }
  }

  // MARK: State between instructions

  var activity = ActivityState.active
  /// STI or MOV SS executed just before: no interrupt is taken at this boundary.
  var interruptShadow = InterruptShadow.none
  var nmiBlocked = false
  /// Pending debug exceptions, in the layout of the VMCS field, with BT in bit 15.
  var pendingDebug: UInt64 = 0
  /// Those bits of it that the executing instruction has set: it takes them back if it faults.
  var debugMatches: UInt64 = 0
  /// What a task switch ran into after the old task was left: due before the new task's first
  /// instruction.
  var deferredException: DeferredException?
  /// MONITOR has set up address-range monitoring.
  var isMonitorArmed = false
  /// The exception that is being handled is of an IRET that ended blocking by NMI.
  var endedNMIBlocking = false
  /// The vector at the INTR pin; nil when no interrupt is requested.
  var interruptRequest: UInt8?
  var nmiRequest = false
  var initRequest = false
  /// The vector of a SIPI that has been sent to this processor while it waited for one.
  var startupVector: UInt8?

  // MARK: Platform

  var apic: LocalAPIC
  /// The local APIC exists: on a bare machine.
  var hasAPIC = false
  /// Number of the page that holds its registers; all ones when it has none.
  var apicPage: UInt64 = ~0
  /// Nil on a machine with a monitor.
  var systemBus: SystemBus?
  /// What is not RAM is answered by a board.
  var hasBoard = false

  // MARK: Derived from the above by updateMode()

  var mode = CPUMode.real
  var codeSize = CodeSize.bits16
  var cpl: UInt8 = 0
  /// Linear addresses are ANDed with it: 32 or 64 bits.
  var linearMask: UInt64 = 0xffff_ffff
  /// Stack pointers are ANDed with it: 16, 32 or 64 bits.
  var stackMask: UInt64 = 0xffff
  var pagingMode = PagingMode.off

  /// What DR7 enables: see DebugRegisters.swift.
  var armed = ArmedBreakpoints()
  /// CR0.AM, RFLAGS.AC and CPL 3 together: no access takes the fast path.
  var checksAlignment = false
  /// One past the last offset that CS allows; all ones in 64-bit mode.
  var codeEnd: UInt64 = 0x1_0000

  // MARK: What stopped the instruction that is executing

  var pendingException = PendingException()
  private let exitStore = Stored(ExitInformation(reason: 0))
  var pendingExit: ExitInformation {
    @inline(__always) unsafeAddress { unsafe exitStore.address }
    @inline(__always) unsafeMutableAddress { unsafe exitStore.mutableAddress }
  }
  var pendingAccess = DeviceAccess(space: .port, address: 0, size: 1, isWrite: false)
  /// The event being delivered, for IDT-vectoring information and double faults.
  var delivering: EventInDelivery?
  /// An event was delivered since the instruction that runs alone began.
  var deliveredEvent = false
  /// RIP of the instruction that is executing.
  var instructionStart: UInt64 = 0
  /// Its length; 0 between instructions.
  var instructionLength: UInt8 = 0
  var unimplemented = UnimplementedInstructions()

  // MARK: Extended state

  var xcr0: UInt64 = 1
  var x87 = X87State.powerUp
  /// What RDRAND and RDSEED draw from.
  var random = RandomSource(seed: 0)

  // MARK: Time

  /// Instructions retired since power-on. The TSC counts them.
  var retired: UInt64 = 0
  /// Nanoseconds in which this processor did not execute.
  var timeOffset: UInt64 = 0
  /// Exceptions delivered since power-on. A limit counts them as well as instructions.
  var eventsDelivered: UInt64 = 0
  /// The slice is to end at the next boundary.
  var isYielding = false
  /// Nor is there another in this round: PAUSE.
  var endsTurn = false
  /// An instruction was given up to be executed by itself; the one that executes is by itself, and the
  /// count of retired instructions is exact.
  var wantsAlone = false
  var isAlone = false

  // MARK: VMX

  private let vmxStore = Stored(VMXState())
  var vmx: VMXState {
    @inline(__always) unsafeAddress { unsafe vmxStore.address }
    @inline(__always) unsafeMutableAddress { unsafe vmxStore.mutableAddress }
  }
  /// The prompt plays the host: running returns at each VM exit instead of going on at the host RIP.
  var monitorIsExternal = false
  /// The guest that was stopped for the prompt, as it runs on if nobody touches it.
  var suspended: SuspendedGuest?
  /// Counts what reaches the processor or its memory from outside.
  var touches: UInt64 = 0
  /// A repeated string instruction was put back with repetitions left.
  var isPutBack = false
  /// Set while `complete(_:on:)` emulates one instruction: device accesses go here and do not exit.
  var emulationBus: (any DeviceBus)?

  /// Records each instruction; see Tracer.swift.
  var tracer: Tracer?

  // Here, because a global that is made at its first use is asked for it at each.
  let reasonsWithLength = ExitReason.withInstructionLength
  let reasonsWithInformation = ExitReason.withInstructionInformation

  // MARK: Caches

  let tlb: TLB
  let blocks: BlockCache
  /// One past the last op of the block that executes; moved forward to leave the block early.
  var blockEnd: UnsafePointer<DecodedOp>
  /// Something between instructions may need doing: see Boundary.swift.
  var attention = true

  /// Processors of one machine share `blocks`; without it the processor has its own.
  public convenience init(memory: PhysicalMemory) {
    self.init(memory: memory, blocks: BlockCache(memory: memory), index: 0)
  }

  init(memory: PhysicalMemory, blocks: BlockCache, index: Int) {
    self.memory = memory
    self.index = index
    self.blocks = blocks
    apic = LocalAPIC(id: UInt32(truncatingIfNeeded: index))
    tlb = TLB()
    blocks.tlbs.append(tlb)
    unsafe blockEnd = UnsafePointer(blocks.ops)
    reset()
  }

  deinit {
    r.deallocate()
    segments.deallocate()
    msrStore.deallocate()
    exitStore.deallocate()
    vmxStore.deallocate()
  }

  // Stored properties are internal: the optimiser proves only then that accesses to them do not overlap,
  // and leaves the checks of exclusivity out of the hot path.

  public var instructionsRetired: UInt64 { retired }
  /// The VM exit performed last.
  public var lastVMExit: VMExit { VMExit(pendingExit) }
  /// What is known of it, without a copy.
  public var lastExitInformation: ExitInformation {
    unsafeAddress { unsafe exitStore.address }
  }
  public var unimplementedInstructions: [UInt64: Mnemonic] { unimplemented.all }

  var rip: UInt64 {
    get { r[Instruction.rip] }
    set { r[Instruction.rip] = newValue }
  }

  subscript(_ register: GeneralRegister) -> UInt64 {
    get { r[register.rawValue] }
    set { r[register.rawValue] = newValue }
  }

  /// RFLAGS as software sees it.
  var rflags: UInt64 {
    get { systemFlags | arithmeticFlags }
    set {
      systemFlags = (newValue & ~RFLAGS.arithmetic.rawValue) | RFLAGS.alwaysOne.rawValue
      arithmeticFlags = newValue
    }
  }

  func segment(_ register: SegmentRegister) -> Segment {
    segments[register.rawValue].segment
  }

  /// Loads a segment register, hidden part included, without any check; `updateMode()` is called for
  /// CS and SS.
  func setSegment(_ register: SegmentRegister, _ segment: Segment) {
    segments[register.rawValue].segment = segment
    if register == .cs || register == .ss { updateMode() } else { refreshBounds(register) }
  }
}

/// SDM 3C, "Guest Non-Register State": the activity states.
enum ActivityState: UInt32, Sendable {
  case active, hlt, shutdown, waitForSIPI
}

enum InterruptShadow: UInt8, Sendable {
  case none, sti, movSS
}

/// An exception that has been raised and not delivered.
struct PendingException: Sendable {
  var vector: UInt8 = 0
  var errorCode: UInt32 = 0
  var hasErrorCode = false
  /// The linear address of a page fault, the DR6 bits of a debug exception.
  var payload: UInt64 = 0
}

/// An event on its way through the IDT, in the terms of the IDT-vectoring information field.
struct EventInDelivery: Sendable, Equatable {
  /// 0 external interrupt, 2 NMI, 3 hardware exception, 4 software interrupt (INT n),
  /// 5 privileged software exception (INT1), 6 software exception (INT3, INTO).
  var type: UInt8
  var vector: UInt8
  var errorCode: UInt32?
  var instructionLength: UInt32 = 0
  /// A debug exception for an access to debug registers, which is a fault.
  var isGeneralDetect = false

  var isSoftware: Bool { type >= 4 }
  /// EXT of error codes: the event is not the program's own (SDM 3A, "Error Code"; SDM 2A, "INT n",
  /// where INT1 counts as external).
  var external: UInt32 { type == 4 || type == 6 ? 0 : 1 }
}

/// Why the instruction that was executing did not complete. The details stand in the processor;
/// nothing but what the manual says has been changed, and RIP is at the instruction.
enum Fault: UInt8, Error {
  /// `pendingException` is to be delivered.
  case exception
  /// `pendingExit` is to be performed.
  case exit
  /// HLT with nothing that could wake the processor.
  case halted
  /// A triple fault outside VMX non-root operation.
  case shutdown
  /// `pendingAccess` is for the platform to answer, on a machine without a monitor.
  case access
  /// Watched memory was written.
  case watched
  /// The instruction is to be executed again by itself: see DeviceSpace.swift.
  case again
  /// The slice ends: see Scheduler.swift.
  case yield
}

extension Processor {
  /// `throw exception(13, 0)`.
  @inline(never)
  func exception(_ vector: UInt8, _ errorCode: UInt32? = nil, payload: UInt64 = 0) -> Fault {
    pendingException = PendingException(
      vector: vector, errorCode: errorCode ?? 0, hasErrorCode: errorCode != nil, payload: payload)
    return .exception
  }

  /// `throw vmExit(.cpuid)`. The instruction length is that of the executing instruction for the
  /// reasons that have one; performing the exit clears it for the others.
  @inline(never)
  func vmExit(_ reason: UInt16, qualification: UInt64 = 0, information: UInt32 = 0) -> Fault {
    pendingExit = ExitInformation(reason: reason)
    pendingExit.qualification = qualification
    pendingExit.instructionInformation = information
    pendingExit.instructionLength = UInt32(instructionLength)
    return .exit
  }

  var undefinedOpcode: Fault { exception(6) }
  func generalProtection(_ code: UInt32 = 0) -> Fault { exception(13, code) }
}
