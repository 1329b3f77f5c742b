import Testing

@testable import Devices

/// Expected values: Intel 8259A data sheet.
@Suite struct PICTests {
  /// A pair with vectors 0x20 and 0x28, everything unmasked; `icw4` for both.
  private func pair(icw4: UInt64 = 0x01) -> PICPair {
    let pics = PICPair()
    for (chip, words) in [
      (pics.master, [0x11, 0x20, 0x04, icw4]), (pics.slave, [0x11, 0x28, 0x02, icw4]),
    ] {
      chip.write(offset: 0, size: 1, value: words[0])
      for word in words.dropFirst() { chip.write(offset: 1, size: 1, value: word) }
    }
    return pics
  }

  private func command(_ chip: PIC, _ value: UInt64) {
    chip.write(offset: 0, size: 1, value: value)
  }

  private func inService(_ chip: PIC) -> UInt64 {
    command(chip, 0x0b)
    return chip.read(offset: 0, size: 1)
  }

  private func requests(_ chip: PIC) -> UInt64 {
    command(chip, 0x0a)
    return chip.read(offset: 0, size: 1)
  }

  @Test func nothingIsRequestedBeforeInitialisation() {
    let pics = PICPair()
    pics.setLine(1, true)
    #expect(!pics.isRequesting)
  }

  @Test func anEdgeIsServedOnce() {
    let pics = pair()
    pics.setLine(3, true)
    #expect(pics.isRequesting && requests(pics.master) == 0x08)
    #expect(pics.acknowledge() == 0x23)
    #expect(requests(pics.master) == 0 && inService(pics.master) == 0x08)
    command(pics.master, 0x20)
    #expect(inService(pics.master) == 0 && !pics.isRequesting, "the line is still up: no new edge")
    pics.setLine(3, false)
    pics.setLine(3, true)
    #expect(pics.acknowledge() == 0x23)
  }

  @Test func aLevelIsServedAsLongAsItIsUp() {
    let pics = pair()
    let control = EdgeLevelControl(pics)
    control.write(offset: 0, size: 1, value: 0xff)
    #expect(control.read(offset: 0, size: 1) == 0xf8, "0 to 2 are always edge-triggered")
    control.write(offset: 1, size: 1, value: 0xff)
    #expect(control.read(offset: 1, size: 1) == 0xde, "8 and 13 are always edge-triggered")
    pics.setLine(10, true)
    #expect(pics.acknowledge() == 0x2a)
    command(pics.slave, 0x20)
    pics.propagate()
    command(pics.master, 0x20)
    #expect(pics.isRequesting)
    pics.setLine(10, false)
    #expect(!pics.isRequesting)
  }

  @Test func aRequestThatGoesAwayIsSpurious() {
    let pics = pair()
    pics.setLine(4, true)
    pics.setLine(4, false)
    #expect(!pics.isRequesting)
    #expect(pics.acknowledge() == 0x27)
    #expect(inService(pics.master) == 0)
  }

  @Test func lowNumbersComeFirstAndInterruptHighOnes() {
    let pics = pair()
    pics.setLine(6, true)
    #expect(pics.acknowledge() == 0x26)
    pics.setLine(7, true)
    #expect(!pics.isRequesting, "7 waits for the EOI of 6")
    pics.setLine(1, true)
    #expect(pics.acknowledge() == 0x21)
    command(pics.master, 0x20)
    #expect(inService(pics.master) == 0x40, "non-specific EOI ends the highest")
    command(pics.master, 0x66)
    #expect(inService(pics.master) == 0)
    #expect(pics.acknowledge() == 0x27)
  }

  @Test func theSlaveComesThroughTheCascade() {
    let pics = pair()
    pics.setLine(12, true)
    #expect(pics.acknowledge() == 0x2c)
    #expect(inService(pics.master) == 0x04 && inService(pics.slave) == 0x10)
    pics.setLine(8, true)
    #expect(!pics.isRequesting, "fully nested: the cascade is in service")
    command(pics.slave, 0x20)
    command(pics.master, 0x20)
    pics.propagate()
    #expect(pics.acknowledge() == 0x28)
  }

