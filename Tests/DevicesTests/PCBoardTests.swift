import Testing
import X86

@testable import Devices

@Suite struct PCBoardTests {
  private let board: PCBoard

  init() throws { board = try PCBoard(StandardDevices()) }

  private func out(_ port: UInt64, _ value: UInt64, size: Int = 1) {
    board.bus.write(.port, port, size: size, value: value)
  }

  private func `in`(_ port: UInt64, size: Int = 1) -> UInt64 {
    board.bus.read(.port, port, size: size)
  }

  private func unmask(_ irq: UInt64) {
    board.initialise()
    out(0x21, irq < 8 ? 0xff & ~(1 << irq) : 0xfb)
    out(0xa1, irq < 8 ? 0xff : 0xff & ~(1 << (irq - 8)))
  }

  @Test func theTimerInterruptsAtItsRate() throws {
    unmask(0)
    // 1193 ticks of 1.193182 MHz.
    out(0x43, 0x34)
    out(0x40, 0xa9)
    out(0x40, 0x04)
    var vectors = 0
    var time: UInt64 = 0
    while let next = board.nextEvent, next <= 100_000_000 {
      #expect(next > time)
      time = next
      board.advance(to: time)
      guard board.isInterruptRequested else { continue }
      #expect(board.acknowledgeInterrupt() == 0x08)
      out(0x20, 0x20)
      vectors += 1
    }
    #expect(vectors == 100)
  }

  @Test func aMaskedTimerWakesNobody() {
    board.initialise()
    #expect(board.nextEvent == nil)
    board.advance(to: 1_000_000_000)
    #expect(!board.isInterruptRequested)
  }

  @Test func theTimerIsPin2OfTheIOAPIC() {
    var sent: [InterruptMessage] = []
    board.sendMessage = { sent.append($0) }
    board.initialise()
    board.bus.write(.memory, 0xfec0_0000, size: 4, value: 0x14)
    board.bus.write(.memory, 0xfec0_0010, size: 4, value: 0x40)
    #expect(board.nextEvent != nil)
    // Two periods of 65536 ticks and a bit.
    board.advance(to: 60_000_000)
    board.advance(to: 120_000_000)
    #expect(sent == [.init(destination: 0, vector: 0x40), .init(destination: 0, vector: 0x40)])
  }

  @Test func theClockIsIRQ8() {
    unmask(8)
    out(0x70, 0x0b)
    out(0x71, 0x42)
    board.advance(to: board.nextEvent ?? 0)
    #expect(board.isInterruptRequested && board.acknowledgeInterrupt() == 0x70)
  }

  @Test func theSerialPortIsIRQ4() {
    unmask(4)
    out(0x3fc, 0x08)
    out(0x3f9, 0x02)
    #expect(board.acknowledgeInterrupt() == 0x0c)
    #expect(`in`(0x3fa) & 0xf == 0x02)
    out(0x20, 0x20)
    #expect(!board.isInterruptRequested)
    out(0x3f8, 0x41)
    #expect(board.isInterruptRequested, "the transmitter is empty again")
    _ = board.acknowledgeInterrupt()
    out(0x20, 0x20)
    out(0x3f8, 0x42)
    #expect(board.isInterruptRequested, "also if IIR was not read")
    #expect(board.platform.console.text == "AB")
  }

  @Test func theTestDeviceDrivesLines() {
    var sent: [InterruptMessage] = []
    board.sendMessage = { sent.append($0) }
    board.bus.write(.memory, 0xfec0_0000, size: 4, value: 0x10 + 2 * 0xe)
    board.bus.write(.memory, 0xfec0_0010, size: 4, value: 0x8078)
    out(0x200e, 1)
    #expect(sent.map(\.vector) == [0x78])
    board.endOfInterrupt(0x78)
    #expect(sent.count == 2)
    out(0x200e, 0)
    board.endOfInterrupt(0x78)
    #expect(sent.count == 2)
    out(0xe0, 0x1234_5678, size: 4)
    #expect(`in`(0xe1) == 0x56 && `in`(0xe2, size: 2) == 0x1234)
    board.bus.write(.memory, 0xff00_fff8, size: 8, value: 0x1122_3344_5566_7788)
    #expect(board.bus.read(.memory, 0xff00_fffc, size: 4) == 0x1122_3344)
  }

  @Test(arguments: [(0x64, 0xfe, 1), (0xcf9, 0x06, 1), (0x92, 0x01, 1)] as [(UInt64, UInt64, Int)])
  func resets(_ port: UInt64, _ value: UInt64, _ size: Int) {
    #expect(!board.isResetRequested)
    out(port, value, size: size)
    #expect(board.isResetRequested)
    board.reset()
    #expect(!board.isResetRequested)
  }

