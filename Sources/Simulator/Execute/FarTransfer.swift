import X86

/// Far JMP, CALL and RET (SDM 2; SDM 3A, "Privilege Level Checking When Transferring Program Control").
extension Processor {
  func jumpFar(_ i: Instruction) throws(Fault) {
    let (selector, offset) = try farTarget(i)
    if mode == .real || mode == .virtual8086 {
      try setRIPFar(offset, limitOf: segment(.cs))
      return loadRealCS(selector, offset)
    }
    let slot = try codeDescriptor(selector)
    if slot.isCodeOrData {
      let segment = try checkedCode(slot, selector)
      try enterCode(segment, offset)
      return
    }
    if isTask(slot) { return try jumpToTask(slot, .jmp) }
    try jumpThroughGate(slot)
  }

  func callFar(_ i: Instruction) throws(Fault) {
    let (selector, offset) = try farTarget(i)
    let size = i.operandSize
    let old = r[4]
    do throws(Fault) {
      if mode == .real || mode == .virtual8086 {
        try setRIPFar(offset, limitOf: segment(.cs))
        try pushSized(size, UInt64(segment(.cs).selector))
        try pushSized(size, rip)
        return loadRealCS(selector, offset)
      }
      let slot = try codeDescriptor(selector)
      if slot.isCodeOrData {
        let target = try checkedCode(slot, selector)
        try checkEntry(target, offset)
        try pushSized(size, UInt64(segment(.cs).selector))
        try pushSized(size, rip)
        return try enterCode(target, offset)
      }
      if isTask(slot) { return try jumpToTask(slot, .call) }
      try callThroughGate(slot)
    } catch {
      r[4] = old
      throw error
    }
  }

  private func farTarget(_ i: Instruction) throws(Fault) -> (UInt16, UInt64) {
    if i.operand0.kind == .farPointer {
      return (i.immediate2, i.immediate & Processor.mask(i.operandSize))
    }
    let place = effectiveAddress(i)
    let offset = try loadSized(i.segment.rawValue, place, i.operandSize)
    let selector = try load(
      i.segment.rawValue, place &+ UInt64(i.operandSize), as: UInt16.self)
    return (selector, offset)
  }

  private func setRIPFar(_ offset: UInt64, limitOf segment: Segment) throws(Fault) {
    if offset > UInt64(segment.limit) { throw generalProtection() }
  }

  private func loadRealCS(_ selector: UInt16, _ offset: UInt64) {
    var code = segment(.cs)
    code.selector = selector
    code.base = UInt64(selector) << 4
    if mode == .virtual8086 { code = Processor.virtual8086Segment(selector) }
    setSegment(.cs, code)
    rip = offset
  }

  /// A null selector is #GP(0); beyond the table #GP(selector).
  private func codeDescriptor(_ selector: UInt16) throws(Fault) -> DescriptorSlot {
    if selector & 0xfffc == 0 { throw generalProtection() }
    return try descriptor(selector)
  }

  /// Code that a far JMP or CALL reaches directly, with RPL replaced by CPL.
  func checkedCode(_ slot: DescriptorSlot, _ selector: UInt16) throws(Fault) -> Segment {
    let code = UInt32(selector & 0xfffc)
    guard slot.isCode else { throw generalProtection(code) }
    if slot.isConforming {
      if slot.dpl > cpl { throw generalProtection(code) }
    } else if UInt8(selector & 3) > cpl || slot.dpl != cpl {
      throw generalProtection(code)
    }
    // L and D together are reserved in IA-32e mode.
    if efer & EFER.lma != 0, slot.segment.isLong, slot.segment.is32Bit {
      throw generalProtection(code)
    }
    guard slot.isPresent else { throw exception(11, code) }
    var segment = try markAccessed(slot)
    segment.selector = (selector & 0xfffc) | UInt16(cpl)
    return segment
  }

  /// The target must lie in the new code segment, or be canonical in 64-bit code.
  func checkEntry(_ code: Segment, _ offset: UInt64, external: UInt32 = 0) throws(Fault) {
    if efer & EFER.lma != 0, code.isLong {
      if !isCanonical(offset) { throw generalProtection(external) }
    } else if offset & 0xffff_ffff > UInt64(code.limit) {
      throw generalProtection(external)
    }
  }

