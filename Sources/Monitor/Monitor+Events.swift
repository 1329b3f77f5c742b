import Simulator
import X86

extension Monitor {
  /// Reads, changes and writes the guest's registers.
  func changeRegisters(_ change: (inout Registers) -> Void) throws {
    var registers = try machine.cpu.registers()
    change(&registers)
    try machine.cpu.setRegisters(registers)
  }

  /// A general register of the guest other than RSP, at an exit.
  func general(_ register: GeneralRegister) throws -> UInt64 {
    if let processor = books.contents.processor { return processor.generalRegister(register) }
    return try machine.cpu.registers()[register]
  }

  /// Writes general registers of the guest other than RSP, at an exit.
  func setGeneral(_ values: KeyValuePairs<GeneralRegister, UInt64>) throws {
    if let processor = books.contents.processor {
      for (register, value) in values { processor.setGeneralRegister(register, value) }
    } else {
      try changeRegisters { registers in
        for (register, value) in values { registers[register] = value }
      }
    }
  }

  /// IA-32e mode with a 64-bit code segment.
  func guestIsIn64BitMode() throws -> Bool {
    guard let processor = simulated?.processor else {
      return try machine.cpu.registers().mode == .long
    }
    // SDM 3C, "Guest Register State": L is bit 13 of the access rights.
    return (processor.vmcsField(.guestEFER) ?? 0) & EFER.lma != 0
      && (processor.vmcsField(.guestCSAccessRights) ?? 0) & 1 << 13 != 0
  }

  /// Injects a hardware exception. The error code is left out in real mode, which has none
  /// (SDM 3C, "Checks on VM-Entry Control Fields": deliver-error-code needs CR0.PE).
  func raise(_ vector: UInt8, errorCode: UInt32?) throws {
    let isReal = try machine.cpu.registers().cr0 & CR0.pe == 0
    try machine.cpu.inject(
      InjectedEvent(type: 3, vector: vector, errorCode: isReal ? nil : errorCode))
  }

  // A guest that was only looked at goes on as it was: its window opens by itself.

  /// Hands the oldest waiting interrupt to the guest if it accepts one, or asks for an exit as soon
  /// as it does (SDM 3C, "Interrupt-Window Exiting and Virtual-Interrupt Delivery").
  func injectWaiting() throws {
    guard let processor = simulated?.processor, !waitingVectors.isEmpty,
      !processor.isInNonRootOperation, hasNewVector || !processor.isSuspendedForPrompt,
      let primary = processor.vmcsField(.primaryProcessorBasedControls)
    else { return }
    hasNewVector = false
    let field = VMCSField.primaryProcessorBasedControls
    if acceptsInterrupt(processor) {
      try machine.cpu.inject(InjectedEvent(type: 0, vector: waitingVectors.removeFirst()))
    }
    let bit = PrimaryControls.interruptWindowExiting
    let wanted = waitingVectors.isEmpty ? primary & ~bit : primary | bit
    if wanted != primary {
      _ = processor.prompt(.vmwrite(encoding: UInt64(field.rawValue), value: wanted))
    }
  }

  private func acceptsInterrupt(_ processor: Processor) -> Bool {
    let flags = RFLAGS(rawValue: processor.vmcsField(.guestRFLAGS) ?? 0)
    let blocked = (processor.vmcsField(.guestInterruptibilityState) ?? 0) & 3 != 0
    let isTaken = (processor.vmcsField(.entryInterruptionInformation) ?? 0) >> 31 & 1 != 0
    return flags.contains(.if) && !blocked && !isTaken
  }
}
