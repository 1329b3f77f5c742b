import X86

/// MOV to and from control and debug registers, CLTS, LMSW, SMSW (SDM 2; SDM 3A, "Control Registers").
extension Processor {
  func movToControl(_ i: Instruction) throws(Fault) {
    try checkControlRegisterExists(i.operand0.number)
    if cpl != 0 { throw generalProtection() }
    var value = r[i.operand1.number]
    if mode != .long { value &= 0xffff_ffff }
    let source = i.operand1.number
    switch i.operand0.number {
    case 0: try writeCR0(try interceptMovToCR0(value, register: source))
    case 2: cr2 = value
    case 3:
      try interceptMovToCR3(value, register: source)
      try writeCR3(value)
    case 4: try writeCR4(try interceptMovToCR4(value, register: source))
    case 8:
      try interceptMovToCR8(register: source)
      if value > 15 { throw generalProtection() }
      cr8 = value
    default: throw undefinedOpcode
    }
  }

  /// CR1, CR5 to CR7 and CR9 to CR15 are #UD at any privilege.
  private func checkControlRegisterExists(_ number: UInt8) throws(Fault) {
    if number > 8 || (1 << number) & 0b1_0001_1101 == 0 { throw undefinedOpcode }
  }

  func movFromControl(_ i: Instruction) throws(Fault) {
    try checkControlRegisterExists(i.operand1.number)
    if cpl != 0 { throw generalProtection() }
    let destination = i.operand0.number
    let value: UInt64
    switch i.operand1.number {
    case 0: value = visibleCR0
    case 2: value = cr2
    case 3:
      try interceptMovFromCR3(register: destination)
      value = cr3
    case 4: value = visibleCR4
    case 8:
      try interceptMovFromCR8(register: destination)
      value = cr8
    default: throw undefinedOpcode
    }
    writeRegister(destination, mode == .long ? 8 : 4, value)
  }

  func clts() throws(Fault) {
    if cpl != 0 { throw generalProtection() }
    guard try interceptCLTS() else { return }
    cr0 &= ~CR0.ts
    attention = true
  }

  /// LMSW loads PE, MP, EM and TS, and cannot clear PE.
  func lmsw(_ i: Instruction) throws(Fault) {
    if cpl != 0 { throw generalProtection() }
    let source = try read(i, Operand(kind: i.operand0.kind, size: 2, number: i.operand0.number))
    let isMemory = i.operand0.kind == .memory
    let linear =
      isMemory
      ? (segments[i.segment.rawValue].base &+ effectiveAddress(i)) & linearMask : nil
    try writeCR0(
      try interceptLMSW(
        UInt16(truncatingIfNeeded: source), isMemory: isMemory, linear: linear))
  }

  func smsw(_ i: Instruction) throws(Fault) {
    try checkUserModePrevention()
    var destination = i.operand0
    if destination.kind == .memory { destination.size = 2 }
    try write(i, destination, visibleCR0)
  }
}
