import X86

/// The second half of a task switch, which happens in the new task (SDM 3A, "Task Switching").
extension Processor {
  func enterTask(
    _ state: TaskState, _ layout: TaskStateLayout, nests: Bool, external: UInt32
  ) throws(Fault) {
    let isVirtual8086 = state.rflags & RFLAGS.vm.rawValue != 0
    loadRegisters(state, nests: nests)
    // SDM 3A, "Task Switching": TS is set; SDM 3B, "Debug Control Register (DR7)": the local enables
    // are cleared.
    cr0 |= CR0.ts
    dr7 &= ~0x155
    refreshBreakpoints()
    if state.traps { pendingDebug |= DebugStatus.taskSwitch }
    interruptShadow = .none
    loadSelectors(state, isVirtual8086: isVirtual8086)
    if layout.size == 4, cr0 & CR0.pg != 0 { try writeCR3(state.cr3) }
    try loadTaskLDT(state.ldt, external)
    if !isVirtual8086 { try loadTaskSegments(state, external) }
    if rip > UInt64(segment(.cs).limit) { throw generalProtection(external) }
  }

  private func loadRegisters(_ state: TaskState, nests: Bool) {
    for number in 0..<8 { r[UInt8(number)] = state.general[number] }
    rip = state.rip
    rflags = (state.rflags & 0x3f_7fd5) | RFLAGS.alwaysOne.rawValue
    if nests { systemFlags |= RFLAGS.nt.rawValue }
  }

  /// All selectors are loaded, and unusable until their descriptors have been looked at.
  private func loadSelectors(_ state: TaskState, isVirtual8086: Bool) {
    for register in SegmentRegister.allCases {
      let selector = state.selectors[Int(register.rawValue)]
      var segment = Segment.unusable(selector: selector)
      segment.access |= UInt32(state.cpl) << 5
      segments[register.rawValue].segment =
        isVirtual8086 ? Processor.virtual8086Segment(selector) : segment
    }
    ldtr = .unusable(selector: state.ldt)
    updateMode()
  }

  private func loadTaskLDT(_ selector: UInt16, _ external: UInt32) throws(Fault) {
    guard selector & 0xfffc != 0 else { return }
    let code = UInt32(selector & 0xfffc) | external
    guard selector & 4 == 0 else { throw exception(10, code) }
    let slot = try descriptor(selector, vector: 10, external: external)
    guard !slot.isCodeOrData, slot.type == 2, slot.isPresent else { throw exception(10, code) }
    ldtr = slot.segment
  }

  private func loadTaskSegments(_ state: TaskState, _ external: UInt32) throws(Fault) {
    try loadTaskCode(state.selectors[1], external)
    try loadTaskStack(state.selectors[2], state.cpl, external)
    for register in [SegmentRegister.es, .ds, .fs, .gs] {
      let selector = state.selectors[Int(register.rawValue)]
      try loadTaskData(register, selector, state.cpl, external)
    }
  }

  private func loadTaskCode(_ selector: UInt16, _ external: UInt32) throws(Fault) {
    let code = UInt32(selector & 0xfffc) | external
    guard selector & 0xfffc != 0 else { throw exception(10, code) }
    let slot = try descriptor(selector, vector: 10, external: external)
    let rpl = UInt8(selector & 3)
    guard slot.isCode, slot.isConforming ? slot.dpl <= rpl : slot.dpl == rpl else {
      throw exception(10, code)
    }
    guard slot.isPresent else { throw exception(11, code) }
    setSegment(.cs, try markAccessed(slot))
  }

  private func loadTaskStack(
    _ selector: UInt16, _ level: UInt8, _ external: UInt32
  ) throws(Fault) {
    let code = UInt32(selector & 0xfffc) | external
    guard selector & 0xfffc != 0 else { throw exception(10, code) }
    let slot = try descriptor(selector, vector: 10, external: external)
    guard slot.isCodeOrData, !slot.isCode, slot.type & 2 != 0, slot.dpl == level,
      UInt8(selector & 3) == level
    else { throw exception(10, code) }
    guard slot.isPresent else { throw exception(12, code) }
    setSegment(.ss, try markAccessed(slot))
  }

  private func loadTaskData(
    _ register: SegmentRegister, _ selector: UInt16, _ level: UInt8, _ external: UInt32
  ) throws(Fault) {
    guard selector & 0xfffc != 0 else { return setSegment(register, .unusable(selector: selector)) }
    let code = UInt32(selector & 0xfffc) | external
    let slot = try descriptor(selector, vector: 10, external: external)
    guard slot.isCodeOrData, !slot.isCode || slot.type & 2 != 0,
      slot.isConforming || slot.dpl >= max(level, UInt8(selector & 3))
    else { throw exception(10, code) }
    guard slot.isPresent else { throw exception(11, code) }
    setSegment(register, try markAccessed(slot))
  }
}
