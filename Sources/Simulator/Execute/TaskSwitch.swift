import X86

/// What asks for a task switch, as bits 31:30 of the exit qualification number it.
enum TaskSwitchSource: UInt64 {
  case call = 0
  case iret = 1
  case jmp = 2
  /// A task gate in the IDT.
  case gate = 3

  /// The new task returns to the old one by IRET.
  var nests: Bool { self == .call || self == .gate }
}

/// Hardware task switches (SDM 3A, "Task Switching"): never in IA-32e mode.
extension Processor {
  private static let availableTypes: [UInt8] = [1, 9]
  private static let busyTypes: [UInt8] = [3, 11]

  /// JMP or CALL to a TSS descriptor or a task gate (SDM 2A, "JMP", "CALL").
  func jumpToTask(_ slot: DescriptorSlot, _ source: TaskSwitchSource) throws(Fault) {
    let code = UInt32(slot.selector & 0xfffc)
    if slot.dpl < max(cpl, UInt8(slot.selector & 3)) { throw generalProtection(code) }
    let flags = rflags & ~RFLAGS.rf.rawValue
    guard slot.type == 5 else {
      try checkAvailable(slot, external: 0)
      return try switchTask(slot, source, flags: flags)
    }
    guard slot.isPresent else { throw exception(11, code) }
    let selector = UInt16(truncatingIfNeeded: slot.raw >> 16)
    try switchTask(try availableTask(selector, external: 0), source, flags: flags)
  }

  /// An interrupt or exception through a task gate; the privilege of the gate has been checked.
  func switchThroughGate(
    _ selector: UInt16, _ event: EventInDelivery, flags: UInt64
  ) throws(Fault) {
    let slot = try availableTask(selector, external: event.external)
    try switchTask(
      slot, .gate, flags: flags, external: event.external, errorCode: event.errorCode)
  }

  /// IRET with NT set, to the task in the back link of the current TSS.
  func returnToTask() throws(Fault) {
    let back: UInt16 = try loadLinear(tr.base & 0xffff_ffff, isUser: false)
    let code = UInt32(back & 0xfffc)
    guard back & 4 == 0 else { throw exception(10, code) }
    let slot = try descriptor(back, vector: 10)
    guard !slot.isCodeOrData, Processor.busyTypes.contains(slot.type) else {
      throw exception(10, code)
    }
    guard slot.isPresent else { throw exception(11, code) }
    let flags = rflags & ~(RFLAGS.nt.rawValue | RFLAGS.rf.rawValue)
    try switchTask(slot, .iret, flags: flags)
  }

  private func availableTask(
    _ selector: UInt16, external: UInt32
  ) throws(Fault) -> DescriptorSlot {
    let code = UInt32(selector & 0xfffc) | external
    guard selector & 4 == 0, code & 0xfffc != 0 else { throw generalProtection(code) }
    let slot = try descriptor(selector, external: external)
    try checkAvailable(slot, external: external)
    return slot
  }

  /// A TSS that is not busy, in the GDT, and present.
  private func checkAvailable(_ slot: DescriptorSlot, external: UInt32) throws(Fault) {
    let code = UInt32(slot.selector & 0xfffc) | external
    guard slot.selector & 4 == 0, !slot.isCodeOrData,
      Processor.availableTypes.contains(slot.type)
    else { throw generalProtection(code) }
    guard slot.isPresent else { throw exception(11, code) }
  }

  /// The steps of "Task Switching" from the checks of the TSS on. What goes wrong before the old task is
  /// left is thrown and has changed nothing; what goes wrong afterwards is raised in the new task, before
  /// its first instruction.
  private func switchTask(
    _ slot: DescriptorSlot, _ source: TaskSwitchSource, flags: UInt64, external: UInt32 = 0,
    errorCode: UInt32? = nil
  ) throws(Fault) {
    let layout = TaskStateLayout.of(type: slot.type)
    var task = slot.segment
    guard task.limit >= layout.smallestLimit else {
      throw exception(10, UInt32(slot.selector & 0xfffc) | external)
    }
    // SDM 3C, "Treatment of Task Switches": these checks come first, then the exit.
    if vmx.isNonRoot {
      throw vmExit(
        ExitReason.taskSwitch.rawValue,
        qualification: UInt64(slot.selector) | source.rawValue << 30)
    }
    let old = try prepareToLeave(slot, source, external: external)
    let state = try readTaskState(task.base, layout)

    try writeTaskState(tr.base, TaskStateLayout.of(type: tr.type), flags: flags)
    if !source.nests { try setBusy(old, false) }
    if source.nests {
      try storeLinear(task.base & 0xffff_ffff, tr.selector, isUser: false)
    }
    if source != .iret { try setBusy(slot.address, true) }
    task.access |= 2
    tr = task
    do throws(Fault) {
      try enterTask(state, layout, nests: source.nests, external: external)
      if let errorCode {
        try layout.size == 4
          ? push(errorCode) : push(UInt16(truncatingIfNeeded: errorCode))
      }
    } catch {
      guard error == .exception else { throw error }
      deferredException = DeferredException(exception: pendingException, event: delivering)
    }
    deliveredEvent = true
    attention = true
    stopBlock()
  }

  /// Makes sure that nothing that is written before the new task is entered can fault. Returns where the
  /// descriptor of the old TSS is.
  private func prepareToLeave(
    _ slot: DescriptorSlot, _ source: TaskSwitchSource, external: UInt32
  ) throws(Fault) -> UInt64 {
    let layout = TaskStateLayout.of(type: tr.type)
    guard UInt64(tr.limit) + 1 >= layout.savedEnd, let old = descriptorAddress(tr.selector) else {
      throw exception(10, UInt32(tr.selector & 0xfffc) | external)
    }
    try probeWrite((tr.base &+ layout.rip) & 0xffff_ffff, Int(layout.savedEnd - layout.rip))
    if source.nests { try probeWrite(slot.segment.base, 2) } else { try probeWrite(old &+ 5, 1) }
    if source != .iret { try probeWrite(slot.address &+ 5, 1) }
    return old
  }

  private func probeWrite(_ linear: UInt64, _ size: Int) throws(Fault) {
    try forEachPage(linear, size) { part, count throws(Fault) in
      _ = try translate(LinearAccess(linear: part, kind: .write, size: count, isUser: false))
    }
  }

  /// The busy bit of the TSS descriptor at `address`.
  private func setBusy(_ address: UInt64, _ isBusy: Bool) throws(Fault) {
    let type: UInt8 = try loadLinear(address &+ 5, isUser: false)
    try storeLinear(address &+ 5, isBusy ? type | 2 : type & ~2, isUser: false)
  }
}
