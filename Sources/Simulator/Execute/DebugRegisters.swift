import X86

/// What DR7 and CR4.DE enable, derived so that the rest of the processor asks one Bool.
struct ArmedBreakpoints: Equatable {
  var dr7: UInt64 = 0x400
  var hasCode = false
  var hasData = false
  var hasPorts = false
  var isAny: Bool { hasCode || hasData || hasPorts }
}

/// An exception that waits for the next instruction boundary, with the event whose delivery it
/// interrupted.
struct DeferredException: Sendable {
  var exception: PendingException
  var event: EventInDelivery?
}

/// Bits of DR6, and of pending debug exceptions (SDM 3B, "Debug Status Register (DR6)").
enum DebugStatus {
  /// Pending debug exceptions only: an enabled breakpoint was met.
  static let enabledBreakpoint: UInt64 = 1 << 12
  /// BD: MOV to or from a debug register with DR7.GD.
  static let generalDetect: UInt64 = 1 << 13
  /// BS: TF.
  static let singleStep: UInt64 = 1 << 14
  /// BT: the T flag of a TSS.
  static let taskSwitch: UInt64 = 1 << 15
  /// What reads as 1: RTM, BLD and the reserved bits.
  static let fixed: UInt64 = 0xffff_0ff0
  /// What software can write.
  static let writable: UInt64 = 0xe00f
}

/// One of the four breakpoints that DR7 describes (SDM 3B, "Debug Control Register (DR7)").
private struct Breakpoint {
  enum Kind: UInt64 { case execution, write, port, readWrite }
  var bit: UInt64
  var kind: Kind
  var first: UInt64
  var last: UInt64

  func overlaps(_ start: UInt64, _ size: Int) -> Bool {
    start <= last && first <= start &+ UInt64(truncatingIfNeeded: size) &- 1
  }
}

extension Processor {
  private func debugAddress(_ number: UInt64) -> UInt64 {
    switch number {
    case 0: dr.0
    case 1: dr.1
    case 2: dr.2
    default: dr.3
    }
  }

  /// Breakpoint `number` if L or G enables it.
  private func breakpoint(_ number: UInt64) -> Breakpoint? {
    guard (dr7 >> (number &* 2)) & 3 != 0,
      let kind = Breakpoint.Kind(rawValue: (dr7 >> (16 &+ number &* 4)) & 3)
    else { return nil }
    // LEN: 1, 2, 8 and 4 bytes; low address bits that the length makes meaningless are ignored.
    let sizes: (UInt64, UInt64, UInt64, UInt64) = (1, 2, 8, 4)
    let size: UInt64 =
      switch (dr7 >> (18 &+ number &* 4)) & 3 {
      case 0: sizes.0
      case 1: sizes.1
      case 2: sizes.2
      default: sizes.3
      }
    let first = debugAddress(number) & ~(size &- 1)
    return Breakpoint(bit: 1 << number, kind: kind, first: first, last: first &+ (size &- 1))
  }

  /// To be called after DR0 to DR3, DR7 or CR4.DE has changed.
  @inline(never)
  func refreshBreakpoints() {
    var now = ArmedBreakpoints()
    now.dr7 = dr7
    for number: UInt64 in 0..<4 {
      guard let breakpoint = breakpoint(number) else { continue }
      switch breakpoint.kind {
      case .execution: now.hasCode = true
      case .port: now.hasPorts = now.hasPorts || cr4 & CR4.de != 0
      case .write, .readWrite:
        now.hasData = true
        tlb.dropTags(of: breakpoint.first)
      }
    }
    armed = now
    attention = true
  }

  /// Bits 3:0 of DR6 for the instruction at `linear`.
  func codeBreakpoints(at linear: UInt64) -> UInt64 {
    var bits: UInt64 = 0
    for number: UInt64 in 0..<4 {
      if let breakpoint = breakpoint(number), breakpoint.kind == .execution,
        breakpoint.first == linear
      {
        bits |= breakpoint.bit
      }
    }
    return bits
  }

