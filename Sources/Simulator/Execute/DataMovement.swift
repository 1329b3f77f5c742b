import X86

extension Processor {
  func mov(_ i: Instruction) throws(Fault) {
    switch (i.operand0.kind, i.operand1.kind) {
    case (.control, _): try movToControl(i)
    case (_, .control): try movFromControl(i)
    case (.debug, _): try movToDebug(i)
    case (_, .debug): try movFromDebug(i)
    case (.segment, _): try movToSegment(i)
    case (_, .segment): try movFromSegment(i)
    default: try write(i, i.operand0, try read(i, i.operand1))
    }
  }

  private func movToSegment(_ i: Instruction) throws(Fault) {
    guard let register = SegmentRegister(rawValue: i.operand0.number), register != .cs else {
      throw undefinedOpcode
    }
    try loadSegment(register, UInt16(truncatingIfNeeded: try read(i, i.operand1)))
    if register == .ss { shadowInterrupts(.movSS) }
  }

  /// To memory 16 bits; to a register zero-extended to the operand size (SDM 2, "MOV").
  private func movFromSegment(_ i: Instruction) throws(Fault) {
    let selector = UInt64(segments[i.operand1.number].segment.selector)
    var destination = i.operand0
    if destination.kind == .memory { destination.size = 2 }
    try write(i, destination, selector)
  }

  /// MOVZX and MOVBE.
  func movzx(_ i: Instruction) throws(Fault) {
    var value = try read(i, i.operand1)
    if i.mnemonic == .movbe {
      value = value.byteSwapped >> UInt64(64 - Int(i.operand0.size) * 8)
    }
    try write(i, i.operand0, value)
  }

  /// MOVSX and MOVSXD.
  func movsx(_ i: Instruction) throws(Fault) {
    let value = Processor.signExtended(try read(i, i.operand1), i.operand1.size)
    try write(i, i.operand0, value)
  }

  func xchg(_ i: Instruction) throws(Fault) {
    // The memory operand, if there is one, is operand 0 or 1: store to it before a register changes.
    let memoryFirst = i.operand1.kind != .memory
    let (place, other) = memoryFirst ? (i.operand0, i.operand1) : (i.operand1, i.operand0)
    let value = try read(i, other)
    let old = try readForUpdate(i, place)
    try write(i, place, value)
    try write(i, other, old)
  }

  /// The result of a 16-bit BSWAP is undefined; zero is what processors give.
  func bswap(_ i: Instruction) {
    let number = i.operand0.number
    switch i.operand0.size {
    case 4: r[number] = UInt64(UInt32(truncatingIfNeeded: r[number]).byteSwapped)
    case 8: r[number] = r[number].byteSwapped
    default: write16(number, 0)
    }
  }

  /// The source is read even when the condition is false, and a 32-bit destination is zero-extended.
  func cmovcc(_ i: Instruction) throws(Fault) {
    let value = try read(i, i.operand1)
    let number = i.operand0.number
    if condition(i.condition) {
      writeRegister(number, i.operand0.size, value)
    } else if i.operand0.size == 4 {
      r[number] &= 0xffff_ffff
    }
  }

  /// LDS, LES, LFS, LGS, LSS.
  func loadFarPointer(_ i: Instruction) throws(Fault) {
    let register: SegmentRegister
    switch i.mnemonic {
    case .lds: register = .ds
    case .les: register = .es
    case .lfs: register = .fs
    case .lgs: register = .gs
    default: register = .ss
    }
    let place = effectiveAddress(i)
    let segment = i.segment.rawValue
    let offset = try loadSized(segment, place, i.operandSize)
    let selector = try load(segment, place &+ UInt64(i.operandSize), as: UInt16.self)
    // SDM 3A, "Masking Exceptions and Interrupts When Switching Stacks": LSS loads SS and rSP together
    // and inhibits nothing.
    try loadSegment(register, selector)
    writeRegister(i.operand0.number, i.operandSize, offset)
  }

  func xlat(_ i: Instruction) throws(Fault) {
    var offset = r[3] &+ (r[0] & 0xff)
    if i.addressSize == 2 { offset &= 0xffff } else if i.addressSize == 4 { offset &= 0xffff_ffff }
    write8(0, try load(i.segment.rawValue, offset, as: UInt8.self))
  }

  func write8High(_ value: UInt8) { r[0] = (r[0] & ~0xff00) | UInt64(value) << 8 }

  /// SF, ZF, AF, PF and CF from AH; OF is kept.
  func sahf() {
    arithmeticFlags = (arithmeticFlags & RFLAGS.of.rawValue) | ((r[0] >> 8) & 0xd5)
  }

  /// CBW, CWDE, CDQE.
  func extendAccumulator(_ i: Instruction) {
    let half = i.operandSize / 2
    writeRegister(0, i.operandSize, Processor.signExtended(r[0], half))
  }

  /// CWD, CDQ, CQO.
  func extendIntoDX(_ i: Instruction) {
    let sign = Processor.signExtended(r[0], i.operandSize) >> 63
    writeRegister(2, i.operandSize, sign == 0 ? 0 : ~0)
  }
}
