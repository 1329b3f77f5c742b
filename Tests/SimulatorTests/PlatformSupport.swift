import X86

@testable import Simulator

/// 32-bit code for tests of the platform.
enum Code {
  static func little(_ value: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
  }

  /// MOV dword [address], value.
  static func store(_ address: UInt32, _ value: UInt32) -> [UInt8] {
    [0xc7, 0x05] + little(address) + little(value)
  }

  /// MOV to a register of the local APIC in xAPIC mode, by its offset.
  static func apic(_ offset: UInt32, _ value: UInt32) -> [UInt8] {
    store(0xfee0_0000 + offset, value)
  }

  /// PAUSE; CMP byte [address], value; JNE back.
  static func wait(_ address: UInt32, for value: UInt8) -> [UInt8] {
    [0xf3, 0x90, 0x80, 0x3d] + little(address) + [value, 0x75, 0xf5]
  }

  /// MOV ECX, index; MOV EAX, value; XOR EDX, EDX; WRMSR.
  static func wrmsr(_ index: UInt32, _ value: UInt32) -> [UInt8] {
    [0xb9] + little(index) + [0xb8] + little(value) + [0x31, 0xd2, 0x0f, 0x30]
  }

  static let enable = apic(0xf0, 0x1ff)
  static let sti: [UInt8] = [0xfb]
  static let nop: [UInt8] = [0x90]
  static let hlt: [UInt8] = [0xf4]

  /// INIT and a SIPI for page 9 to processor 1.
  static let startSecond =
    apic(0x310, 1 << 24) + apic(0x300, 0x4500) + apic(0x310, 1 << 24) + apic(0x300, 0x4609)
}

/// A board with one interrupt line to the 8259A pair, one port and one place in memory.
final class FakeBoard: Board, DeviceBus {
  var bus: any DeviceBus { self }
  var sendMessage: ((InterruptMessage) -> Void)?
  var time: UInt64 = 0
  var nextEvent: UInt64?
  var isInterruptRequested = false
  var isResetRequested = false
  var isStopRequested = false
  var ended: [UInt8] = []
  var accesses: [String] = []
  /// What a device does when its event comes.
  var event: (FakeBoard) -> Void = { _ in }

  func advance(to time: UInt64) {
    self.time = max(self.time, time)
    guard let due = nextEvent, due <= time else { return }
    nextEvent = nil
    event(self)
  }

  func acknowledgeInterrupt() -> UInt8 {
    isInterruptRequested = false
    return 0x28
  }

  func endOfInterrupt(_ vector: UInt8) { ended.append(vector) }
  func reset() { isResetRequested = false }

  func read(_ space: DeviceAccess.Space, _ address: UInt64, size: Int) -> UInt64 {
    accesses.append("read \(space) \(String(address, radix: 16)) \(size) at \(time)")
    return 0x1122_3344
  }

  func write(_ space: DeviceAccess.Space, _ address: UInt64, size: Int, value: UInt64) {
    let place = String(address, radix: 16)
    accesses.append("write \(space) \(place) \(size) \(String(value, radix: 16)) at \(time)")
    if address == 0xf4 { isStopRequested = true }
    if address == 0xcf9 { isResetRequested = true }
  }
}

extension Lab {
  /// A bare machine in 32-bit code at `Lab.code`, run as a whole.
  static func platform(
    _ code: [UInt8], processorCount: Int = 1, board: FakeBoard? = nil
  ) throws -> Lab {
    let lab = try Lab(processorCount: processorCount)
    lab.machine.board = board
    try lab.protected(code)
    return lab
  }

  @discardableResult
  func go(_ limit: UInt64? = 1_000_000) throws -> Exit {
    try machine.cpu.run(until: RunLimit(instructions: limit))
  }
}
