import Simulator
import X86

/// Builds the EPT paging structures of a guest: guest-physical 0 up to the end of RAM onto
/// host-physical `guestBase` and up, and nothing else, so that every other access exits
/// (SDM 3C, "The Extended Page Table Mechanism (EPT)").
public struct EPTBuilder {
  /// Bytes above which 2-MiB pages are used whatever was asked for.
  public static let largestWithSmallPages: UInt64 = 64 << 20

  /// Bits 2:0: read, write, execute.
  private static let allAccess: UInt64 = 0x7
  /// Bits 5:3 of a leaf: memory type write-back.
  private static let writeBack: UInt64 = 6 << 3
  /// Bit 7 of a page-directory entry: it maps a 2-MiB page.
  private static let largePage: UInt64 = 1 << 7
  private static let smallSize: UInt64 = 1 << 12
  private static let largeSize: UInt64 = 1 << 21

  private let memory: PhysicalMemory
  private let usesLargePages: Bool
  private var nextTable = MonitorLayout.eptTables.lowerBound

  public static func usesLargePages(memorySize: UInt64, asked: Bool) -> Bool {
    asked || memorySize > largestWithSmallPages
  }

  private init(memory: PhysicalMemory, usesLargePages: Bool) {
    self.memory = memory
    self.usesLargePages = usesLargePages
  }

  /// Builds the tables and returns the EPT pointer: the root with memory type write-back in bits
  /// 2:0 and the length of the walk less 1 in bits 5:3.
  ///
  /// Throws `MonitorError.refused` if the monitor's area is too small for the tables.
  public static func build(
    for machine: SimulatedMachine, usesLargePages: Bool
  ) throws -> UInt64 {
    var builder = EPTBuilder(memory: machine.memory, usesLargePages: usesLargePages)
    let root = try builder.makeTable()
    var address: UInt64 = 0
    while address < machine.memorySize {
      let directory = try builder.directory(root, for: address)
      address += try builder.mapEntry(
        directory, address, machine.guestBase, end: machine.memorySize)
    }
    return root | 6 | 3 << 3
  }

  private mutating func makeTable() throws -> UInt64 {
    let table = nextTable
    guard table + 0x1000 <= MonitorLayout.eptTables.upperBound else {
      throw MonitorError.refused(
        what: "the EPT tables", why: "the monitor's area is full",
        remedy: "use 2-MiB pages or a guest with less memory")
    }
    nextTable += 0x1000
    try memory.write(table, [UInt8](repeating: 0, count: 0x1000))
    return table
  }

  /// The page directory for `address`, made if need be with the tables above it.
  private mutating func directory(_ root: UInt64, for address: UInt64) throws -> UInt64 {
    let pdpt = try table(below: root, index: address >> 39)
    return try table(below: pdpt, index: address >> 30)
  }

  private mutating func table(below table: UInt64, index: UInt64) throws -> UInt64 {
    let slot = table + (index & 511) * 8
    let entry = memory.readEntry64(slot)
    if entry & Self.allAccess != 0 { return entry & ~0xfff }
    let made = try makeTable()
    try memory.write(slot, littleEndian(made | Self.allAccess))
    return made
  }

  /// Maps up to 2 MiB by one entry of a page directory; returns how many bytes.
  private mutating func mapEntry(
    _ directory: UInt64, _ address: UInt64, _ base: UInt64, end: UInt64
  ) throws -> UInt64 {
    let count = min(Self.largeSize, end - address)
    let host = base + address
    if usesLargePages, count == Self.largeSize, host & (Self.largeSize - 1) == 0 {
      let slot = directory + (address >> 21 & 511) * 8
      try memory.write(
        slot, littleEndian(host | Self.largePage | Self.writeBack | Self.allAccess))
      return count
    }
    let table = try table(below: directory, index: address >> 21)
    let entries = stride(from: 0, to: count, by: Int(Self.smallSize)).flatMap { offset in
      littleEndian(host + offset | Self.writeBack | Self.allAccess)
    }
    try memory.write(table, entries)
    return count
  }
}
