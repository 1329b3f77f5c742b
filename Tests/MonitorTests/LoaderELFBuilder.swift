/// Builds ELF executables byte by byte, by the tables of the System V ABI.
struct ELFBuilder {
  struct Segment {
    var type: UInt32 = 1
    var virtualAddress: UInt64
    var physicalAddress: UInt64
    var bytes: [UInt8]
    var memorySize: UInt64

    init(at address: UInt64, virtual: UInt64? = nil, _ bytes: [UInt8], memorySize: UInt64? = nil) {
      virtualAddress = virtual ?? address
      physicalAddress = address
      self.bytes = bytes
      self.memorySize = memorySize ?? UInt64(bytes.count)
    }
  }

  var is64: Bool
  var entry: UInt64
  var segments: [Segment]

  /// Where program header `index` stands in the file.
  func programHeader(_ index: Int) -> Int { (is64 ? 64 : 52) + index * (is64 ? 56 : 32) }

  func build() -> [UInt8] {
    var file: [UInt8] =
      [0x7f, 0x45, 0x4c, 0x46, is64 ? 2 : 1, 1, 1] + [UInt8](repeating: 0, count: 9)
    let headerSize = is64 ? 64 : 52
    file += little(2, 2) + little(is64 ? 62 : 3, 2) + little(1, 4)
    file += little(entry, word) + little(UInt64(headerSize), word) + little(0, word)
    file += little(0, 4) + little(UInt64(headerSize), 2) + little(is64 ? 56 : 32, 2)
    file += little(UInt64(segments.count), 2) + little(0, 2) + little(0, 2) + little(0, 2)
    var offset = UInt64(programHeader(segments.count))
    for segment in segments {
      file += header(segment, offset: offset)
      offset += UInt64(segment.bytes.count)
    }
    return file + segments.flatMap(\.bytes)
  }

  private var word: Int { is64 ? 8 : 4 }

  private func header(_ segment: Segment, offset: UInt64) -> [UInt8] {
    let places = [
      offset, segment.virtualAddress, segment.physicalAddress, UInt64(segment.bytes.count),
      segment.memorySize,
    ].flatMap { little($0, word) }
    let type = little(UInt64(segment.type), 4)
    let flags = little(7, 4)
    return is64
      ? type + flags + places + little(0x1000, word) : type + places + flags + little(0x1000, word)
  }
}

func little(_ value: UInt64, _ count: Int) -> [UInt8] {
  (0..<UInt64(count)).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
}
