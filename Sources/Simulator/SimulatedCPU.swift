import X86

/// The processor of a simulated machine, as a monitor drives it.
///
/// With a monitor the processor is in VMX root operation whenever `run` and `step` have returned: a
/// VM exit leaves it there, and a stop for the prompt suspends the guest.
final class SimulatedCPU: VirtualCPU {
  private let processor: Processor
  /// The guest's first registers, until there is a current VMCS to hold them.
  var planned = Registers()
  /// The bare machine that runs its processors in turn; nil with a monitor.
  weak var machine: SimulatedMachine?

  init(_ processor: Processor) { self.processor = processor }

  private var isGuest: Bool { processor.monitorIsExternal }

  func registers() throws -> Registers {
    if !isGuest || processor.vmx.isNonRoot { return processor.currentRegisters() }
    return processor.guestRegisters() ?? planned
  }

  func setRegisters(_ registers: Registers) throws {
    processor.touches &+= 1
    planned = registers
    if !isGuest {
      processor.setRegisters(registers)
      processor.tlb.flushEverything()
    } else {
      _ = processor.setGuestRegisters(registers)
    }
  }

  func readMSR(_ index: UInt32) throws -> UInt64? {
    guard isGuest, let vmcs = processor.currentVMCS else { return processor.readMSR(index) }
    if let field = SimulatedCPU.field(of: index) { return vmcs[field] }
    if index == MSR.efer { return try registers().efer }
    return processor.readMSR(index)
  }

  func writeMSR(_ index: UInt32, _ value: UInt64) throws -> Bool {
    processor.touches &+= 1
    guard isGuest, let vmcs = processor.currentVMCS else {
      return processor.writeMSR(index, value)
    }
    if index == MSR.efer { return writeGuestEFER(vmcs, value) }
    guard let field = SimulatedCPU.field(of: index) else { return processor.writeMSR(index, value) }
    // The processor's own rules decide what may be written; its own value stays the host's.
    let host = processor.readMSR(index)
    guard processor.writeMSR(index, value) else { return false }
    if let host { _ = processor.writeMSR(index, host) }
    vmcs[field] = value
    processor.noteWrite(field)
    return true
  }

  /// MSRs that VM entry loads from the guest-state area and VM exit saves there.
  private static func field(of index: UInt32) -> VMCSField? {
    switch index {
    case MSR.sysenterCS: .guestSysenterCS
    case MSR.sysenterESP: .guestSysenterESP
    case MSR.sysenterEIP: .guestSysenterEIP
    case MSR.fsBase: .guestFSBase
    case MSR.gsBase: .guestGSBase
    case MSR.debugctl: .guestDebugctl
    case MSR.pat: .guestPAT
    default: nil
    }
  }

  /// What WRMSR to IA32_EFER checks, against the guest's CR0.
  private func writeGuestEFER(_ vmcs: VMCS, _ value: UInt64) -> Bool {
    guard let guest = processor.guestRegisters(),
      value & ~(EFER.sce | EFER.lme | EFER.lma | EFER.nxe) == 0
    else { return false }
    if guest.cr0 & CR0.pg != 0, (value ^ guest.efer) & EFER.lme != 0 { return false }
    vmcs[.guestEFER] = (value & ~EFER.lma) | (guest.efer & EFER.lma)
    processor.noteWrite(.guestEFER)
    return true
  }

  /// Of all processors on a bare machine, because a limit is about all of them.
  var instructionsRetired: UInt64? { machine?.instructionsRetired ?? processor.retired }

  func run(until limit: RunLimit) throws -> Exit {
    if let machine { return machine.runBare(until: limit) }
    return try processor.runGuest(until: limit, most: limit.instructions ?? ~0).exit(processor)
  }

  /// On a bare machine the others may take their turns before.
  func step() throws -> Exit {
    if let machine {
      let isRunnable = processor.isRunnable
      let exit = machine.runBare(
        until: RunLimit(instructions: isRunnable ? nil : 1),
        stepping: isRunnable ? processor.index : nil)
      return exit == .limit ? .stepped : exit
    }
    let exit = try run(until: RunLimit(instructions: 1))
    return exit == .limit ? .stepped : exit
  }

  func complete(_ exit: VMExit, on bus: any DeviceBus) throws {
    let isString = exit.qualification & 0x10 != 0
    if exit.reason == ExitReason.ioInstruction.rawValue, !isString, let access = exit.access {
      completePort(access, on: bus)
      return try skip(exit)
    }
    emulate(on: bus)
  }

  func complete(_ access: DeviceAccess, on bus: any DeviceBus) { emulate(on: bus) }

  /// IN and OUT need no emulator: one register and RIP change.
  private func completePort(_ access: DeviceAccess, on bus: any DeviceBus) {
    let rax = processor[.rax]
    if access.isWrite {
      let value = rax & Processor.mask(UInt8(access.size))
      bus.write(.port, access.address, size: access.size, value: value)
    } else {
      let value = bus.read(.port, access.address, size: access.size)
      processor.writeRegister(0, UInt8(access.size), value)
    }
  }

  private func emulate(on bus: any DeviceBus) {
    // What the instruction raises is delivered to the guest; an exit it causes otherwise comes again
    // when the guest is resumed, because RIP is still at it.
    // One repetition of a repeated string instruction counts as an instruction, as in a single step:
    // a limit would else not hold for a guest that repeats for ever.
    let before = processor.retired
    _ = processor.emulateGuestInstruction(on: bus)
    processor.retired = before &+ 1
  }

  func skip(_ exit: VMExit) throws {
    if isGuest { processor.skipGuestInstruction(exit.instructionLength) }
  }

  func inject(_ event: InjectedEvent) throws {
    guard isGuest, let vmcs = processor.currentVMCS else {
      if event.type == 0 { processor.requestInterrupt(event.vector) }
      if event.type == 2 { processor.requestNMI() }
      return
    }
    var information = UInt64(event.vector) | UInt64(event.type & 7) << 8 | 1 << 31
    if let code = event.errorCode {
      information |= 1 << 11
      vmcs[.entryExceptionErrorCode] = UInt64(code)
    }
    vmcs[.entryInterruptionInformation] = information
    vmcs[.entryInstructionLength] = UInt64(event.instructionLength)
    processor.noteWrite(.entryInterruptionInformation)
  }
}

/// The VM entry that `run` implies was refused: VMfailInvalid, VMfailValid or a fault.
public struct VMEntryRefused: Error, Sendable, Equatable {
  public var result: VMXPromptResult
}

extension Processor {
  func guestIsLong(_ vmcs: VMCS) -> Bool {
    vmcs[.entryControls] & EntryControls.ia32eModeGuest != 0
      && vmcs[.guestCSAccessRights] & 0x2000 != 0
  }

  /// Raises the INTR pin with `vector`.
  public func requestInterrupt(_ vector: UInt8) {
    touches &+= 1
    interruptRequest = vector
    attention = true
  }

  public func requestNMI() {
    touches &+= 1
    nmiRequest = true
    attention = true
  }

  /// Drops decoded code after a debugger or a loader has written memory.
  public func noteExternalStore(_ physical: UInt64, _ count: Int) {
    guard count > 0 else { return }
    touches &+= 1
    let last = physical &+ UInt64(count) &- 1
    var page = physical & ~0xfff
    while page <= last {
      if blocks.holdsCode(page: page >> 12) { _ = blocks.noteStore(page, count: 4096) }
      page &+= 0x1000
    }
  }
}
