import Testing

@testable import Devices

/// Expected values: Intel 8254 data sheet, "Mode Definitions" with their timing diagrams. A tick is a
/// clock pulse; the count is loaded with the first one after it was written.
@Suite struct PITTests {
  private final class Lab {
    let pit = PIT()
    var tick: UInt64 = 1000

    init() { pass(0) }

    func pass(_ ticks: UInt64) {
      tick += ticks
      pit.advance(to: PIT.clock.time(of: tick) ?? 0)
    }

    func program(_ channel: Int, mode: UInt64, count: UInt64, bcd: Bool = false) {
      pit.write(
        offset: 3, size: 1, value: UInt64(channel) << 6 | 0x30 | mode << 1 | (bcd ? 1 : 0))
      pit.write(offset: UInt64(channel), size: 1, value: count & 0xff)
      pit.write(offset: UInt64(channel), size: 1, value: count >> 8)
    }

    func read(_ channel: UInt64) -> UInt64 {
      let low = pit.read(offset: channel, size: 1)
      return pit.read(offset: channel, size: 1) << 8 | low
    }

    /// OUT of channel 0 at each of the next ticks.
    func trace(_ count: Int, channel: Int = 0) -> String {
      var text = ""
      for _ in 0..<count {
        pass(1)
        text += pit.output(channel) ? "1" : "0"
      }
      return text
    }
  }

  @Test func mode0RisesAfterNPlusOneTicks() {
    let lab = Lab()
    lab.program(0, mode: 0, count: 4)
    #expect(!lab.pit.output(0))
    #expect(lab.trace(7) == "0000111")
    #expect(lab.pit.takeRise() && !lab.pit.takeRise())
    // The counter goes on after 0: 7 ticks passed, loaded with the first.
    #expect(lab.read(0) == 0xfffe)
  }

  @Test func mode0StopsWhileTheFirstByteIsWritten() {
    let lab = Lab()
    lab.program(0, mode: 0, count: 4)
    lab.pass(3)
    lab.pit.write(offset: 0, size: 1, value: 2)
    #expect(lab.trace(6) == "000000")
    lab.pit.write(offset: 0, size: 1, value: 0)
    #expect(lab.trace(4) == "0011")
  }

  @Test func mode0AndItsGate() {
    let lab = Lab()
    lab.pit.gate = true
    lab.program(2, mode: 0, count: 3)
    lab.pass(2)
    lab.pit.gate = false
    #expect(lab.trace(5, channel: 2) == "00000" && lab.read(2) == 2)
    lab.pit.gate = true
    #expect(lab.trace(3, channel: 2) == "011")
  }

  @Test func mode1IsAOneShotThatTheGateTriggers() {
    let lab = Lab()
    lab.program(2, mode: 1, count: 3)
    #expect(lab.trace(2, channel: 2) == "11")
    lab.pit.gate = true
    #expect(lab.trace(6, channel: 2) == "000111")
    lab.pit.gate = false
    lab.pit.gate = true
    lab.pass(2)
    lab.pit.gate = false
    lab.pit.gate = true
    #expect(lab.trace(5, channel: 2) == "00011", "retriggered in the middle")
  }

  @Test func mode2IsLowForOneTickOfN() {
    let lab = Lab()
    lab.program(0, mode: 2, count: 3)
    #expect(lab.trace(9) == "110110110")
    #expect(lab.read(0) == 1 || lab.read(0) == 3)
  }

  @Test func mode2TakesANewCountAtTheEndOfTheCycle() {
    let lab = Lab()
    lab.program(0, mode: 2, count: 4)
    lab.pass(2)
    lab.pit.write(offset: 0, size: 1, value: 3)
    lab.pit.write(offset: 0, size: 1, value: 0)
    #expect(lab.trace(8) == "10110110")
  }

  @Test func mode2IsHighWhileTheGateIsLow() {
    let lab = Lab()
    lab.pit.gate = true
    lab.program(2, mode: 2, count: 3)
    lab.pass(3)
    #expect(!lab.pit.output(2))
    lab.pit.gate = false
    #expect(lab.trace(4, channel: 2) == "1111")
    lab.pit.gate = true
    #expect(lab.trace(4, channel: 2) == "1101", "reloaded with the next tick")
  }

  @Test(arguments: [(4, "110011001100"), (5, "111001110011")] as [(UInt64, String)])
  func mode3IsASquareWave(_ count: UInt64, _ wave: String) {
    let lab = Lab()
    lab.program(0, mode: 3, count: count)
    #expect(lab.trace(12) == wave)
  }

  @Test func mode3CountsDownByTwo() {
    let lab = Lab()
    lab.program(0, mode: 3, count: 6)
    let counts = (0..<7).map { _ in
      lab.pass(1)
      return lab.read(0)
    }
    #expect(counts == [6, 4, 2, 6, 4, 2, 6])
  }

