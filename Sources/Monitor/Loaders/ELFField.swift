/// A field of the ELF header or of a program header, with its place in both classes of file
/// (System V ABI, "ELF Header" and "Program Header").
struct ELFField {
  typealias Place = (offset: Int, size: Int)

  let name: String
  let in32: Place
  let in64: Place

  private init(_ name: String, _ in32: Place, _ in64: Place) {
    self.name = name
    self.in32 = in32
    self.in64 = in64
  }

  // Each row: (offset, size) in ELF32, then in ELF64. The ELF header:
  static let type = ELFField("e_type", (16, 2), (16, 2))
  static let machine = ELFField("e_machine", (18, 2), (18, 2))
  static let version = ELFField("e_version", (20, 4), (20, 4))
  static let entry = ELFField("e_entry", (24, 4), (24, 8))
  static let programHeaderOffset = ELFField("e_phoff", (28, 4), (32, 8))
  static let programHeaderSize = ELFField("e_phentsize", (42, 2), (54, 2))
  static let programHeaderCount = ELFField("e_phnum", (44, 2), (56, 2))

  // A program header; the two classes order its fields differently.
  static let segmentType = ELFField("p_type", (0, 4), (0, 4))
  static let segmentOffset = ELFField("p_offset", (4, 4), (8, 8))
  static let segmentVirtualAddress = ELFField("p_vaddr", (8, 4), (16, 8))
  static let segmentPhysicalAddress = ELFField("p_paddr", (12, 4), (24, 8))
  static let segmentFileSize = ELFField("p_filesz", (16, 4), (32, 8))
  static let segmentMemorySize = ELFField("p_memsz", (20, 4), (40, 8))
}
