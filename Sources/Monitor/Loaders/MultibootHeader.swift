/// The header by which a kernel asks for a multiboot loader (Multiboot Specification 0.6.96, "The
/// layout of Multiboot header").
struct MultibootHeader {
  private static let magic: UInt64 = 0x1bad_b002
  /// "OS image format": the header stands in the first 8192 bytes, at a multiple of 4.
  private static let searched = 8192

  private enum Flag {
    /// Bits 0 to 15 that we know: page-aligned modules, memory information, a video mode.
    static let understood: UInt32 = 0b111
    static let mandatory: UInt32 = 0xffff
    static let addresses: UInt32 = 1 << 16
  }

  /// Where it stands in the file.
  let offset: Int
  let flags: UInt32
  private let fields: [UInt64]

  /// The first header with a right checksum.
  static func find(in bytes: [UInt8]) -> MultibootHeader? {
    func word(_ offset: Int) -> UInt64 {
      offset + 4 <= bytes.count ? littleEndian(bytes[offset..<offset + 4]) : 0
    }
    for offset in stride(from: 0, to: min(searched, bytes.count) - 11, by: 4)
    where word(offset) == magic {
      let flags = word(offset + 4)
      guard (magic + flags + word(offset + 8)) & 0xffff_ffff == 0 else { continue }
      return MultibootHeader(
        offset: offset, flags: UInt32(flags), fields: (3..<8).map { word(offset + $0 * 4) })
    }
    return nil
  }

  /// "Header magic fields": a loader that does not understand one of bits 0 to 15 must not load.
  func checkFlags(name: String) throws(LoaderError) {
    guard flags & Flag.mandatory & ~Flag.understood == 0 else {
      throw LoaderError(
        file: name, field: "flags", offset: UInt64(offset) + 4, found: hex(flags),
        expected: "of bits 0 to 15 at most bits 0 (aligned modules), 1 (memory) and 2 (video)")
    }
  }

  /// The image that the address fields describe; nil if there are none and the file is an ELF file.
  func rawImage(of bytes: [UInt8], name: String) throws(LoaderError) -> GuestImage? {
    guard flags & Flag.addresses != 0 else { return nil }
    let (header, load, loadEnd, bssEnd, entry) = (
      fields[0], fields[1], fields[2], fields[3], fields[4]
    )
    guard load <= header, header - load <= UInt64(offset) else {
      throw fault(
        "load_addr", at: 16, name, found: hex(load),
        expected: "at most \(hex(offset)) bytes below header_addr, \(hex(header))")
    }
    let first = offset - Int(header - load)
    // "The address fields": 0 means up to the end of the file.
    let size = loadEnd == 0 ? UInt64(bytes.count - first) : loadEnd &- load
    guard loadEnd == 0 || loadEnd >= load, size <= UInt64(bytes.count - first) else {
      throw fault(
        "load_end_addr", at: 20, name, found: hex(loadEnd),
        expected: "an address within the file's \(hex(bytes.count)) bytes")
    }
    guard bssEnd == 0 || bssEnd >= load + size else {
      throw fault(
        "bss_end_addr", at: 24, name, found: hex(bssEnd),
        expected: "0, or at least the end of the data, \(hex(load + size))")
    }
    var image = GuestImage(
      name: name,
      segments: [
        GuestImage.Segment(
          address: load, bytes: Array(bytes[first..<first + Int(size)]),
          memorySize: bssEnd == 0 ? size : bssEnd - load)
      ],
      entry: entry, mode: .protected, note: "multiboot kernel by its address fields")
    image.bare = BareBoot(start: .multiboot(nil))
    return image
  }

  private func fault(
    _ field: String, at place: Int, _ name: String, found: String, expected: String
  ) -> LoaderError {
    LoaderError(
      file: name, field: field, offset: UInt64(offset + place), found: found, expected: expected)
  }
}
