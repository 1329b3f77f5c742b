/// One of the three counters of an 8254 (Intel 8254 data sheet, "Mode Definitions").
///
/// What it shows is computed from the ticks since the count was loaded, so that time costs nothing.
struct PITChannel: Codable, Sendable, Equatable {
  /// 0 to 5.
  var mode: UInt8 = 0
  /// RW1 and RW0 of the control word: 1 low byte, 2 high byte, 3 low then high byte.
  var access: UInt8 = 3
  var isBCD = false
  /// The count that is counted from.
  var count: UInt64 = 0x10000
  /// A count that the next trigger, or the end of the period, loads.
  var nextCount: UInt64?
  /// When `nextCount` is loaded by itself, in modes 2 and 3.
  var nextLoad: UInt64?
  /// A count has been loaded, or a trigger has come.
  var isCounting = false
  /// The tick at which the counter holds, or would hold, `count`.
  var origin: UInt64 = 0
  /// Ticks since `origin` when GATE stopped the counter.
  var stoppedAt: UInt64?
  var gate = true
  /// The low byte of a count whose high byte is awaited.
  var lowByte: UInt8?
  var latch: UInt16?
  var statusLatch: UInt8?
  /// The next read of a two-byte count gives its high byte.
  var readsHigh = false

  /// Counts that a 16-bit counter has.
  var modulus: UInt64 { isBCD ? 10_000 : 0x10000 }
  private var isPeriodic: Bool { mode == 2 || mode == 3 }

  /// Ticks since the count was loaded; nil before.
  private func elapsed(_ now: UInt64) -> UInt64? {
    guard isCounting, now >= origin else { return nil }
    return stoppedAt ?? now - origin
  }

  /// How long OUT is high in mode 3: (N + 1) / 2 ticks if the count is odd.
  private var highTicks: UInt64 { (count + 1) / 2 }

  /// The OUT pin.
  func output(_ now: UInt64) -> Bool {
    guard let elapsed = elapsed(now) else { return mode != 0 }
    switch mode {
    case 0, 1: return elapsed >= count
    case 2: return !gate || elapsed % count != count - 1
    case 3: return !gate || elapsed % count < highTicks
    default: return elapsed != count
    }
  }

  /// How often OUT has risen since the count was loaded.
  func rises(_ now: UInt64) -> UInt64 {
    guard let elapsed = elapsed(now) else { return 0 }
    switch mode {
    case 0, 1: return elapsed >= count ? 1 : 0
    case 2, 3: return elapsed / count
    default: return elapsed > count ? 1 : 0
    }
  }

  /// The tick at which OUT changes next by itself.
  func nextChange(_ now: UInt64) -> UInt64? {
    guard isCounting, stoppedAt == nil else { return nil }
    let elapsed = now >= origin ? now - origin : 0
    let start = max(now, origin)
    switch mode {
    case 0, 1: return elapsed < count ? origin &+ count : nil
    case 2:
      let rest = count - 1 - elapsed % count
      return rest == 0 ? start &+ 1 : start &+ rest
    case 3:
      let position = elapsed % count
      return start &+ (position < highTicks ? highTicks - position : count - position)
    default:
      if elapsed > count { return nil }
      return origin &+ count &+ (elapsed == count ? 1 : 0)
    }
  }

  /// The counting element, as it is read.
  func counter(_ now: UInt64) -> UInt16 {
    guard let elapsed = elapsed(now) else { return encode(count) }
    switch mode {
    case 2: return encode(count - elapsed % count)
    case 3:
      let position = elapsed % count
      // 8254, "Mode 3": the counter goes down by two; an odd count is loaded less one.
      let even = count & ~1
      return encode(even - 2 * (position < highTicks ? position : position - highTicks))
    default: return encode((modulus + count - elapsed % modulus) % modulus)
    }
  }

  private func encode(_ value: UInt64) -> UInt16 {
    let value = value % modulus
    guard isBCD else { return UInt16(truncatingIfNeeded: value) }
    let digits = [value / 1000, value / 100 % 10, value / 10 % 10, value % 10]
    return UInt16(truncatingIfNeeded: digits.reduce(0) { $0 << 4 | $1 })
  }

  private func decode(_ raw: UInt16) -> UInt64 {
    var value = UInt64(raw)
    if isBCD {
      let digits = [12, 8, 4, 0].map { value >> $0 & 0xf }
      value = digits.reduce(0) { $0 * 10 + $1 } % modulus
    }
    if value == 0 { return modulus }
    // 8254, "Mode 2" and "Mode 3": a count of 1 is illegal.
    return isPeriodic ? max(2, value) : value
  }