  @Test func specialFullyNestedModeLetsTheSlaveInterruptItself() {
    let pics = pair(icw4: 0x11)
    pics.setLine(12, true)
    _ = pics.acknowledge()
    pics.setLine(8, true)
    #expect(pics.isRequesting)
    #expect(pics.acknowledge() == 0x28)
  }

  @Test func automaticEOILeavesNothingInService() {
    let pics = pair(icw4: 0x03)
    pics.setLine(5, true)
    #expect(pics.acknowledge() == 0x25)
    #expect(inService(pics.master) == 0)
    pics.setLine(9, true)
    pics.setLine(15, true)
    #expect(pics.acknowledge() == 0x29)
    #expect(pics.acknowledge() == 0x2f, "the slave's next request is a new edge at the master")
  }

  @Test func rotationMovesThePriorities() {
    let pics = pair()
    pics.setLine(0, true)
    _ = pics.acknowledge()
    command(pics.master, 0xa0)  // rotate on non-specific EOI: 0 is lowest now
    pics.setLine(0, false)
    pics.setLine(0, true)
    pics.setLine(7, true)
    #expect(pics.acknowledge() == 0x27)
    command(pics.master, 0x20)
    command(pics.master, 0xc7)  // set priority: 7 lowest, 0 highest again
    #expect(pics.acknowledge() == 0x20)
    command(pics.master, 0xe0)  // rotate on specific EOI of 0
    #expect(inService(pics.master) == 0)
    pics.setLine(0, false)
    pics.setLine(0, true)
    pics.setLine(6, true)
    #expect(pics.acknowledge() == 0x26)
  }

  @Test func rotationInAutomaticEOI() {
    let pics = pair(icw4: 0x03)
    command(pics.master, 0x80)
    pics.setLine(0, true)
    #expect(pics.acknowledge() == 0x20)
    pics.setLine(0, false)
    pics.setLine(0, true)
    pics.setLine(1, true)
    #expect(pics.acknowledge() == 0x21)
  }

  @Test func specialMaskModeEnablesLowerLevels() {
    let pics = pair()
    pics.setLine(3, true)
    _ = pics.acknowledge()
    pics.setLine(5, true)
    #expect(!pics.isRequesting)
    pics.master.write(offset: 1, size: 1, value: 0x08)
    #expect(!pics.isRequesting)
    command(pics.master, 0x68)
    #expect(pics.acknowledge() == 0x25)
    command(pics.master, 0x20)
    #expect(inService(pics.master) == 0x08, "a masked level is not ended by non-specific EOI")
    command(pics.master, 0x48)
    command(pics.master, 0x20)
    #expect(inService(pics.master) == 0)
  }

  @Test func pollingAcknowledges() {
    let pics = pair()
    command(pics.master, 0x0c)
    #expect(pics.master.read(offset: 0, size: 1) & 0x80 == 0)
    pics.setLine(4, true)
    command(pics.master, 0x0c)
    #expect(pics.master.read(offset: 0, size: 1) == 0x84)
    #expect(inService(pics.master) == 0x10)
  }

  @Test func theMaskIsReadBackAndHoldsRequests() {
    let pics = pair()
    pics.master.write(offset: 1, size: 1, value: 0x02)
    pics.setLine(1, true)
    #expect(!pics.isRequesting && requests(pics.master) == 0x02)
    #expect(pics.master.read(offset: 1, size: 1) == 0x02)
    pics.master.write(offset: 1, size: 1, value: 0)
    #expect(pics.acknowledge() == 0x21)
  }

  @Test func initialisationWithoutICW4OrSlave() {
    let chip = PIC(isMaster: true)
    command(chip, 0x12)  // single, no ICW4
    chip.write(offset: 1, size: 1, value: 0x47)
    chip.write(offset: 1, size: 1, value: 0xfe)
    #expect(chip.state.vectorBase == 0x40, "bits 2:0 are the line's")
    #expect(chip.read(offset: 1, size: 1) == 0xfe, "the second byte is the mask already")
  }
}
