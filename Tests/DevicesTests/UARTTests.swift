import Testing

@testable import Devices

/// Expected values are those of the PC16550D data sheet's register tables.
@Suite struct UARTTests {
  let console = Console()
  let uart: UART

  init() { uart = UART(console: console) }

  func read(_ offset: UInt64) -> UInt64 { uart.read(offset: offset, size: 1) }
  func write(_ offset: UInt64, _ value: UInt64) {
    uart.write(offset: offset, size: 1, value: value)
  }

  @Test func afterResetTheTransmitterIsEmptyAndNothingIsPending() {
    #expect(read(5) == 0x60)
    #expect(read(2) == 0x01)
    #expect(read(1) == 0 && read(3) == 0 && read(4) == 0)
  }

  @Test func aByteWrittenToTheTransmitterReachesTheConsole() {
    for byte in Array("ok".utf8) { write(0, UInt64(byte)) }
    #expect(console.text == "ok")
    #expect(read(5) == 0x60)
  }

  @Test func divisorLatchHidesDataAndInterruptEnable() {
    write(1, 0x05)
    write(3, 0x83)
    write(0, 0x34)
    write(1, 0x12)
    #expect(read(0) == 0x34 && read(1) == 0x12)
    #expect(console.bytes.isEmpty)
    write(3, 0x03)
    #expect(read(1) == 0x05)
    #expect(uart.state.divisor == 0x1234)
  }

  @Test func reservedBitsReadAsZero() {
    write(1, 0xff)
    write(4, 0xff)
    #expect(read(1) == 0x0f)
    #expect(read(4) == 0x1f)
    write(7, 0xa5)
    #expect(read(7) == 0xa5)
  }

  @Test func statusRegistersCannotBeWritten() {
    write(5, 0)
    write(6, 0)
    #expect(read(5) == 0x60)
    #expect(read(6) == 0xb0)
  }

  @Test func receivedBytesComeInOrderAndDataReadyFollows() {
    uart.receive([1, 2, 3])
    #expect(read(5) == 0x61)
    #expect([read(0), read(0), read(0)] == [1, 2, 3])
    #expect(read(5) == 0x60)
    #expect(read(0) == 0)
  }

  @Test func fifoControlShowsInIdentificationOnlyWithBitZero() {
    write(2, 0xc0)
    #expect(read(2) & 0xc0 == 0)
    write(2, 0xc1)
    #expect(read(2) & 0xc0 == 0xc0)
    write(2, 0)
    #expect(read(2) & 0xc0 == 0)
  }

  @Test func clearingTheReceiverFIFODropsWhatItHeld() {
    write(2, 0x01)
    uart.receive([UInt8](repeating: 7, count: 16))
    write(2, 0x03)
    #expect(read(5) == 0x60)
  }

  @Test func fifoHoldsSixteenBytesAndTheRestWaitsOutside() {
    write(2, 0x01)
    uart.receive((0..<40).map { UInt8($0) })
    #expect(uart.state.receiver.count == 16)
    #expect((0..<40).map { _ in read(0) } == (0..<40).map { UInt64($0) })
  }

  @Test func identificationReportsTheHighestPriorityFirst() {
    write(1, 0x0f)
    // Enabling the transmitter's interrupt while it is empty raises it.
    uart.receive([1])
    #expect(read(2) == 0x04)
    _ = read(0)
    #expect(read(2) == 0x02)
    #expect(read(2) == 0x01)
    write(0, 0x20)
    #expect(read(2) == 0x02)
  }

  @Test func belowTheTriggerLevelTheFIFOReportsATimeout() {
    write(2, 0x41)  // trigger level 4
    write(1, 0x01)
    uart.receive([1, 2, 3])
    #expect(read(2) == 0xcc)
    uart.receive([4])
    #expect(read(2) == 0xc4)
  }

  @Test func loopbackReceivesWhatItTransmitsAndPrintsNothing() {
    write(4, 0x10)
    write(0, 0x5a)
    #expect(console.bytes.isEmpty)
    #expect(read(5) == 0x61)
    #expect(read(0) == 0x5a)
  }

  @Test func loopbackConnectsModemOutputsToInputs() {
    write(4, 0x10)
    _ = read(6)
    write(4, 0x13)  // DTR and RTS up: DSR and CTS follow, each with its delta
    #expect(read(6) == 0x33)
    #expect(read(6) == 0x30)
    write(4, 0x14)  // OUT1 up: RI; its rise is no delta, and DSR and CTS fall
    #expect(read(6) == 0x43)
    write(4, 0x10)
    #expect(read(6) == 0x04)  // RI ended
  }

  @Test(arguments: [(fifo: UInt64(0), kept: UInt64(2)), (fifo: UInt64(1), kept: UInt64(1))])
  func overrunLosesTheOldByteWithoutAndTheNewOneWithFIFOs(_ row: (fifo: UInt64, kept: UInt64)) {
    write(2, row.fifo)
    write(1, 0x04)
    write(4, 0x10)
    for byte in 1...(row.fifo == 0 ? 2 : 17) { write(0, UInt64(byte)) }
    #expect(read(2) & 0x0f == 0x06)
    #expect(read(5) == 0x63)
    #expect(read(5) == 0x61, "reading LSR clears the overrun")
    #expect(read(0) == row.kept)
  }

  @Test func interruptLineNeedsOUT2() {
    write(1, 0x01)
    uart.receive([1])
    #expect(!uart.interruptLine)
    write(4, 0x08)
    #expect(uart.interruptLine)
    _ = read(0)
    #expect(!uart.interruptLine)
  }

  @Test func stateSavesAndRestores() {
    write(2, 0x81)
    write(3, 0x1b)
    uart.receive([1, 2, 3])
    let saved = uart.state
    _ = read(0)
    write(7, 9)
    #expect(uart.state != saved)
    uart.state = saved
    #expect([read(0), read(0), read(0)] == [1, 2, 3])
    #expect(read(7) == 0 && read(3) == 0x1b)
  }

  @Test func anyAccessIsAnswered() {
    var seed: UInt64 = 1
    for _ in 0..<20_000 {
      seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let random = seed >> 33
      if random & 8 == 0 {
        #expect(read(random & 7) <= 0xff)
      } else {
        write(random & 7, random >> 4)
      }
      if random & 0xff0 == 0 { uart.receive([UInt8(truncatingIfNeeded: random)]) }
    }
    #expect(uart.state.receiver.count <= 16)
  }
}