  private func enterCode(_ code: Segment, _ offset: UInt64) throws(Fault) {
    try checkEntry(code, offset)
    // In IA-32e mode the offset of a jump to 64-bit code keeps all its bits.
    setSegment(.cs, code)
    rip = mode == .long ? offset : offset & 0xffff_ffff
  }

  // MARK: Gates

  /// A TSS or a task gate, outside IA-32e mode.
  private func isTask(_ slot: DescriptorSlot) -> Bool {
    efer & EFER.lma == 0 && [1, 3, 5, 9, 11].contains(slot.type)
  }

  private func jumpThroughGate(_ slot: DescriptorSlot) throws(Fault) {
    let gate = try callGate(slot)
    let target = try descriptorOfGate(gate, isJump: true)
    var segment = try markAccessed(target)
    segment.selector = (gate.selector & 0xfffc) | UInt16(cpl)
    try enterCode(segment, gate.offset)
  }

  struct CallGate {
    var selector: UInt16
    var offset: UInt64
    var parameterCount: Int
    /// Bytes of a stack slot: 2, 4 or 8.
    var size: UInt8
  }

  private func callGate(_ slot: DescriptorSlot) throws(Fault) -> CallGate {
    let code = UInt32(slot.selector & 0xfffc)
    let isLong = efer & EFER.lma != 0
    // Types 4 and 12 are call gates; in IA-32e mode only 12 exists.
    guard slot.type == 12 || (!isLong && slot.type == 4) else { throw generalProtection(code) }
    if slot.dpl < max(cpl, UInt8(slot.selector & 3)) { throw generalProtection(code) }
    guard slot.isPresent else { throw exception(11, code) }
    var gate = CallGate(
      selector: UInt16(truncatingIfNeeded: slot.raw >> 16),
      offset: (slot.raw & 0xffff) | ((slot.raw >> 48) << 16),
      parameterCount: Int(slot.raw >> 32 & 31), size: slot.type == 12 ? 4 : 2)
    if slot.type == 4 { gate.offset &= 0xffff }
    if isLong {
      gate.offset |= try upperHalf(slot) << 32
      gate.size = 8
      gate.parameterCount = 0
    }
    return gate
  }

  /// A jump does not change the level, so that nonconforming code must be of this one.
  private func descriptorOfGate(
    _ gate: CallGate, isJump: Bool = false
  ) throws(Fault) -> DescriptorSlot {
    if gate.selector & 0xfffc == 0 { throw generalProtection() }
    let code = UInt32(gate.selector & 0xfffc)
    let target = try descriptor(gate.selector)
    guard target.isCode, target.dpl <= cpl else { throw generalProtection(code) }
    if isJump, !target.isConforming, target.dpl != cpl { throw generalProtection(code) }
    if efer & EFER.lma != 0 {
      // A 64-bit call gate leads to 64-bit code only.
      guard target.segment.isLong, !target.segment.is32Bit else { throw generalProtection(code) }
    }
    guard target.isPresent else { throw exception(11, code) }
    return target
  }

  private func callThroughGate(_ slot: DescriptorSlot) throws(Fault) {
    let gate = try callGate(slot)
    let target = try descriptorOfGate(gate)
    let returnCS = UInt64(segment(.cs).selector)
    let returnRIP = rip
    if target.isConforming || target.dpl == cpl {
      var code = try markAccessed(target)
      code.selector = (gate.selector & 0xfffc) | UInt16(cpl)
      try checkEntry(code, gate.offset)
      try pushSized(gate.size, returnCS)
      try pushSized(gate.size, returnRIP)
      return try enterCode(code, gate.offset)
    }
    let oldSS = UInt64(segment(.ss).selector)
    let oldSP = r[4]
    let stack = try innerStack(for: target.dpl)
    var code = try markAccessed(target)
    code.selector = (gate.selector & 0xfffc) | UInt16(target.dpl)
    try checkEntry(code, gate.offset)
    var parameters: [UInt64] = []
    for index in 0..<gate.parameterCount {
      let offset = (oldSP &+ UInt64(index) &* UInt64(gate.size)) & stackMask
      parameters.append(try loadSized(2, offset, gate.size))
    }
    var writer = StackWriter(stack, size: gate.size, self, isNew: true)
    try writer.push(oldSS)
    try writer.push(oldSP)
    for parameter in parameters.reversed() { try writer.push(parameter) }
    try writer.push(returnCS)
    try writer.push(returnRIP)
    setSegment(.ss, stack.segment)
    setSegment(.cs, code)
    r[4] = writer.pointer
    rip = gate.offset
  }

