import X86

/// Delivery of exceptions and interrupts through the IVT or IDT (SDM 3A, "Interrupt and Exception
/// Handling").
extension Processor {
  /// Delivers `event`; RIP is what is to be returned to. Throws what goes wrong on the way, with nothing
  /// but the accessed bits of descriptors changed.
  func deliver(_ event: EventInDelivery) throws(Fault) {
    delivering = event
    switch mode {
    case .real: try deliverReal(event)
    default: try deliverProtected(event)
    }
    delivering = nil
    noteDelivery(event)
    deliveredEvent = true
    interruptShadow = .none
    activity = .active
    attention = true
  }

  /// A single step that MOV SS held back is over with the next instruction's event. A debug exception
  /// takes the place of one that is pending, and opens the debug registers to its handler.
  private func noteDelivery(_ event: EventInDelivery) {
    pendingDebug &= ~DebugStatus.singleStep
    guard event.vector == 1, event.type == 3 || event.type == 5 else { return }
    pendingDebug &= debugMatches
    dr7 &= ~DebugStatus.generalDetect
    armed.dr7 = dr7
    // SDM 3B, "IA32_DEBUGCTL MSR": LBR and BTF are cleared.
    msrs.debugControl &= ~3
  }

  /// SDM 3A, "Real-Address Mode Exceptions and Interrupts": four bytes an entry, no error codes.
  private func deliverReal(_ event: EventInDelivery) throws(Fault) {
    let entry = UInt64(event.vector) * 4
    guard entry + 3 <= UInt64(idtr.limit) else {
      throw exception(13, UInt32(event.vector) << 3 | 2 | event.external)
    }
    let pointer: UInt32 = try loadLinear((idtr.base &+ entry) & 0xffff_ffff, isUser: false)
    let old = r[4]
    do throws(Fault) {
      try push(UInt16(truncatingIfNeeded: rflags))
      try push(segment(.cs).selector)
      try push(UInt16(truncatingIfNeeded: rip))
    } catch {
      r[4] = old
      throw error
    }
    var code = segment(.cs)
    code.selector = UInt16(truncatingIfNeeded: pointer >> 16)
    code.base = UInt64(code.selector) << 4
    systemFlags &= ~(RFLAGS.if.rawValue | RFLAGS.tf.rawValue | RFLAGS.ac.rawValue)
    setSegment(.cs, code)
    rip = UInt64(pointer & 0xffff)
  }

  struct InterruptGate {
    var selector: UInt16
    var offset: UInt64
    var type: UInt8
    var interruptStack: UInt8
    /// An interrupt gate clears IF, a trap gate does not.
    var clearsIF: Bool { type & 1 == 0 }
    /// Bytes of a stack slot.
    var size: UInt8 = 4
  }

  private func gate(for event: EventInDelivery) throws(Fault) -> InterruptGate {
    let isLong = efer & EFER.lma != 0
    let entrySize: UInt64 = isLong ? 16 : 8
    let place = UInt64(event.vector) * entrySize
    let code = UInt32(event.vector) << 3 | 2 | event.external
    guard place + entrySize - 1 <= UInt64(idtr.limit) else { throw exception(13, code) }
    let address = (idtr.base &+ place) & linearMaskForTables
    let low: UInt64 = try loadLinear(address, isUser: false)
    var gate = InterruptGate(
      selector: UInt16(truncatingIfNeeded: low >> 16),
      offset: (low & 0xffff) | ((low >> 48) << 16),
      type: UInt8(truncatingIfNeeded: low >> 40) & 0x1f,
      interruptStack: isLong ? UInt8(truncatingIfNeeded: low >> 32) & 7 : 0)
    let isGate =
      isLong
      ? gate.type == 14 || gate.type == 15
      : [5, 6, 7, 14, 15].contains(gate.type)
    guard isGate else { throw exception(13, code) }
    // INT n, INT3 and INTO need a gate that their level may use; INT1 does not.
    if event.type == 4 || event.type == 6, UInt8(truncatingIfNeeded: low >> 45) & 3 < cpl {
      throw exception(13, code)
    }
    guard low >> 47 & 1 != 0 else { throw exception(11, code) }
    if isLong {
      let high: UInt64 = try loadLinear(address &+ 8, isUser: false)
      gate.offset |= (high & 0xffff_ffff) << 32
      gate.size = 8
    } else if gate.type == 6 || gate.type == 7 {
      gate.size = 2
      gate.offset &= 0xffff
    }
    return gate
  }

