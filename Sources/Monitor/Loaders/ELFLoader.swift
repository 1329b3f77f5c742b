/// Loads statically linked ELF executables: ELF32 for i386, started in protected mode, and ELF64
/// for x86-64, started in long mode.
public enum ELFLoader {
  private static let loadable: UInt32 = 1  // PT_LOAD
  private static let interpreter: UInt32 = 3  // PT_INTERP

  /// Whether `bytes` begin as an ELF file does.
  public static func recognises(_ bytes: [UInt8]) -> Bool { bytes.starts(with: ELFFile.magic) }

  /// An image of the file's PT_LOAD segments at their physical addresses, as far as `options` leave
  /// open: `entry` is guest-physical, and `at` is refused, because the file says where it belongs.
  ///
  /// Throws `LoaderError` for a file that breaks the format or does not fit.
  public static func load(
    _ bytes: [UInt8], name: String, options: LoadOptions = LoadOptions(), memorySize: UInt64
  ) throws(LoaderError) -> GuestImage {
    let file = try ELFFile(bytes, name: name)
    guard options.at == nil else {
      throw LoaderError(
        file: name, found: "an ELF file says itself where its segments belong",
        expected: "leave --at out, or link the file for another address")
    }
    let headers = try loadableHeaders(of: file, memorySize: memorySize)
    let image = GuestImage(
      name: name,
      segments: headers.map { segment($0, of: file) },
      entry: try entry(of: file, headers, options),
      mode: options.mode ?? (file.fileClass == .elf32 ? .protected : .long),
      note: file.fileClass == .elf32 ? "ELF32 executable" : "ELF64 executable")
    try image.check(memorySize: memorySize)
    return image
  }

  private static func segment(
    _ header: ELFFile.ProgramHeader, of file: ELFFile
  ) -> GuestImage.Segment {
    // Where a segment has no bytes, its offset means nothing and may lie anywhere.
    let first = header.fileSize == 0 ? 0 : Int(header.fileOffset)
    return GuestImage.Segment(
      address: header.physicalAddress,
      bytes: Array(file.bytes[first..<first + Int(header.fileSize)]), memorySize: header.memorySize)
  }

  /// The checked PT_LOAD headers, by ascending physical address. As they do not overlap, all their
  /// bytes together are no more than the guest's memory.
  private static func loadableHeaders(
    of file: ELFFile, memorySize: UInt64
  ) throws(LoaderError) -> [ELFFile.ProgramHeader] {
    var headers: [ELFFile.ProgramHeader] = []
    for header in file.programHeaders {
      if header.type == interpreter {
        throw file.fault(
          "p_type", at: file.offset(of: .segmentType, in: header.offset),
          found: "3 (PT_INTERP: it needs a dynamic linker)",
          expected: "a statically linked executable (link with -static)")
      }
      guard header.type == loadable, header.memorySize > 0 || header.fileSize > 0 else { continue }
      try check(header, of: file, memorySize: memorySize)
      headers.append(header)
    }
    guard !headers.isEmpty else {
      throw file.fault(
        "e_phnum", at: file.offset(of: .programHeaderCount),
        found: "\(file.programHeaders.count) program headers, none of them a PT_LOAD with contents",
        expected: "at least one segment to load")
    }
    headers.sort { $0.physicalAddress < $1.physicalAddress }
    try checkOverlaps(headers, of: file)
    return headers
  }

  private static func check(
    _ header: ELFFile.ProgramHeader, of file: ELFFile, memorySize: UInt64
  ) throws(LoaderError) {
    guard header.fileSize <= header.memorySize else {
      throw file.fault(
        "p_filesz", at: file.offset(of: .segmentFileSize, in: header.offset),
        found: hex(header.fileSize),
        expected: "at most p_memsz, which is \(hex(header.memorySize))")
    }
    let length = UInt64(file.bytes.count)
    guard
      header.fileSize == 0
        || GuestImage.fits(header.fileOffset, header.fileSize, within: length)
    else {
      throw file.fault(
        "p_offset", at: file.offset(of: .segmentOffset, in: header.offset),
        found: hex(header.fileOffset),
        expected: "\(hex(header.fileSize)) bytes (p_filesz) within the file's \(hex(length))")
    }
    guard GuestImage.fits(header.physicalAddress, header.memorySize, within: memorySize) else {
      throw file.fault(
        "p_paddr", at: file.offset(of: .segmentPhysicalAddress, in: header.offset),
        found: hex(header.physicalAddress),
        expected: "\(hex(header.memorySize)) bytes (p_memsz) within the guest's "
          + "\(hex(memorySize)) bytes of memory (--memory gives it more)")
    }
  }

  private static func checkOverlaps(
    _ headers: [ELFFile.ProgramHeader], of file: ELFFile
  ) throws(LoaderError) {
    for (one, next) in zip(headers, headers.dropFirst()) {
      guard next.physicalAddress - one.physicalAddress >= one.memorySize else {
        throw file.fault(
          "p_paddr", at: file.offset(of: .segmentPhysicalAddress, in: next.offset),
          found: hex(next.physicalAddress),
          expected: "no overlap with the segment at \(hex(one.physicalAddress)), which has "
            + "\(hex(one.memorySize)) bytes")
      }
    }
  }

  /// The guest-physical entry. The file gives a virtual address, which the segment around it
  /// translates; one that only fits as a physical address is taken as that.
  private static func entry(
    of file: ELFFile, _ headers: [ELFFile.ProgramHeader], _ options: LoadOptions
  ) throws(LoaderError) -> UInt64 {
    if let entry = options.entry { return entry }
    let entry = file.entry
    for header in headers where entry &- header.virtualAddress < header.memorySize {
      return header.physicalAddress + (entry &- header.virtualAddress)
    }
    for header in headers where entry &- header.physicalAddress < header.memorySize {
      return entry
    }
    throw file.fault(
      "e_entry", at: file.offset(of: .entry), found: hex(entry),
      expected: "an address within one of the segments")
  }
}
