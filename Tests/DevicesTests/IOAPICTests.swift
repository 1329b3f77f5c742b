import Testing
import X86

@testable import Devices

/// Expected values: Intel 82093AA data sheet.
@Suite struct IOAPICTests {
  /// An I/O APIC and what it has sent.
  private final class Lab {
    let apic = IOAPIC()
    var sent: [InterruptMessage] = []

    init() { apic.send = { [unowned self] in sent.append($0) } }

    func write(_ register: UInt64, _ value: UInt64) {
      apic.write(offset: 0, size: 4, value: register)
      apic.write(offset: 0x10, size: 4, value: value)
    }

    func read(_ register: UInt64) -> UInt64 {
      apic.write(offset: 0, size: 4, value: register)
      return apic.read(offset: 0x10, size: 4)
    }

    func pulse(_ pin: Int) {
      apic.setLine(pin, true)
      apic.setLine(pin, false)
    }
  }

  @Test func registersAfterReset() {
    let lab = Lab()
    #expect(lab.read(1) == 0x0017_0020)
    for pin in 0..<24 { #expect(lab.read(0x10 + UInt64(pin) * 2) == 0x1_0000) }
    lab.write(0, 0xffff_ffff)
    #expect(lab.read(0) == 0x0f00_0000 && lab.read(2) == 0x0f00_0000)
    lab.write(1, 0)
    #expect(lab.read(1) == 0x0017_0020)
    #expect(lab.read(0x40) == 0)
  }

  @Test func entriesKeepTheirReadOnlyBits() {
    let lab = Lab()
    lab.write(0x10, 0xffff_ffff)
    // Delivery status (12) and remote IRR (14) are read-only.
    #expect(lab.read(0x10) == 0x1_afff)
    lab.write(0x11, 0xffff_ffff)
    #expect(lab.read(0x11) == 0xff00_0000)
  }

  @Test func anEdgeSendsAMessage() {
    let lab = Lab()
    lab.write(0x10 + 2 * 4 + 1, 0x0300_0000)
    lab.write(0x10 + 2 * 4, 0x0834)
    lab.apic.setLine(4, true)
    lab.apic.setLine(4, true)
    #expect(lab.sent == [InterruptMessage(destination: 3, isLogical: true, vector: 0x34)])
    lab.apic.setLine(4, false)
    lab.apic.setLine(4, true)
    #expect(lab.sent.count == 2)
    #expect(lab.read(0x18) == 0x0834, "an edge sets no remote IRR")
  }

  @Test func anEdgeOnAMaskedPinIsLost() {
    let lab = Lab()
    lab.pulse(5)
    lab.apic.setLine(5, true)
    lab.write(0x1a, 0x35)
    #expect(lab.sent.isEmpty)
    lab.apic.setLine(5, false)
    lab.apic.setLine(5, true)
    #expect(lab.sent.count == 1)
  }

  @Test func aLevelWaitsForItsEOI() {
    let lab = Lab()
    lab.write(0x1c, 0x8036)
    lab.apic.setLine(6, true)
    #expect(lab.sent == [InterruptMessage(destination: 0, vector: 0x36, isLevelTriggered: true)])
    #expect(lab.read(0x1c) == 0xc036)
    lab.pulse(6)
    lab.apic.setLine(6, true)
    #expect(lab.sent.count == 1)
    lab.apic.endOfInterrupt(0x37)
    #expect(lab.sent.count == 1)
    lab.apic.endOfInterrupt(0x36)
    #expect(lab.sent.count == 2, "still asserted: it interrupts again")
    lab.apic.setLine(6, false)
    lab.apic.write(offset: 0x40, size: 4, value: 0x36)
    #expect(lab.sent.count == 2 && lab.read(0x1c) == 0x8036)
  }

  @Test func aMaskedLevelIsSentWhenUnmasked() {
    let lab = Lab()
    lab.write(0x1c, 0x1_8036)
    lab.apic.setLine(6, true)
    #expect(lab.sent.isEmpty)
    lab.write(0x1c, 0x8036)
    #expect(lab.sent.count == 1)
  }

  @Test func becomingEdgeTriggeredClearsRemoteIRR() {
    let lab = Lab()
    lab.write(0x1c, 0x8036)
    lab.apic.setLine(6, true)
    lab.write(0x1c, 0x0036)
    #expect(lab.read(0x1c) == 0x0036)
  }

  @Test(
    arguments: [
      (1, .lowestPriority), (2, .smi), (4, .nmi), (5, .initialise), (7, .external),
    ] as [(UInt64, InterruptMessage.Delivery)])
  func deliveryModes(_ mode: UInt64, _ delivery: InterruptMessage.Delivery) {
    let lab = Lab()
    lab.write(0x20, mode << 8 | 0x41)
    lab.pulse(8)
    #expect(lab.sent.map(\.delivery) == [delivery])
  }

  @Test(arguments: [3, 6] as [UInt64]) func reservedDeliveryModesSendNothing(_ mode: UInt64) {
    let lab = Lab()
    lab.write(0x20, mode << 8 | 0x41)
    lab.pulse(8)
    #expect(lab.sent.isEmpty)
  }
}
