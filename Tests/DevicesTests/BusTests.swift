import Testing
import X86

@testable import Devices

/// Remembers each access; reads answer the offset in each byte.
private final class Probe: Device {
  struct State: Codable, Sendable { var log: [String] = [] }
  let name: String
  let widestAccess: Int
  var state = State()

  init(_ name: String = "probe", widest: Int) {
    self.name = name
    widestAccess = widest
  }

  func read(offset: UInt64, size: Int) -> UInt64 {
    state.log.append("r\(offset)/\(size)")
    return (0..<UInt64(size)).reduce(0) { $0 | (offset + $1) << ($1 * 8) }
  }

  func write(offset: UInt64, size: Int, value: UInt64) {
    state.log.append("w\(offset)/\(size)=\(String(value, radix: 16))")
  }
}

@Suite struct BusTests {
  @Test(arguments: [(1, 0xff), (2, 0xffff), (4, 0xffff_ffff), (8, UInt64.max)])
  func unclaimedAddressesReadAsOnes(_ size: Int, _ value: UInt64) {
    let bus = Bus()
    #expect(bus.read(.port, 0x80, size: size) == value)
    #expect(bus.read(.memory, UInt64.max, size: size) == value)
    bus.write(.port, 0x80, size: size, value: 0)
  }

  @Test func aDeviceSeesOffsets() throws {
    let bus = Bus()
    let probe = Probe(widest: 4)
    try bus.claim(.memory, at: 0x1000, length: 0x100, by: probe)
    #expect(bus.read(.memory, 0x1010, size: 4) == 0x1312_1110)
    bus.write(.memory, 0x1008, size: 2, value: 0xabcd_1234)
    #expect(probe.state.log == ["r16/4", "w8/2=1234"])
    #expect(bus.read(.port, 0x1010, size: 1) == 0xff, "memory is not port space")
  }

  @Test func wideAccessesAreSplitLowByteFirst() throws {
    let bus = Bus()
    let probe = Probe(widest: 1)
    try bus.claim(.port, at: 0x3f8, length: 8, by: probe)
    bus.write(.port, 0x3f8, size: 2, value: 0x4241)
    #expect(bus.read(.port, 0x3fc, size: 4) == 0x0706_0504)
    #expect(probe.state.log == ["w0/1=41", "w1/1=42", "r4/1", "r5/1", "r6/1", "r7/1"])
    #expect(bus.describe().map(\.writes) == [1])
    #expect(bus.describe().map(\.reads) == [1])
  }

  @Test func unalignedAccessesAreSplitAtRegisterEdges() throws {
    let bus = Bus()
    let probe = Probe(widest: 4)
    try bus.claim(.memory, at: 0x1000, length: 0x1000, by: probe)
    bus.write(.memory, 0x1002, size: 4, value: 0x4433_2211)
    bus.write(.memory, 0x1008, size: 8, value: 0x8877_6655_4433_2211)
    bus.write(.memory, 0x1001, size: 4, value: 0x4433_2211)
    #expect(
      probe.state.log == [
        "w2/2=2211", "w4/2=4433", "w8/4=44332211", "w12/4=88776655", "w1/1=11", "w2/2=3322",
        "w4/1=44",
      ])
  }

  @Test func anAccessOverTheEdgeReadsOnesBeyondIt() throws {
    let bus = Bus()
    try bus.claim(.port, at: 0x10, length: 2, by: Probe(widest: 4))
    #expect(bus.read(.port, 0x10, size: 4) == 0xffff_0100)
    #expect(bus.read(.port, 0x0e, size: 4) == 0x0100_ffff)
  }

  @Test func aRangeMayEndAtTheTopOfTheSpace() throws {
    let bus = Bus()
    try bus.claim(.memory, at: UInt64.max - 3, length: 4, by: Probe(widest: 4))
    #expect(bus.read(.memory, UInt64.max, size: 4) == 0xffff_ff03)
  }

  @Test func overlapsAndBadRangesAreRefused() throws {
    let bus = Bus()
    try bus.claim(.port, at: 0x100, length: 8, by: Probe("first", widest: 1))
    #expect(
      throws: BusError.taken(device: "second", space: .port, address: 0x107, by: "first")
    ) { try bus.claim(.port, at: 0x107, length: 1, by: Probe("second", widest: 1)) }
    for (address, length): (UInt64, UInt64) in [(0x200, 0), (0xffff, 2), (0x10000, 1)] {
      #expect(throws: BusError.self) {
        try bus.claim(.port, at: address, length: length, by: Probe(widest: 1))
      }
    }
    try bus.claim(.memory, at: 0x100, length: 8, by: Probe(widest: 1))
    #expect(bus.describe().count == 2)
  }

  @Test func restoringPutsDevicesCountsAndConsoleBack() throws {
    let devices = try StandardDevices()
    devices.bus.write(.port, 0xe9, size: 1, value: 0x41)
    devices.bus.write(.memory, 0xd000_0008, size: 4, value: 7)
    let saved = devices.save()
    let rows = devices.bus.describe()
    devices.bus.write(.port, 0x3f8, size: 1, value: 0x42)
    devices.bus.write(.memory, 0xd000_0008, size: 4, value: 8)
    devices.bus.write(.port, 0xf4, size: 1, value: 3)
    #expect(devices.console.text == "AB")
    #expect(devices.debugExit.exitStatus == 7)
    try devices.restore(saved)
    #expect(devices.console.text == "A")
    #expect(devices.bus.describe() == rows)
    #expect(devices.bus.read(.memory, 0xd000_0008, size: 4) == 7)
    #expect(devices.debugExit.value == nil)
  }

  @Test func aSnapshotOfOtherDevicesIsRefused() throws {
    let one = Bus()
    try one.claim(.port, at: 0, length: 1, by: Probe(widest: 1))
    let other = Bus()
    try other.claim(.port, at: 0, length: 1, by: DebugExit())
    #expect(throws: BusError.otherDevices) { try other.restore(one.save()) }
    #expect(throws: BusError.otherDevices) { try Bus().restore(one.save()) }
  }
}