  @Test func stops() {
    out(0xf4, 3, size: 2)
    #expect(board.isStopRequested)
    #expect(board.platform.debugExit.exitStatus == 7)
  }

  @Test func softOff() {
    out(0x604, 0x2000 | UInt64(PowerManagement.softOff) << 10, size: 2)
    #expect(board.isStopRequested && board.power.state.isOff)
  }

  @Test func thePowerManagementTimer() {
    board.advance(to: 1_000_000_000)
    #expect(`in`(0x608, size: 4) == 3_579_545)
    #expect(`in`(0x604, size: 2) == 1)
  }

  @Test func theKeyboardControllerPassesItsTests() {
    out(0x64, 0xaa)
    #expect(`in`(0x64) & 1 == 1 && `in`(0x60) == 0x55 && `in`(0x64) & 1 == 0)
    out(0x64, 0xd0)
    #expect(`in`(0x60) & 0x03 == 0x03)
    out(0x60, 0xff)
    #expect(`in`(0x60) == 0xfa && `in`(0x60) == 0xaa)
  }

  @Test func thePrinterPrintsAtTheStrobe() {
    out(0x378, 0x41)
    #expect(`in`(0x379) & 0x80 != 0 && board.platform.console.text.isEmpty)
    out(0x37a, 0x0d)
    out(0x37a, 0x0d)
    out(0x37a, 0x0c)
    #expect(board.platform.console.text == "A")
  }

  @Test func configurationSpaceHasOneBridge() {
    out(0xcf8, 0x8000_0000, size: 4)
    #expect(`in`(0xcfc, size: 4) == 0x1237_8086)
    #expect(`in`(0xcfe, size: 2) == 0x1237)
    #expect(`in`(0xcf8, size: 4) == 0x8000_0000)
    out(0xcf8, 0x8000_0008, size: 4)
    #expect(`in`(0xcff) == 0x06)
    for address in [0x8000_0800, 0x8000_0100, 0x8001_0000, 0] as [UInt64] {
      out(0xcf8, address, size: 4)
      #expect(`in`(0xcfc, size: 4) == 0xffff_ffff)
    }
  }

  @Test func theFirmwareConfiguration() {
    board.describe(processors: 3, memory: RAMLayout(size: 5 << 30), commandLine: "a b")
    func item(_ key: UInt64, _ count: Int) -> [UInt8] {
      out(0x510, key, size: 2)
      return (0..<count).map { _ in UInt8(`in`(0x511)) }
    }
    #expect(item(0, 4) == Array("QEMU".utf8))
    #expect(item(1, 4) == [1, 0, 0, 0])
    #expect(item(5, 2) == [3, 0] && item(0x0f, 2) == [3, 0])
    #expect(item(3, 8) == [0, 0, 0, 0x40, 1, 0, 0, 0])
    #expect(item(0x14, 4) == [4, 0, 0, 0] && item(0x15, 5) == Array("a b".utf8) + [0, 0])
    let directory = item(0x19, 4 + 64)
    #expect(directory[..<4] == [0, 0, 0, 1])
    #expect(directory[4..<8] == [0, 0, 0, 120] && directory[8..<12] == [0, 0x20, 0, 0])
    #expect(directory[12..<21] == Array("etc/e820".utf8)[...] + [0])
    #expect(
      item(0x20, 20) == [UInt8](repeating: 0, count: 9) + [0xfc, 9]
        + [UInt8](repeating: 0, count: 5) + [1, 0, 0, 0])
  }

  @Test func theMemoryMapHasNoOverlap() {
    for size in [1 << 20, 16 << 20, 3 << 30, 7 << 30] as [UInt64] {
      let map = RAMLayout(size: size).map
      for (one, next) in zip(map, map.dropFirst()) { #expect(one.start + one.length <= next.start) }
      let usable = map.filter { $0.kind == .usable }.reduce(0) { $0 + $1.length }
      // All but the EBDA, the video hole and the firmware.
      #expect(size - usable == 0x10_0000 - 0x9fc00)
    }
  }

  @Test func stateIsSavedWithTheBus() throws {
    unmask(0)
    let before = board.platform.save()
    let next = try #require(board.nextEvent)
    board.advance(to: next)
    board.advance(to: try #require(board.nextEvent))
    #expect(board.isInterruptRequested)
    let first = board.acknowledgeInterrupt()
    try board.platform.restore(before)
    #expect(!board.isInterruptRequested && board.nextEvent == next)
    board.advance(to: next)
    board.advance(to: try #require(board.nextEvent))
    #expect(board.acknowledgeInterrupt() == first)
  }
}
