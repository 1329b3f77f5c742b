/// The timer of a local APIC (SDM 3A, "APIC Timer"). Its input clock ticks once a nanosecond.
struct APICTimer: Sendable {
  enum Mode: UInt32, Sendable { case oneShot, periodic, deadline, reserved }

  var mode = Mode.oneShot
  var initialCount: UInt32 = 0
  var divideConfiguration: UInt32 = 0
  /// When the count reaches 0; nil if it stands at 0.
  private var expiry: UInt64?
  /// IA32_TSC_DEADLINE; 0 when disarmed.
  private(set) var deadline: UInt64 = 0

  /// Nanoseconds of one count: bits 3, 1 and 0 are one less than the power of two, modulo 8.
  var divisor: UInt64 {
    let code = (divideConfiguration & 3) | (divideConfiguration >> 1 & 4)
    return 1 << UInt64((code + 1) & 7)
  }

  private var period: UInt64 { UInt64(initialCount) &* divisor }

  /// SDM 3A, "TSC-Deadline Mode": a change from or to it disarms the timer.
  mutating func setMode(_ new: Mode) {
    if (new == .deadline) != (mode == .deadline) {
      (expiry, deadline) = (nil, 0)
      if new == .deadline { initialCount = 0 }
    }
    mode = new
  }

  /// Starts to count; in TSC-deadline mode the initial count is not used.
  mutating func setInitialCount(_ value: UInt32, at now: UInt64) {
    guard mode != .deadline else { return }
    initialCount = value
    expiry = value == 0 ? nil : now &+ period
  }

  /// The count goes on from where it is at the new rate.
  mutating func setDivideConfiguration(_ value: UInt32, at now: UInt64) {
    let count = currentCount(at: now)
    divideConfiguration = value & 0xb
    if expiry != nil { expiry = now &+ UInt64(count) &* divisor }
  }

  /// Outside TSC-deadline mode writes are ignored.
  mutating func setDeadline(_ value: UInt64) { if mode == .deadline { deadline = value } }

  func currentCount(at now: UInt64) -> UInt32 {
    guard let expiry, expiry > now else { return 0 }
    return UInt32(truncatingIfNeeded: (expiry &- now &+ divisor &- 1) / divisor)
  }

  /// When it expires next, not before `now`. `tsc` is the time-stamp counter at `now`.
  func next(at now: UInt64, tsc: UInt64) -> UInt64? {
    if mode != .deadline { return expiry.map { max($0, now) } }
    if deadline == 0 { return nil }
    if deadline <= tsc { return now }
    let (time, overflow) = now.addingReportingOverflow(deadline &- tsc)
    return overflow ? nil : time
  }

  /// Brings it up to `now`. True if it has expired since the last call.
  mutating func advance(to now: UInt64, tsc: UInt64) -> Bool {
    guard let time = next(at: now, tsc: tsc), time <= now else { return false }
    deadline = 0
    if mode == .periodic, let expiry, period != 0 {
      self.expiry = expiry &+ ((now &- expiry) / period &+ 1) &* period
    } else {
      expiry = nil
    }
    return true
  }
}