  private func deliverProtected(_ event: EventInDelivery) throws(Fault) {
    let gate = try gate(for: event)
    if gate.type == 5 {
      return try switchThroughGate(gate.selector, event, flags: savedFlags(for: event))
    }
    let code = UInt32(gate.selector & 0xfffc) | event.external
    if gate.selector & 0xfffc == 0 { throw exception(13, event.external) }
    guard let address = descriptorAddress(gate.selector) else { throw exception(13, code) }
    let raw: UInt64 = try loadLinear(address, isUser: false)
    let slot = DescriptorSlot(selector: gate.selector, raw: raw, address: address)
    guard slot.isCode, slot.dpl <= cpl else { throw exception(13, code) }
    let isLong = efer & EFER.lma != 0
    if isLong, !slot.segment.isLong || slot.segment.is32Bit { throw exception(13, code) }
    guard slot.isPresent else { throw exception(11, code) }
    let newLevel = slot.isConforming ? cpl : slot.dpl
    // Out of virtual-8086 mode only to CPL 0.
    if mode == .virtual8086, newLevel != 0 { throw exception(13, code) }
    try enter(gate, slot, event, newLevel: newLevel, isLong: isLong)
  }

  private func enter(
    _ gate: InterruptGate, _ slot: DescriptorSlot, _ event: EventInDelivery, newLevel: UInt8,
    isLong: Bool
  ) throws(Fault) {
    let wasVirtual8086 = mode == .virtual8086
    let changesLevel = newLevel < cpl || wasVirtual8086
    var stack = InnerStack(segment: segment(.ss), pointer: r[4])
    if changesLevel || (isLong && gate.interruptStack != 0) {
      stack = try innerStack(
        for: newLevel, external: event.external, interruptStack: gate.interruptStack)
    }
    var code = try markAccessed(slot)
    code.selector = (gate.selector & 0xfffc) | UInt16(newLevel)
    try checkEntry(code, gate.offset, external: event.external)
    // SDM 3A, "64-Bit Mode Stack Frame": RSP is aligned to 16 bytes, SS:RSP is always pushed.
    if isLong { stack.pointer &= ~15 }
    var writer = StackWriter(
      stack, size: gate.size, self, isNew: changesLevel, external: event.external)
    if wasVirtual8086 {
      for register in [SegmentRegister.gs, .fs, .ds, .es] {
        try writer.push(UInt64(segment(register).selector))
      }
    }
    if changesLevel || isLong {
      try writer.push(UInt64(segment(.ss).selector))
      try writer.push(r[4])
    }
    try writer.push(savedFlags(for: event))
    try writer.push(UInt64(segment(.cs).selector))
    try writer.push(rip)
    if let errorCode = event.errorCode { try writer.push(UInt64(errorCode)) }
    commit(gate, code, stack, writer.pointer, wasVirtual8086: wasVirtual8086, changesLevel)
  }

  /// SDM 3B, "Instruction-Breakpoint Exception Condition": RF is set in the image of faults, so that
  /// returning does not break again at the instruction; but for an instruction breakpoint itself.
  private func savedFlags(for event: EventInDelivery) -> UInt64 {
    let isFault = event.type == 3 && (event.vector != 1 || event.isGeneralDetect)
    return isFault && event.vector != 8 && event.vector != 18
      ? rflags | RFLAGS.rf.rawValue : rflags
  }

  private func commit(
    _ gate: InterruptGate, _ code: Segment, _ stack: InnerStack, _ pointer: UInt64,
    wasVirtual8086: Bool, _ changesLevel: Bool
  ) {
    var cleared: UInt64 =
      RFLAGS.tf.rawValue | RFLAGS.nt.rawValue | RFLAGS.rf.rawValue | RFLAGS.vm.rawValue
    if gate.clearsIF { cleared |= RFLAGS.if.rawValue }
    systemFlags &= ~cleared
    if wasVirtual8086 {
      for register in [SegmentRegister.gs, .fs, .ds, .es] { setSegment(register, .unusable()) }
    }
    // SDM 3A, "Interrupt Stack Table": without a change of level SS stays what it is.
    if changesLevel { setSegment(.ss, stack.segment) }
    setSegment(.cs, code)
    // The stack mask is that of the new mode now.
    r[4] = (r[4] & ~stackMask) | (pointer & stackMask)
    rip = gate.offset
  }
}
