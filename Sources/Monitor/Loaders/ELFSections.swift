/// The section header table of an ELF file as a multiboot loader hands it on, with the sections that
/// no segment loads (symbols, strings), read without trusting any of it.
public struct ELFSections: Sendable, Equatable {
  /// A section that must be given a place, and the entry that shall say where.
  struct Loose: Sendable, Equatable {
    /// Where `sh_addr` stands in `table`.
    var addressField: Int
    var bytes: [UInt8]
  }

  let count: UInt32
  let entrySize: UInt32
  /// The section of the names.
  let nameIndex: UInt32
  /// All entries, as they are in the file.
  let table: [UInt8]
  let loose: [Loose]
  let is64: Bool

  /// Nil if the file has no section headers, or bad ones: they are for debuggers only.
  init?(_ file: [UInt8]) {
    guard file.count >= 52 else { return nil }
    let is64 = file[4] == 2
    func number(_ offset: Int, _ size: Int) -> UInt64 {
      offset >= 0 && offset <= file.count - size
        ? littleEndian(file[offset..<offset + size]) : 0
    }
    // System V ABI, "ELF Header": e_shoff, e_shentsize, e_shnum, e_shstrndx.
    let start = is64 ? number(40, 8) : number(32, 4)
    let words = is64 ? 58 : 46
    let (size, count) = (number(words, 2), number(words + 2, 2))
    let total = size * count
    guard size == (is64 ? 64 : 40), count > 0,
      GuestImage.fits(start, total, within: UInt64(file.count))
    else { return nil }
    let first = Int(start)
    self.is64 = is64
    self.count = UInt32(count)
    entrySize = UInt32(size)
    nameIndex = UInt32(number(words + 4, 2))
    table = Array(file[first..<first + Int(total)])
    loose = (0..<Int(count)).compactMap { index in
      let entry = first + index * Int(size)
      // "Section Header": sh_type, sh_flags, sh_addr, sh_offset, sh_size.
      let type = number(entry + 4, 4)
      let flags = is64 ? number(entry + 8, 8) : number(entry + 8, 4)
      let place = is64 ? number(entry + 24, 8) : number(entry + 16, 4)
      let length = is64 ? number(entry + 32, 8) : number(entry + 20, 4)
      // SHT_SYMTAB and SHT_STRTAB that are not SHF_ALLOC; others are of no use at run time.
      guard type == 2 || type == 3, flags & 2 == 0,
        GuestImage.fits(place, length, within: UInt64(file.count))
      else { return nil }
      return Loose(
        addressField: index * Int(size) + (is64 ? 16 : 12),
        bytes: Array(file[Int(place)..<Int(place) + Int(length)]))
    }
  }
}
