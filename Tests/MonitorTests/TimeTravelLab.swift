import Testing
import X86

@testable import Devices
@testable import Monitor
@testable import Simulator

/// Everything that going back has to bring back, as values to compare.
struct WholeState: Equatable {
  var memory: [UInt64: [UInt8]]
  var processor: String
  var registers: String
  var console: [UInt8]
  var devices: String
  var books: [String]
  var vmcs: [UInt64?]

  init(_ monitor: Monitor) throws {
    let machine = try #require(monitor.simulated)
    memory = machine.memory.nonZeroPages()
    // Which VMCS the segment registers are still loaded from only saves the next VM entry some work.
    processor = Self.text(ProcessorSnapshot(machine.processor)).split(separator: "\n")
      .filter { !$0.contains("loadedGuest") && !$0.contains("loadedMode") }
      .joined(separator: "\n")
    registers = Self.text(try monitor.machine.cpu.registers())
    console = monitor.consoleOutput
    devices = Self.text(monitor.platform.bus.save())
    books = [
      Self.text(monitor.statistics.rows.sorted { $0.key < $1.key }), Self.text(monitor.exitLog),
      Self.text(monitor.pendingExit as Any), Self.text(monitor.lastExit as Any),
      Self.text(monitor.debugExitStatus as Any), Self.text(monitor.waitingVectors),
    ]
    vmcs = VMCSField.all.map { machine.processor.vmcsField($0) }
  }

  private static func text(_ value: Any) -> String {
    var text = ""
    dump(value, to: &text)
    return text
  }

  /// What differs, for a message that can be read.
  func differences(from other: WholeState) -> [String] {
    var result: [String] = []
    if memory != other.memory {
      let pages = Set(memory.keys).union(other.memory.keys)
      result += pages.filter { memory[$0] != other.memory[$0] }.sorted().map { "page \($0)" }
    }
    if processor != other.processor { result += Self.lines(processor, other.processor) }
    if registers != other.registers { result += Self.lines(registers, other.registers) }
    if console != other.console { result.append("console") }
    if devices != other.devices { result += Self.lines(devices, other.devices) }
    for (mine, its) in zip(books, other.books) where mine != its {
      result += Self.lines(mine, its).prefix(8)
    }
    for (index, field) in VMCSField.all.enumerated() where vmcs[index] != other.vmcs[index] {
      result.append(field.symbol)
    }
    return result
  }

  private static func lines(_ mine: String, _ its: String) -> [String] {
    zip(mine.split(separator: "\n"), its.split(separator: "\n"))
      .filter { $0 != $1 }.prefix(6).map { "\($0) | \($1)" }
  }
}

/// Monitors to travel with.
enum TimeTravelLab {
  static func monitor(
    _ guest: String, checkpoints: UInt64 = 64 << 20, interval: UInt64 = 400
  ) throws -> Monitor {
    let monitor = try empty(checkpoints: checkpoints, interval: interval)
    let found = try #require(GuestCatalogue.guest(named: guest))
    try monitor.load(
      GuestCatalogue.image(of: found, memorySize: monitor.configuration.memorySize))
    return monitor
  }

  static func monitor(
    code: [UInt8], mode: GuestImage.Mode, checkpoints: UInt64 = 64 << 20, interval: UInt64 = 400
  ) throws -> Monitor {
    let monitor = try empty(checkpoints: checkpoints, interval: interval)
    try monitor.load(
      GuestImage(
        name: "test", segments: [GuestImage.Segment(address: 0x8000, bytes: code)],
        entry: 0x8000, mode: mode))
    return monitor
  }

  private static func empty(checkpoints: UInt64, interval: UInt64) throws -> Monitor {
    var configuration = Monitor.Configuration()
    configuration.memorySize = 16 << 20
    configuration.checkpointMemory = checkpoints
    let monitor = try Monitor(configuration)
    monitor.checkpointInterval = interval
    return monitor
  }

  /// The state of a fresh guest that was stepped on, by `step` as the shell does, to a moment.
  static func stepped(_ guest: String, to end: TimePosition) throws -> Monitor {
    let monitor = try monitor(guest, checkpoints: 0)
    while monitor.position < end { _ = try monitor.step() }
    return monitor
  }
}

/// Numbers that look random and are the same each time.
struct Dice: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state ^ state >> 29
  }
}