  @Test func mode4StrobesOnce() {
    let lab = Lab()
    lab.program(0, mode: 4, count: 3)
    #expect(lab.trace(7) == "1110111")
  }

  @Test func mode5StrobesAfterTheGate() {
    let lab = Lab()
    lab.program(2, mode: 5, count: 3)
    #expect(lab.trace(5, channel: 2) == "11111")
    lab.pit.gate = true
    #expect(lab.trace(6, channel: 2) == "111011")
  }

  @Test func aLatchedCountStays() {
    let lab = Lab()
    lab.program(0, mode: 2, count: 0x1234)
    lab.pass(5)
    lab.pit.write(offset: 3, size: 1, value: 0x00)
    lab.pass(100)
    #expect(lab.read(0) == 0x1230)
    #expect(lab.read(0) == 0x1234 - 104)
  }

  @Test func readBackLatchesStatusThenCount() {
    let lab = Lab()
    lab.program(0, mode: 3, count: 0)
    lab.pit.write(offset: 3, size: 1, value: 0xe2)  // status of channel 0
    #expect(lab.pit.read(offset: 0, size: 1) == 0xf6, "high, null count, both bytes, mode 3")
    lab.pass(3)
    lab.pit.write(offset: 3, size: 1, value: 0xc2)  // status and count
    lab.pass(8)
    #expect(lab.pit.read(offset: 0, size: 1) == 0xb6)
    #expect(lab.read(0) == 0xfffc)
  }

  @Test func countsOfOneByte() {
    let lab = Lab()
    lab.pit.write(offset: 3, size: 1, value: 0x14)  // channel 0, low byte, mode 2
    lab.pit.write(offset: 0, size: 1, value: 4)
    lab.pass(2)
    #expect(lab.pit.read(offset: 0, size: 1) == 3 && lab.pit.read(offset: 0, size: 1) == 3)
    lab.pit.write(offset: 3, size: 1, value: 0x24)  // high byte
    lab.pit.write(offset: 0, size: 1, value: 4)
    lab.pass(2)
    #expect(lab.pit.read(offset: 0, size: 1) == 3)
  }

  @Test func decimalCounts() {
    let lab = Lab()
    lab.program(0, mode: 2, count: 0x0100, bcd: true)
    lab.pass(2)
    #expect(lab.read(0) == 0x0099)
    lab.program(0, mode: 0, count: 0, bcd: true)
    lab.pass(2)
    #expect(lab.read(0) == 0x9999)
  }

  @Test func eventsAreTheChangesOfOut() throws {
    let lab = Lab()
    #expect(lab.pit.nextEvent == nil)
    lab.program(0, mode: 2, count: 100)
    let fall = try #require(lab.pit.nextEvent)
    // Loaded at tick 1001, low at 1001 + 99.
    #expect(PIT.clock.count(at: fall) == 1100 && PIT.clock.count(at: fall - 1) == 1099)
    lab.pit.advance(to: fall)
    #expect(!lab.pit.output(0) && !lab.pit.takeRise())
    let rise = try #require(lab.pit.nextEvent)
    #expect(PIT.clock.count(at: rise) == 1101)
    lab.pit.advance(to: rise)
    #expect(lab.pit.output(0) && lab.pit.takeRise())
  }

  @Test func timeMayPassInAnySteps() {
    let (one, many) = (Lab(), Lab())
    for lab in [one, many] {
      lab.program(0, mode: 3, count: 7)
      lab.pass(3)
      lab.pit.write(offset: 0, size: 1, value: 10)
      lab.pit.write(offset: 0, size: 1, value: 0)
    }
    one.pass(997)
    for _ in 0..<997 { many.pass(1) }
    #expect(one.pit.state == many.pit.state)
  }

  @Test func port61ShowsTimerAndRefresh() {
    let lab = Lab()
    let port = SystemControlPort(lab.pit)
    lab.program(2, mode: 0, count: 3)
    lab.pass(10)
    #expect(port.read(offset: 0, size: 1) & 0x2f == 0, "the gate is low")
    port.write(offset: 0, size: 1, value: 0xff)
    lab.pass(4)
    #expect(port.read(offset: 0, size: 1) & 0x2f == 0x2f)
    var toggles = 0
    var last = port.read(offset: 0, size: 1) & 0x10
    for step in 0..<100 as Range<UInt64> {
      // 15.085 µs is a refresh.
      port.advance(to: step * 15_086)
      let now = port.read(offset: 0, size: 1) & 0x10
      if now != last { toggles += 1 }
      last = now
    }
    #expect(toggles >= 98)
  }
}
