import Testing

@testable import Devices

/// Expected values: Motorola MC146818 data sheet.
@Suite struct RTCTests {
  private let rtc = RTC()
  private static let second: UInt64 = 1_000_000_000

  private func read(_ register: UInt64) -> UInt64 {
    rtc.write(offset: 0, size: 1, value: register)
    return rtc.read(offset: 1, size: 1)
  }

  private func write(_ register: UInt64, _ value: UInt64) {
    rtc.write(offset: 0, size: 1, value: register)
    rtc.write(offset: 1, size: 1, value: value)
  }

  /// Century, year, month, day, weekday, hours, minutes, seconds.
  private var date: [UInt64] { [0x32, 9, 8, 7, 6, 4, 2, 0].map(read) }

  @Test func startsAtAFixedDate() {
    #expect(date == [0x20, 0x26, 1, 1, 5, 0, 0, 0])
    #expect(read(0x0d) == 0x80)
  }

  @Test func timePasses() {
    rtc.advance(to: 59 * Self.second)
    #expect(date == [0x20, 0x26, 1, 1, 5, 0, 0, 0x59])
    rtc.advance(to: 86_399 * Self.second)
    #expect(date == [0x20, 0x26, 1, 1, 5, 0x23, 0x59, 0x59])
    rtc.advance(to: 86_400 * Self.second)
    #expect(date == [0x20, 0x26, 1, 2, 6, 0, 0, 0])
    rtc.advance(to: (31 + 28) * 86_400 * Self.second)
    #expect(date == [0x20, 0x26, 3, 1, 1, 0, 0, 0], "a Sunday, and no leap year")
    rtc.advance(to: 365 * 86_400 * Self.second + 1)
    #expect(date == [0x20, 0x27, 1, 1, 6, 0, 0, 0])
  }

  @Test func leapYears() {
    for (register, value) in [(9, 0x28), (8, 2), (7, 0x28), (4, 0x23), (2, 0x59), (0, 0x59)]
      as [(UInt64, UInt64)]
    {
      write(register, value)
    }
    rtc.advance(to: Self.second)
    #expect(read(8) == 2 && read(7) == 0x29)
  }

  @Test func twelveHoursAndBinary() {
    write(0x0b, 0x04)  // 12 hours, binary
    for (register, value) in [(4, 11), (2, 59), (0, 59), (9, 99), (8, 12), (7, 31)]
      as [(UInt64, UInt64)]
    {
      write(register, value)
    }
    rtc.advance(to: Self.second)
    #expect(read(4) == 0x80 | 12, "noon")
    rtc.advance(to: 3601 * Self.second)
    #expect(read(4) == 0x81)
    write(4, 0x80 | 11)
    rtc.advance(to: 2 * 3601 * Self.second)
    #expect(read(4) == 12 && read(7) == 1 && read(8) == 1 && read(9) == 0, "midnight, new year")
  }

  @Test func setStopsTheClock() {
    write(0x0b, 0x82)
    rtc.advance(to: 5 * Self.second)
    #expect(read(0) == 0)
    write(0x0b, 0x02)
    rtc.advance(to: 6 * Self.second)
    #expect(read(0) == 1)
  }

  @Test func updateInProgressPrecedesTheUpdate() {
    rtc.advance(to: Self.second - 2_228_001)
    #expect(read(0x0a) == 0x26)
    rtc.advance(to: Self.second - 244_000)
    #expect(read(0x0a) == 0xa6)
    rtc.advance(to: Self.second)
    #expect(read(0x0a) == 0x26)
  }

  @Test func thePeriodicInterrupt() throws {
    write(0x0b, 0x42)
    let first = try #require(rtc.nextEvent)
    // Rate 6 is 1024 Hz.
    #expect(first == 976_563)
    rtc.advance(to: first - 1)
    #expect(!rtc.interruptLine)
    rtc.advance(to: first)
    #expect(rtc.interruptLine)
    #expect(rtc.nextEvent == nil, "nothing more until register C is read")
    #expect(read(0x0c) == 0xc0 && read(0x0c) == 0)
    #expect(!rtc.interruptLine)
    #expect(rtc.nextEvent == 1_953_125)
  }

  @Test(
    arguments: [(1, 3_906_250), (2, 7_812_500), (3, 122_071), (15, 500_000_000)]
      as [(UInt64, UInt64)])
  func periodicRates(_ rate: UInt64, _ period: UInt64) {
    write(0x0a, 0x20 | rate)
    write(0x0b, 0x42)
    #expect(rtc.nextEvent == period)
  }

  @Test func theUpdateEndedInterrupt() {
    write(0x0b, 0x12)
    #expect(rtc.nextEvent == Self.second)
    rtc.advance(to: Self.second)
    #expect(rtc.interruptLine && read(0x0c) & 0xb0 == 0x90)
    write(0x0b, 0x92)
    #expect(read(0x0b) == 0x82, "SET clears UIE")
  }

  @Test func theAlarm() {
    write(0x01, 0x05)
    write(0x03, 0xff)
    write(0x05, 0xc0)
    write(0x0b, 0x22)
    rtc.advance(to: 4 * Self.second)
    #expect(!rtc.interruptLine)
    rtc.advance(to: 5 * Self.second)
    #expect(rtc.interruptLine)
    #expect(read(0x0c) & 0x20 != 0)
    rtc.advance(to: 64 * Self.second)
    #expect(!rtc.interruptLine)
    rtc.advance(to: 65 * Self.second)
    #expect(rtc.interruptLine)
  }

  @Test func memoryIsKeptAndTheIndexHasTheNMIMask() {
    write(0x8f, 0x0a)
    #expect(rtc.isNMIMasked)
    #expect(read(0x0f) == 0x0a && rtc.memory(0x0f) == 0x0a)
    #expect(!rtc.isNMIMasked)
  }

  @Test func hugeStepsOfTimeEnd() {
    rtc.advance(to: .max)
    #expect(read(0x0d) == 0x80)
  }
}