  /// Loads a count whose time has come; true if OUT rose up to then.
  mutating func settle(since last: UInt64, until now: UInt64) -> Bool {
    guard let load = nextLoad, now >= load, let next = nextCount else {
      return rises(now) > rises(last)
    }
    let rose = rises(load) > rises(last)
    let startsLow = mode == 3 && (load - origin) % count != 0
    (count, nextCount, nextLoad) = (next, nil, nil)
    origin = startsLow ? load &- highTicks : load
    return rises(now) > rises(load) || rose
  }

  // MARK: Programming

  mutating func setMode(_ control: UInt8) {
    let mode = control >> 1 & 7
    // 8254, "Control Word Format": bit 2 of the mode does not count for modes 2 and 3.
    self.mode = mode > 5 ? mode & 3 : mode
    access = control >> 4 & 3
    isBCD = control & 1 != 0
    (isCounting, stoppedAt, nextCount, nextLoad) = (false, nil, nil, nil)
    (lowByte, latch, statusLatch, readsHigh) = (nil, nil, nil, false)
  }

  mutating func write(_ byte: UInt8, _ now: UInt64) {
    switch access {
    case 1: load(decode(UInt16(byte)), now)
    case 2: load(decode(UInt16(byte) << 8), now)
    default:
      guard let low = lowByte else {
        lowByte = byte
        // 8254, "Mode 0": writing the first byte disables counting, and OUT goes low.
        if mode == 0 { isCounting = false }
        return
      }
      lowByte = nil
      load(decode(UInt16(byte) << 8 | UInt16(low)), now)
    }
  }

  private mutating func load(_ value: UInt64, _ now: UInt64) {
    switch mode {
    case 0, 4: start(value, now)
    case 1, 5: nextCount = value
    default:
      guard isCounting else { return start(value, now) }
      nextCount = value
      nextLoad = stoppedAt == nil ? endOfCycle(now) : nil
    }
  }

  /// The counter takes `value` with the next tick of its clock.
  private mutating func start(_ value: UInt64, _ now: UInt64) {
    (count, nextCount, nextLoad) = (value, nil, nil)
    (origin, isCounting) = (now &+ 1, true)
    stoppedAt = gate ? nil : 0
  }

  /// 8254, "Mode 2": a new count waits for the end of the cycle; "Mode 3": of the half-cycle.
  private func endOfCycle(_ now: UInt64) -> UInt64 {
    guard now >= origin else { return origin }
    let position = (now - origin) % count
    if mode == 3, position < highTicks { return now &+ (highTicks - position) }
    return now &+ (count - position)
  }

  /// 8254, "Gate Pin Operations Summary".
  mutating func setGate(_ level: Bool, _ now: UInt64) {
    guard level != gate else { return }
    if !level {
      if mode != 1 && mode != 5 {
        stoppedAt = isCounting ? elapsed(now) ?? 0 : nil
        if isPeriodic { nextLoad = nil }
      }
      gate = false
      return
    }
    gate = true
    switch mode {
    case 0, 4:
      if let stopped = stoppedAt { origin = now &- stopped }
      stoppedAt = nil
    case 1, 5: if nextCount != nil || isCounting { start(nextCount ?? count, now) }
    default: if isCounting { start(nextCount ?? count, now) }
    }
  }

  mutating func latchCount(_ now: UInt64) {
    if latch == nil { latch = counter(now) }
  }

  /// 8254, "Status Byte": OUT, null count, access, mode, BCD.
  mutating func latchStatus(_ now: UInt64) {
    guard statusLatch == nil else { return }
    let isNull = !isCounting || now < origin || nextCount != nil
    statusLatch =
      (output(now) ? 0x80 : 0) | (isNull ? 0x40 : 0) | access << 4 | mode << 1 | (isBCD ? 1 : 0)
  }

  mutating func read(_ now: UInt64) -> UInt8 {
    if let status = statusLatch {
      statusLatch = nil
      return status
    }
    let value = latch ?? counter(now)
    let takesHigh = access == 2 || access == 3 && readsHigh
    if access == 3 { readsHigh.toggle() }
    if access != 3 || takesHigh { latch = nil }
    return UInt8(truncatingIfNeeded: takesHigh ? value >> 8 : value)
  }
}
