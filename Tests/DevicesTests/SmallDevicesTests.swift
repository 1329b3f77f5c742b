import Testing

@testable import Devices

@Suite struct SmallDevicesTests {
  @Test func debugConsolePrintsAndIdentifiesItself() throws {
    let devices = try StandardDevices()
    for byte in "hi".utf8 { devices.bus.write(.port, 0xe9, size: 1, value: UInt64(byte)) }
    #expect(devices.console.text == "hi")
    #expect(devices.bus.read(.port, 0xe9, size: 1) == 0xe9)
  }

  @Test(arguments: [(0, 1), (1, 3), (0x10, 0x21), (0x80, 1)] as [(UInt64, UInt8)])
  func debugExitComputesTheStatus(_ value: UInt64, _ status: UInt8) throws {
    let devices = try StandardDevices()
    #expect(devices.debugExit.value == nil && devices.debugExit.exitStatus == nil)
    devices.bus.write(.port, 0xf4, size: 4, value: value)
    #expect(devices.debugExit.value == UInt32(value))
    #expect(devices.debugExit.exitStatus == status)
  }

  @Test func hypercallPortHandsAPointerOverOnce() throws {
    let devices = try StandardDevices()
    devices.bus.write(.port, 0x504, size: 4, value: 0x8034)
    #expect(devices.hypercallPort.takePointer() == 0x8034)
    #expect(devices.hypercallPort.takePointer() == nil)
    devices.bus.write(.port, 0x504, size: 1, value: 0x34)
    #expect(devices.hypercallPort.takePointer() == nil, "a byte is no pointer")
    devices.hypercallPort.answer(59)
    #expect(devices.bus.read(.port, 0x504, size: 4) == 59)
  }

  @Test func scratchDeviceKeepsDataAndCounts() throws {
    let devices = try StandardDevices()
    let base: UInt64 = 0xd000_0000
    let bus = devices.bus
    #expect(bus.read(.memory, base, size: 4) == 0x5249_4e47)
    bus.write(.memory, base + 8, size: 4, value: 0x1122_3344)
    bus.write(.memory, base + 9, size: 1, value: 0xff)
    #expect(bus.read(.memory, base + 8, size: 4) == 0x1122_ff44)
    #expect(bus.read(.memory, base + 10, size: 2) == 0x1122)
    #expect(bus.read(.memory, base + 4, size: 4) == 6)
    bus.write(.memory, base, size: 4, value: 0)
    #expect(bus.read(.memory, base + 1, size: 1) == 0x4e)
    bus.write(.memory, base + 0x10, size: 1, value: 0x58)
    #expect(devices.console.text == "X")
    #expect(bus.read(.memory, base + 0xffc, size: 4) == 0)
    #expect(bus.read(.memory, base + 0x1000, size: 4) == 0xffff_ffff)
  }
}