  // MARK: Far return

  func returnFar(_ i: Instruction) throws(Fault) {
    let size = i.operandSize
    let release = i.operandCount > 0 ? i.immediate : 0
    let old = r[4]
    do throws(Fault) {
      let offset = try popSized(size)
      let selector = UInt16(truncatingIfNeeded: try popSized(size))
      if mode == .real || mode == .virtual8086 {
        try setRIPFar(offset, limitOf: segment(.cs))
        loadRealCS(selector, offset)
        return releaseStack(release)
      }
      try returnTo(selector, offset, size: size, release: release)
    } catch {
      r[4] = old
      throw error
    }
  }

  /// The part that far RET and IRET share: back to the same or an outer level.
  func returnTo(
    _ selector: UInt16, _ offset: UInt64, size: UInt8, release: UInt64,
    alwaysPopsStack: Bool = false
  ) throws(Fault) {
    let code = UInt32(selector & 0xfffc)
    if code == 0 { throw generalProtection() }
    let slot = try descriptor(selector)
    let rpl = UInt8(selector & 3)
    guard slot.isCode, rpl >= cpl else { throw generalProtection(code) }
    guard slot.isConforming ? slot.dpl <= rpl : slot.dpl == rpl else {
      throw generalProtection(code)
    }
    // L and D together are reserved in IA-32e mode.
    if efer & EFER.lma != 0, slot.segment.isLong, slot.segment.is32Bit {
      throw generalProtection(code)
    }
    guard slot.isPresent else { throw exception(11, code) }
    if rpl == cpl, !alwaysPopsStack {
      try checkEntry(slot.segment, offset)
      var target = try markAccessed(slot)
      target.selector = selector
      setSegment(.cs, target)
      rip = offset
      return releaseStack(release)
    }
    releaseStack(release)
    let newSP = try popSized(size)
    let newSS = UInt16(truncatingIfNeeded: try popSized(size))
    let stack = try outerStack(newSS, rpl: rpl, target: slot.segment)
    try checkEntry(slot.segment, offset)
    var target = try markAccessed(slot)
    target.selector = selector
    setSegment(.cs, target)
    setSegment(.ss, stack)
    rip = offset
    // A 16-bit stack pointer leaves the rest of ESP as it is.
    r[4] = stackMask == 0xffff ? (r[4] & ~stackMask) | (newSP & stackMask) : newSP & stackMask
    if rpl > 0 { dropInnerSegments(rpl) }
    releaseStack(release)
  }

  private func outerStack(
    _ selector: UInt16, rpl: UInt8, target: Segment
  ) throws(Fault) -> Segment {
    let code = UInt32(selector & 0xfffc)
    if code == 0 {
      // A null SS is allowed when returning to 64-bit code below CPL 3.
      guard efer & EFER.lma != 0, target.isLong, rpl < 3, UInt8(selector & 3) == rpl else {
        throw generalProtection()
      }
      var segment = Segment.unusable(selector: selector)
      segment.access |= UInt32(rpl) << 5
      return segment
    }
    let slot = try descriptor(selector)
    guard UInt8(selector & 3) == rpl, slot.isCodeOrData, !slot.isCode, slot.type & 2 != 0,
      slot.dpl == rpl
    else { throw generalProtection(code) }
    guard slot.isPresent else { throw exception(12, code) }
    return try markAccessed(slot)
  }

  /// Data segments of a more privileged level do not survive a return to an outer one.
  private func dropInnerSegments(_ level: UInt8) {
    for register in [SegmentRegister.es, .ds, .fs, .gs] {
      var segment = self.segment(register)
      if !segment.isUnusable, !segment.isConforming, UInt8(segment.dpl) < level {
        // SDM 2, "IRET": the selector becomes null. The base stays, and 64-bit code uses that of FS
        // and GS.
        segment.selector = 0
        segment.access |= Segment.unusable().access
        setSegment(register, segment)
      }
    }
  }
}
