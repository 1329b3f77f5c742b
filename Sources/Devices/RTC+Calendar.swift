extension RTC {
  /// Moves the time on by `count` seconds, whole days at once, and compares the alarm with each.
  func update(_ count: UInt64) {
    var rest = count
    state.memory[Register.c] |= Bit.update
    let day: UInt64 = 86_400
    if rest > 2 * day {
      // More than a day: the alarm, if it can match at all, has matched.
      let days = min(rest / day - 1, 4_000_000)
      for _ in 0..<days { nextDay() }
      rest = rest % day + day
    }
    for _ in 0..<rest {
      nextSecond()
      if matchesAlarm { state.memory[Register.c] |= Bit.alarm }
    }
  }

  /// MC146818, "Alarm": a byte of 11xxxxxx matches anything.
  private var matchesAlarm: Bool {
    let pairs = [
      (Register.seconds, Register.secondsAlarm), (Register.minutes, Register.minutesAlarm),
      (Register.hours, Register.hoursAlarm),
    ]
    return pairs.allSatisfy {
      state.memory[$1] >= 0xc0 || state.memory[$1] == state.memory[$0]
    }
  }

  private func nextSecond() {
    guard step(Register.seconds, below: 60), step(Register.minutes, below: 60) else { return }
    if nextHour() { nextDay() }
  }

  /// Adds one to a register; true if it came round to 0.
  private func step(_ register: Int, below limit: Int) -> Bool {
    let value = number(state.memory[register]) + 1
    state.memory[register] = encoded(value >= limit ? 0 : value)
    return value >= limit
  }

  /// True at midnight. MC146818, "Time, Calendar and Alarm Locations": with 12 hours, bit 7 is PM.
  private func nextHour() -> Bool {
    let raw = state.memory[Register.hours]
    guard state.memory[Register.b] & Bit.hours24 == 0 else {
      return step(Register.hours, below: 24)
    }
    let isAfternoon = raw & 0x80 != 0
    let hour = (number(raw & 0x7f) % 12 + (isAfternoon ? 12 : 0) + 1) % 24
    let shown = hour % 12 == 0 ? 12 : hour % 12
    state.memory[Register.hours] = encoded(shown) | (hour >= 12 ? 0x80 : 0)
    return hour == 0
  }

  private func nextDay() {
    let weekday = number(state.memory[Register.weekday])
    state.memory[Register.weekday] = encoded(weekday >= 7 ? 1 : weekday + 1)
    let day = number(state.memory[Register.day]) + 1
    guard day > daysInMonth else {
      state.memory[Register.day] = encoded(day)
      return
    }
    state.memory[Register.day] = encoded(1)
    let month = number(state.memory[Register.month]) + 1
    state.memory[Register.month] = encoded(month > 12 ? 1 : month)
    guard month > 12, step(Register.year, below: 100) else { return }
    _ = step(Register.century, below: 100)
  }

  private var daysInMonth: Int {
    switch number(state.memory[Register.month]) {
    // MC146818: leap years are those that four divides.
    case 2: number(state.memory[Register.year]) % 4 == 0 ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  private var isBinary: Bool { state.memory[Register.b] & Bit.binary != 0 }

  private func number(_ raw: UInt8) -> Int {
    isBinary ? Int(raw) : Int(raw >> 4) * 10 + Int(raw & 0xf)
  }

  private func encoded(_ number: Int) -> UInt8 {
    UInt8(truncatingIfNeeded: isBinary ? number : (number / 10) << 4 | number % 10)
  }
}
