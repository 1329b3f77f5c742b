import Simulator
import X86

// SDM 3C, "Exit Qualification for Control-Register Accesses": register 3:0, access 5:4 (0 MOV to
// CR, 1 MOV from CR, 2 CLTS, 3 LMSW), general register 11:8, LMSW source 31:16.
extension ExitHandler {
  static let controlRegisterAccess = ExitHandler(
    .crAccess, "changes the guest's control register, keeping the bits that VMX operation fixes"
  ) { monitor, exit in
    guard let processor = monitor.simulated?.processor,
      let general = GeneralRegister(rawValue: UInt8(exit.qualification >> 8 & 15))
    else { return .stop(.exit, "only the simulator's control registers can be emulated") }
    var registers = try monitor.machine.cpu.registers()
    let access = ControlRegisterAccess(processor: processor)
    let seen = access.guestCR0
    let accepted: Bool
    switch (exit.qualification >> 4 & 3, exit.qualification & 15) {
    case (0, 0): accepted = try access.setCR0(registers[general], registers, monitor)
    case (0, 3): accepted = try access.setCR3(registers[general], registers, monitor)
    case (0, 4): accepted = try access.setCR4(registers[general], registers, monitor)
    case (0, 8):
      registers.cr8 = registers[general] & 15
      try monitor.machine.cpu.setRegisters(registers)
      accepted = registers[general] < 16
    case (1, 3):
      registers[general] = registers.cr3
      try monitor.machine.cpu.setRegisters(registers)
      accepted = true
    case (1, 8):
      registers[general] = registers.cr8
      try monitor.machine.cpu.setRegisters(registers)
      accepted = true
    case (2, _): accepted = try access.setCR0(seen & ~CR0.ts, registers, monitor)
    case (3, _):
      // SDM 2A, "LMSW": bits 3:0, and PE can be set but not cleared.
      let source = exit.qualification >> 16 & 0xf
      accepted = try access.setCR0(seen & ~0xe | source, registers, monitor)
    default: return .stop(.exit, "the exit qualification names no access that exists")
    }
    if accepted {
      try monitor.skip(exit)
    } else {
      try monitor.raise(13, errorCode: 0)
    }
    return .resume
  }
}

/// Changes the guest's control registers in the current VMCS. Each change answers false where the
/// processor would raise #GP(0), and has done nothing then.
private struct ControlRegisterAccess {
  let processor: Processor
  private let capabilities = VMXCapabilities.ringside

  init(processor: Processor) { self.processor = processor }

  private func field(_ field: VMCSField) -> UInt64 { processor.vmcsField(field) ?? 0 }

  private func write(_ field: VMCSField, _ value: UInt64) throws {
    let result = processor.prompt(.vmwrite(encoding: UInt64(field.rawValue), value: value))
    guard result != .success else { return }
    throw MonitorError.refused(
      what: "VMWRITE \(field.symbol)", why: VMXFailure.text(result), remedy: "")
  }

  /// CR0 as the guest reads it.
  var guestCR0: UInt64 {
    let mask = field(.cr0GuestHostMask)
    return field(.guestCR0) & ~mask | field(.cr0ReadShadow) & mask
  }

  func setCR0(_ value: UInt64, _ registers: Registers, _ monitor: Monitor) throws -> Bool {
    // SDM 2A, "MOV—Move to/from Control Registers": what raises #GP(0).
    let isBad =
      value >> 32 != 0 || (value & CR0.pg != 0 && value & CR0.pe == 0)
      || (value & CR0.nw != 0 && value & CR0.cd == 0)
    let turnsOn = value & CR0.pg != 0 && field(.guestCR0) & CR0.pg == 0
    let turnsOff = value & CR0.pg == 0 && field(.guestCR0) & CR0.pg != 0
    let efer = field(.guestEFER)
    let entersLong = turnsOn && efer & EFER.lme != 0
    if isBad || (entersLong && field(.guestCR4) & CR4.pae == 0) { return false }
    if turnsOff && registers.mode == .long { return false }
    if entersLong { try setLongMode(true, efer) }
    if turnsOff && efer & EFER.lma != 0 { try setLongMode(false, efer) }
    let fixed = capabilities[MSR.vmxCR0Fixed0] & ~(CR0.pe | CR0.pg)
    try write(.guestCR0, value | fixed | CR0.et)
    try write(.cr0ReadShadow, value | CR0.et)
    try loadPDPTEs(monitor)
    return true
  }

  /// The control and EFER.LMA go together (SDM 3C, "VM-Entry Controls").
  private func setLongMode(_ on: Bool, _ efer: UInt64) throws {
    try write(.guestEFER, on ? efer | EFER.lma : efer & ~EFER.lma)
    let controls = field(.entryControls)
    let bit = EntryControls.ia32eModeGuest
    try write(.entryControls, on ? controls | bit : controls & ~bit)
  }

  func setCR3(_ value: UInt64, _ registers: Registers, _ monitor: Monitor) throws -> Bool {
    let isLong = field(.guestEFER) & EFER.lma != 0
    // Bit 63 asks not to flush, and is not stored.
    let kept = isLong ? value & ~(1 << 63) : value & 0xffff_ffff
    if isLong, kept >> Processor.physicalAddressWidth != 0 { return false }
    try write(.guestCR3, kept)
    try loadPDPTEs(monitor)
    flush()
    return true
  }

  func setCR4(_ value: UInt64, _ registers: Registers, _ monitor: Monitor) throws -> Bool {
    // VMXE is allowed to the processor, not to the guest.
    let allowed = capabilities[MSR.vmxCR4Fixed1] & ~CR4.vmxe
    let isLong = field(.guestEFER) & EFER.lma != 0
    if value & ~allowed != 0 || (isLong && value & CR4.pae == 0) { return false }
    try write(.guestCR4, value | capabilities[MSR.vmxCR4Fixed0])
    try write(.cr4ReadShadow, value)
    try loadPDPTEs(monitor)
    flush()
    return true
  }

  /// SDM 3A, "PDPTE Registers": with PAE paging they are loaded when CR0, CR3 or CR4 changes.
  private func loadPDPTEs(_ monitor: Monitor) throws {
    guard field(.guestCR0) & CR0.pg != 0, field(.guestCR4) & CR4.pae != 0,
      field(.guestEFER) & EFER.lma == 0
    else { return }
    let table = field(.guestCR3) & 0xffff_ffe0
    guard let bytes = try? monitor.machine.readPhysical(table, count: 32) else { return }
    let fields: [VMCSField] = [.guestPDPTE0, .guestPDPTE1, .guestPDPTE2, .guestPDPTE3]
    for (index, field) in fields.enumerated() {
      try write(field, littleEndian(bytes[(index * 8)..<(index * 8 + 8)]))
    }
  }

  private func flush() {
    let vpid = InvalidationDescriptor(low: VMCSSetup.vpid)
    _ = processor.prompt(.invvpid(type: 1, descriptor: vpid))
  }
}
