/// The header and the program headers of an ELF file (System V ABI, "ELF Header" and "Program
/// Header"), read without trusting any of it.
struct ELFFile {
  enum Class: Equatable { case elf32, elf64 }

  /// A row of the program header table; `offset` is where the row itself stands in the file.
  struct ProgramHeader {
    var offset: UInt64
    var type: UInt32
    var fileOffset: UInt64
    var virtualAddress: UInt64
    var physicalAddress: UInt64
    var fileSize: UInt64
    var memorySize: UInt64
  }

  static let magic: [UInt8] = [0x7f, 0x45, 0x4c, 0x46]

  let name: String
  let bytes: [UInt8]
  private(set) var fileClass = Class.elf32
  private(set) var entry: UInt64 = 0
  private(set) var programHeaders: [ProgramHeader] = []

  init(_ bytes: [UInt8], name: String) throws(LoaderError) {
    self.name = name
    self.bytes = bytes
    try readIdentification()
    try readHeader()
    try readProgramHeaders()
  }

  /// An error about the field at `offset`.
  func fault(
    _ field: String, at offset: UInt64, found: String, expected: String
  ) -> LoaderError {
    LoaderError(file: name, field: field, offset: offset, found: found, expected: expected)
  }

  /// Offset of a field in the program header that starts at `start`, by its place in the two
  /// classes.
  func offset(of field: ELFField, in start: UInt64 = 0) -> UInt64 {
    start &+ UInt64(fileClass == .elf32 ? field.in32.offset : field.in64.offset)
  }

  private mutating func readIdentification() throws(LoaderError) {
    guard bytes.count >= 16 else {
      throw fault(
        "e_ident", at: 0, found: "\(bytes.count) bytes, then the end of the file",
        expected: "16 bytes of identification")
    }
    guard bytes.starts(with: ELFFile.magic) else {
      throw fault(
        "e_ident", at: 0, found: bytes[..<4].map { hex($0) }.joined(separator: " "),
        expected: "0x7f and the letters ELF")
    }
    switch bytes[4] {
    case 1: fileClass = .elf32
    case 2: fileClass = .elf64
    default:
      throw fault(
        "EI_CLASS", at: 4, found: "\(bytes[4])", expected: "1 (32-bit) or 2 (64-bit)")
    }
    guard bytes[5] == 1 else {
      throw fault("EI_DATA", at: 5, found: "\(bytes[5])", expected: "1 (little-endian)")
    }
    guard bytes[6] == 1 else {
      throw fault("EI_VERSION", at: 6, found: "\(bytes[6])", expected: "1")
    }
  }

  private mutating func readHeader() throws(LoaderError) {
    let type = try read(.type)
    guard type == 2 else {
      throw fault(
        "e_type", at: offset(of: .type), found: ELFFile.describe(type: type),
        expected: "2 (an executable with fixed addresses: link with -static -no-pie)")
    }
    let machine = try read(.machine)
    let rightMachine: UInt64 = fileClass == .elf32 ? 3 : 62
    guard machine == rightMachine else {
      throw fault(
        "e_machine", at: offset(of: .machine), found: "\(machine)",
        expected: fileClass == .elf32 ? "3 (i386)" : "62 (x86-64)")
    }
    let version = try read(.version)
    guard version == 1 else {
      throw fault("e_version", at: offset(of: .version), found: "\(version)", expected: "1")
    }
    entry = try read(.entry)
  }

  private mutating func readProgramHeaders() throws(LoaderError) {
    let count = try read(.programHeaderCount)
    guard count > 0, count < 0xffff else {
      throw fault(
        "e_phnum", at: offset(of: .programHeaderCount), found: "\(count)",
        expected: "1 to 65534 program headers; an executable has at least one")
    }
    let size = try read(.programHeaderSize)
    let rightSize: UInt64 = fileClass == .elf32 ? 32 : 56
    guard size == rightSize else {
      throw fault(
        "e_phentsize", at: offset(of: .programHeaderSize), found: "\(size)",
        expected: "\(rightSize)")
    }
    let table = try read(.programHeaderOffset)
    guard GuestImage.fits(table, count * size, within: UInt64(bytes.count)) else {
      throw fault(
        "e_phoff", at: offset(of: .programHeaderOffset), found: hex(table),
        expected: "\(count) program headers of \(size) bytes within the file's "
          + "\(hex(bytes.count)) bytes")
    }
    for index in 0..<count {
      programHeaders.append(try readProgramHeader(at: table + index * size))
    }
  }

  private func readProgramHeader(at start: UInt64) throws(LoaderError) -> ProgramHeader {
    ProgramHeader(
      offset: start, type: UInt32(truncatingIfNeeded: try read(.segmentType, in: start)),
      fileOffset: try read(.segmentOffset, in: start),
      virtualAddress: try read(.segmentVirtualAddress, in: start),
      physicalAddress: try read(.segmentPhysicalAddress, in: start),
      fileSize: try read(.segmentFileSize, in: start),
      memorySize: try read(.segmentMemorySize, in: start))
  }

  /// Reads a little-endian field of the structure that starts at `start`.
  private func read(_ field: ELFField, in start: UInt64 = 0) throws(LoaderError) -> UInt64 {
    let size = fileClass == .elf32 ? field.in32.size : field.in64.size
    let offset = offset(of: field, in: start)
    guard GuestImage.fits(offset, UInt64(size), within: UInt64(bytes.count)) else {
      throw fault(
        field.name, at: offset, found: "the end of the file at \(hex(bytes.count))",
        expected: "a field of \(size) bytes")
    }
    let first = Int(offset)
    return bytes[first..<first + size].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  private static func describe(type: UInt64) -> String {
    switch type {
    case 1: "1 (an object file that is not linked yet)"
    case 3: "3 (a position-independent executable or shared object)"
    case 4: "4 (a core dump)"
    default: "\(type)"
    }
  }
}
