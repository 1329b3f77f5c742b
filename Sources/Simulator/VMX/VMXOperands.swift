import X86

/// VMX instructions in machine code: their operands, and the description of an operand for an exit.
extension Processor {
  func vmxInstruction(_ i: Instruction) throws(Fault) {
    switch i.mnemonic {
    case .vmcall: applyResult(try vmcall())
    case .vmxoff: applyResult(try vmxoff())
    case .vmlaunch: try enterGuest(launch: true)
    case .vmresume: try enterGuest(launch: false)
    case .vmread: try vmread(i)
    case .vmwrite: try vmwrite(i)
    case .invept, .invvpid: try invalidate(i)
    default: try pointerInstruction(i)
    }
    attention = true
  }

  private func enterGuest(launch: Bool) throws(Fault) {
    do throws(Fault) {
      if let result = try vmEntry(launch: launch).result { applyResult(result) }
    } catch {
      guard vmx.isNonRoot else { throw error }
      // The delivery of the injected event faulted: that is the guest's, at its RIP.
      vmx.deferredFault = error
    }
  }

  /// VMXON, VMCLEAR, VMPTRLD and VMPTRST have one 64-bit memory operand.
  private func pointerInstruction(_ i: Instruction) throws(Fault) {
    let qualification = displacementQualification(i)
    let information = memoryOperandInformation(i)
    let place = effectiveAddress(i)
    let segment = i.segment.rawValue
    if i.mnemonic == .vmptrst {
      let pointer = try vmptrst(qualification: qualification, information: information)
      try store(segment, place, pointer)
      return applyResult(.succeed)
    }
    // In non-root operation the exit comes before the operand is read.
    let isFirst = vmx.isNonRoot || cpl != 0 || mode == .real
    let pointer = isFirst ? 0 : try load(segment, place, as: UInt64.self)
    switch i.mnemonic {
    case .vmxon:
      applyResult(
        try vmxon(region: pointer, qualification: qualification, information: information))
    case .vmclear:
      applyResult(
        try vmclear(region: pointer, qualification: qualification, information: information))
    default:
      applyResult(
        try vmptrld(region: pointer, qualification: qualification, information: information))
    }
  }

  private func vmread(_ i: Instruction) throws(Fault) {
    let encoding = r[i.operand1.number]
    let read = try vmread(
      mode == .long ? encoding : encoding & 0xffff_ffff,
      qualification: displacementQualification(i), information: fieldInformation(i, i.operand0))
    if read.result == .succeed { try write(i, i.operand0, read.value) }
    applyResult(read.result)
  }

  private func vmwrite(_ i: Instruction) throws(Fault) {
    let encoding = r[i.operand0.number]
    let value = vmx.isNonRoot ? 0 : try read(i, i.operand1)
    applyResult(
      try vmwrite(
        mode == .long ? encoding : encoding & 0xffff_ffff, value,
        qualification: displacementQualification(i), information: fieldInformation(i, i.operand1)))
  }

  /// INVEPT and INVVPID: a type in a register and a 128-bit descriptor in memory.
  private func invalidate(_ i: Instruction) throws(Fault) {
    let information = memoryOperandInformation(i) | UInt32(i.operand0.number & 15) << 28
    let qualification = displacementQualification(i)
    let type = r[i.operand0.number]
    let place = effectiveAddress(i)
    let segment = i.segment.rawValue
    let isFirst = vmx.isNonRoot || cpl != 0 || !vmx.isOn
    let descriptor = InvalidationDescriptor(
      low: isFirst ? 0 : try load(segment, place, as: UInt64.self),
      high: isFirst ? 0 : try load(segment, place &+ 8, as: UInt64.self))
    if i.mnemonic == .invept {
      applyResult(
        try invept(
          type: type, descriptor, qualification: qualification, information: information))
    } else {
      applyResult(
        try invvpid(
          type: type, descriptor, qualification: qualification, information: information))
    }
  }

  /// The displacement of the memory operand, with RIP of the next instruction added if it is
  /// relative to that (SDM 3C, "Exit Qualification").
  func displacementQualification(_ i: Instruction) -> UInt64 {
    guard i.operand0.kind == .memory || i.operand1.kind == .memory else { return 0 }
    let displacement = UInt64(bitPattern: i.displacement)
    return i.base == Instruction.rip ? displacement &+ rip : displacement
  }

  /// The addressing part of the VM-exit instruction-information field.
  func memoryOperandInformation(_ i: Instruction) -> UInt32 {
    let addressSize: UInt32 = i.addressSize == 2 ? 0 : i.addressSize == 4 ? 1 : 2
    var result = UInt32(i.scale) | addressSize << 7 | UInt32(i.segment.rawValue) << 15
    if i.index < 16 { result |= UInt32(i.index) << 18 } else { result |= 1 << 22 }
    if i.base < 16 { result |= UInt32(i.base) << 23 } else { result |= 1 << 27 }
    return result
  }

  /// SDM 3C, "Format of the VM-Exit Instruction-Information Field as Used for VMREAD and VMWRITE".
  private func fieldInformation(_ i: Instruction, _ data: Operand) -> UInt32 {
    let encoding = data == i.operand0 ? i.operand1 : i.operand0
    let selector = UInt32(encoding.number & 15) << 28
    if data.kind == .memory { return memoryOperandInformation(i) | selector }
    return UInt32(data.number & 15) << 3 | 1 << 10 | selector
  }
}
