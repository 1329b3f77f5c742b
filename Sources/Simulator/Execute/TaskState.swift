import X86

/// What a TSS holds of a task (SDM 3A, "Task-State Segment (TSS)" and "16-Bit Task-State Segment").
struct TaskState {
  var cr3: UInt64 = 0
  var rip: UInt64 = 0
  var rflags: UInt64 = 0
  /// EAX, ECX, EDX, EBX, ESP, EBP, ESI, EDI.
  var general = [UInt64](repeating: 0, count: 8)
  /// ES, CS, SS, DS, FS, GS.
  var selectors = [UInt16](repeating: 0, count: 6)
  var ldt: UInt16 = 0
  /// The T flag: a debug trap before the task's first instruction.
  var traps = false

  var cpl: UInt8 { rflags & RFLAGS.vm.rawValue != 0 ? 3 : UInt8(selectors[1] & 3) }
}

/// Where a TSS of one size has its fields.
struct TaskStateLayout {
  /// Bytes of a register.
  let size: UInt8
  /// EIP, followed by EFLAGS, the general registers and the segment selectors.
  let rip: UInt64
  /// Bytes from one selector to the next.
  let selectorStride: UInt64
  let selectorCount: Int
  let ldt: UInt64
  /// The smallest limit of a TSS that is switched to.
  let smallestLimit: UInt32
  /// One past the last byte that leaving the task writes.
  let savedEnd: UInt64

  var rflags: UInt64 { rip + UInt64(size) }
  func general(_ number: Int) -> UInt64 { rip + UInt64(size) * UInt64(number + 2) }
  func selector(_ number: Int) -> UInt64 {
    rip + UInt64(size) * 10 + selectorStride * UInt64(number)
  }

  static let bits32 = TaskStateLayout(
    size: 4, rip: 0x20, selectorStride: 4, selectorCount: 6, ldt: 0x60, smallestLimit: 0x67,
    savedEnd: 0x60)
  static let bits16 = TaskStateLayout(
    size: 2, rip: 0x0e, selectorStride: 2, selectorCount: 4, ldt: 0x2a, smallestLimit: 0x2b,
    savedEnd: 0x2a)

  static func of(type: UInt8) -> TaskStateLayout { type & 8 != 0 ? bits32 : bits16 }
}

extension Processor {
  /// The state in the TSS at `base`.
  func readTaskState(_ base: UInt64, _ layout: TaskStateLayout) throws(Fault) -> TaskState {
    var state = TaskState()
    if layout.size == 4 {
      state.cr3 = try taskWord(base, 0x1c, 4)
      state.traps = try taskWord(base, 0x64, 2) & 1 != 0
    }
    state.rip = try taskWord(base, layout.rip, layout.size)
    state.rflags = try taskWord(base, layout.rflags, layout.size)
    for number in 0..<8 {
      let value = try taskWord(base, layout.general(number), layout.size)
      // The upper halves are undefined after a switch to a 16-bit TSS; processors set them.
      state.general[number] = layout.size == 2 ? value | 0xffff_0000 : value
    }
    for number in 0..<layout.selectorCount {
      state.selectors[number] = UInt16(
        truncatingIfNeeded: try taskWord(base, layout.selector(number), 2))
    }
    state.ldt = UInt16(truncatingIfNeeded: try taskWord(base, layout.ldt, 2))
    return state
  }

  /// Saves the executing task; `flags` is the image of EFLAGS. CR3 and the LDT selector are not saved.
  func writeTaskState(
    _ base: UInt64, _ layout: TaskStateLayout, flags: UInt64
  ) throws(Fault) {
    try setTaskWord(base, layout.rip, layout.size, rip)
    try setTaskWord(base, layout.rflags, layout.size, flags)
    for number in 0..<8 {
      try setTaskWord(base, layout.general(number), layout.size, r[UInt8(number)])
    }
    for number in 0..<layout.selectorCount {
      let selector = segments[UInt8(number)].segment.selector
      try setTaskWord(base, layout.selector(number), 2, UInt64(selector))
    }
  }

  private func taskWord(_ base: UInt64, _ offset: UInt64, _ size: UInt8) throws(Fault) -> UInt64 {
    let linear = (base &+ offset) & 0xffff_ffff
    if size == 2 { return UInt64(try loadLinear(linear, isUser: false) as UInt16) }
    return UInt64(try loadLinear(linear, isUser: false) as UInt32)
  }

  private func setTaskWord(
    _ base: UInt64, _ offset: UInt64, _ size: UInt8, _ value: UInt64
  ) throws(Fault) {
    let linear = (base &+ offset) & 0xffff_ffff
    if size == 2 {
      try storeLinear(linear, UInt16(truncatingIfNeeded: value), isUser: false)
    } else {
      try storeLinear(linear, UInt32(truncatingIfNeeded: value), isUser: false)
    }
  }
}
