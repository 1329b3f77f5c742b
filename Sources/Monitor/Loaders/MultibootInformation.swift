import Devices

/// What a multiboot loader leaves in memory for the kernel (Multiboot Specification 0.6.96, "Boot
/// information format"): modules and the information structure with all that it points to.
struct MultibootInformation {
  /// What EAX holds at the kernel's entry.
  static let magic: UInt64 = 0x2bad_b002
  private static let loaderName = "ringside"
  /// Size of the structure with all fields up to the VBE ones.
  private static let size = 88

  private enum Flag {
    static let memory: UInt32 = 1 << 0
    static let commandLine: UInt32 = 1 << 2
    static let modules: UInt32 = 1 << 3
    static let elfSections: UInt32 = 1 << 5
    static let memoryMap: UInt32 = 1 << 6
    static let loaderName: UInt32 = 1 << 9
  }

  private enum Offset {
    static let memory = 4
    static let commandLine = 16
    static let modules = 20
    static let sections = 28
    static let memoryMap = 44
    static let loaderName = 64
  }

  /// Where the structure stands: what EBX holds.
  private(set) var address: UInt64
  private(set) var segments: [GuestImage.Segment] = []

  private let layout: RAMLayout
  private var flags: UInt32 = 0
  private var block: [UInt8]

  /// Throws `LoaderError` if there is no room behind the kernel.
  init(_ image: GuestImage, _ boot: BareBoot, _ layout: RAMLayout) throws(LoaderError) {
    self.layout = layout
    block = [UInt8](repeating: 0, count: Self.size)
    var next = Self.page(image.segments.map { $0.address &+ $0.memorySize }.max() ?? 0)
    // Modules stand behind the kernel, each in pages of its own.
    var places: [Range<UInt64>] = []
    for module in boot.modules {
      places.append(next..<next + UInt64(module.bytes.count))
      segments.append(GuestImage.Segment(address: next, bytes: module.bytes))
      next = Self.page(next + UInt64(module.bytes.count))
    }
    address = next
    addMemory()
    let line = boot.arguments.isEmpty ? image.name : "\(image.name) \(boot.arguments)"
    set(Offset.commandLine, Flag.commandLine, [append(line)])
    addModules(boot.modules, places)
    if case .multiboot(let sections?) = boot.start { add(sections) }
    set(Offset.loaderName, Flag.loaderName, [append(Self.loaderName)])
    replace(0, flags)
    segments.append(GuestImage.Segment(address: address, bytes: block))
    guard address + UInt64(block.count) <= layout.low else {
      throw LoaderError(
        file: image.name,
        found: "kernel and modules end at \(hex(address + UInt64(block.count)))",
        expected: "less than the \(hex(layout.low)) bytes of memory (--memory gives more)")
    }
  }

  private static func page(_ address: UInt64) -> UInt64 {
    // Below 1 MiB a kernel leaves nothing in which firmware does not have its data.
    max((address + 0xfff) & ~0xfff, 0x10_0000)
  }

  private mutating func replace<Number: FixedWidthInteger>(_ offset: Int, _ value: Number) {
    block.replaceSubrange(offset..<offset + Number.bitWidth / 8, with: littleEndian(value))
  }

  private mutating func set(_ offset: Int, _ flag: UInt32, _ values: [UInt32]) {
    flags |= flag
    for (index, value) in values.enumerated() { replace(offset + index * 4, value) }
  }

  /// Adds bytes to the block, at a multiple of 4; returns their address.
  private mutating func append(_ bytes: [UInt8]) -> UInt32 {
    while block.count % 4 != 0 { block.append(0) }
    defer { block += bytes }
    return UInt32(truncatingIfNeeded: address + UInt64(block.count))
  }

  private mutating func append(_ text: String) -> UInt32 { append(Array(text.utf8) + [0]) }

  /// KiB below and above 1 MiB, and the map of all.
  private mutating func addMemory() {
    let upper = layout.low > 1 << 20 ? (layout.low - 1 << 20) >> 10 : 0
    set(
      Offset.memory, Flag.memory,
      [UInt32(RAMLayout.extendedBIOSData >> 10), UInt32(truncatingIfNeeded: upper)])
    // "Boot information format": the size before each entry does not count itself.
    let map = layout.map.flatMap { row in
      littleEndian(UInt32(20)) + littleEndian(row.start) + littleEndian(row.length)
        + littleEndian(row.kind.rawValue)
    }
    set(Offset.memoryMap, Flag.memoryMap, [UInt32(map.count), append(map)])
  }

  private mutating func addModules(_ modules: [BareBoot.Module], _ places: [Range<UInt64>]) {
    var rows: [UInt8] = []
    for (module, place) in zip(modules, places) {
      rows += littleEndian(UInt32(truncatingIfNeeded: place.lowerBound))
      rows += littleEndian(UInt32(truncatingIfNeeded: place.upperBound))
      rows += littleEndian(append(module.text)) + littleEndian(UInt32(0))
    }
    set(Offset.modules, Flag.modules, [UInt32(modules.count), append(rows)])
  }

  private mutating func add(_ sections: ELFSections) {
    var table = sections.table
    for section in sections.loose {
      let place = append(section.bytes)
      let field = section.addressField
      let bytes = sections.is64 ? littleEndian(UInt64(place)) : littleEndian(place)
      table.replaceSubrange(field..<field + bytes.count, with: bytes)
    }
    set(
      Offset.sections, Flag.elfSections,
      [sections.count, sections.entrySize, append(table), sections.nameIndex])
  }
}