  func hasCodeBreakpoint(onPageOf linear: UInt64) -> Bool {
    for number: UInt64 in 0..<4 {
      if let breakpoint = breakpoint(number), breakpoint.kind == .execution,
        breakpoint.first >> 12 == linear >> 12
      {
        return true
      }
    }
    return false
  }

  func hasDataBreakpoint(onPageOf linear: UInt64) -> Bool {
    for number: UInt64 in 0..<4 {
      if let breakpoint = breakpoint(number), breakpoint.first >> 12 == linear >> 12,
        breakpoint.kind == .write || breakpoint.kind == .readWrite
      {
        return true
      }
    }
    return false
  }

  /// SDM 3B, "Data Memory and I/O Breakpoint Exception Conditions": a trap once the instruction is
  /// complete.
  func noteDataAccess(_ linear: UInt64, _ size: Int, isWrite: Bool) {
    for number: UInt64 in 0..<4 {
      guard let breakpoint = breakpoint(number), breakpoint.overlaps(linear, size) else { continue }
      if breakpoint.kind == .readWrite || (isWrite && breakpoint.kind == .write) {
        noteMatch(breakpoint.bit)
      }
    }
  }

  func notePortAccess(_ port: UInt16, _ size: UInt8) {
    guard armed.hasPorts else { return }
    for number: UInt64 in 0..<4 {
      guard let breakpoint = breakpoint(number), breakpoint.kind == .port,
        breakpoint.overlaps(UInt64(port), Int(size))
      else { continue }
      noteMatch(breakpoint.bit)
    }
  }

  private func noteMatch(_ bit: UInt64) {
    let new = (bit | DebugStatus.enabledBreakpoint) & ~pendingDebug
    debugMatches |= new
    pendingDebug |= new
    attention = true
    stopBlock()
  }

  /// An instruction, or a delivery, that faults has not met its breakpoints yet.
  func takeBackDebugMatches() {
    pendingDebug &= ~debugMatches
    debugMatches = 0
  }

  // MARK: MOV DR

  func movToDebug(_ i: Instruction) throws(Fault) {
    let number = try checkDebugAccess(i.operand0.number, i.operand1.number, isRead: false)
    var value = r[i.operand1.number]
    if mode != .long { value &= 0xffff_ffff }
    // SDM 3B, "Debug Registers and Intel 64 Processors": the upper halves of DR6 and DR7 are 0.
    if number >= 6, value >> 32 != 0 { throw generalProtection() }
    switch number {
    case 0: dr.0 = value
    case 1: dr.1 = value
    case 2: dr.2 = value
    case 3: dr.3 = value
    case 6: dr6 = (value & DebugStatus.writable) | DebugStatus.fixed
    // Bits 15, 14, 12 and, without RTM, 11 read as 0, bit 10 as 1.
    default: dr7 = (value & 0xffff_27ff) | 0x400
    }
    if number != 6 { refreshBreakpoints() }
  }

  func movFromDebug(_ i: Instruction) throws(Fault) {
    let number = try checkDebugAccess(i.operand1.number, i.operand0.number, isRead: true)
    let value =
      switch number {
      case 6: dr6
      case 7: dr7
      default: debugAddress(UInt64(number))
      }
    writeRegister(i.operand0.number, mode == .long ? 8 : 4, value)
  }

  /// The exit comes before the faults of privilege and CR4.DE (SDM 3C, "Relative Priority of Faults and
  /// VM Exits"). DR4 and DR5 are DR6 and DR7, or #UD with CR4.DE.
  private func checkDebugAccess(
    _ number: UInt8, _ register: UInt8, isRead: Bool
  ) throws(Fault) -> UInt8 {
    if number > 7 { throw undefinedOpcode }
    try interceptMovDR(number, from: isRead, register: register)
    if cpl != 0 { throw generalProtection() }
    if number == 4 || number == 5, cr4 & CR4.de != 0 { throw undefinedOpcode }
    if dr7 & (1 << 13) != 0 { throw exception(1, payload: DebugStatus.generalDetect) }
    return number == 4 || number == 5 ? number + 2 : number
  }
}
