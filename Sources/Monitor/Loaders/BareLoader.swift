/// Loads what a bare machine can start: multiboot kernels, ELF files, flat images, boot sectors and
/// ROM images.
public enum BareLoader {
  private static let moduleLimit = 512 << 20
  private static let romLimit = 16 << 20

  /// The image of the file at `path` with everything that `options` name. Without a path there must be
  /// a ROM. Throws `LoaderError`.
  public static func load(
    _ path: String?, options: BareOptions, memorySize: UInt64
  ) throws(LoaderError) -> GuestImage {
    var image = try kernel(path, options, memorySize: memorySize)
    var boot = image.bare ?? BareBoot()
    boot.arguments = options.arguments
    for text in options.modules { boot.modules.append(try module(text)) }
    if let rom = options.rom {
      boot.rom = try self.rom(rom)
      boot.start = .rom
      image.note = path == nil ? "ROM image" : "\(image.note), beside a ROM image"
    }
    if !boot.modules.isEmpty, case .multiboot = boot.start {
    } else if !boot.modules.isEmpty {
      throw LoaderError(
        file: image.name, found: "it is no multiboot kernel, so nothing tells it of modules",
        expected: "leave --module out, or give a kernel with a multiboot header")
    }
    image.bare = boot
    return image
  }

  private static func kernel(
    _ path: String?, _ options: BareOptions, memorySize: UInt64
  ) throws(LoaderError) -> GuestImage {
    guard let path else {
      guard let rom = options.rom else {
        throw LoaderError(
          file: "", found: "there is nothing to run", expected: "give a file, or --rom")
      }
      return GuestImage(name: rom, segments: [], entry: 0, mode: .real)
    }
    if GuestCatalogue.guest(named: path) != nil {
      return try ImageLoader.load(path, options: options.load, memorySize: memorySize)
    }
    let bytes = try GuestFile.read(path, limit: ImageLoader.sizeLimit)
    return try image(bytes, name: path, options: options.load, memorySize: memorySize)
  }

  /// The image of a file's contents. `--at` and `--mode` say that it is none with a header.
  static func image(
    _ bytes: [UInt8], name: String, options: LoadOptions, memorySize: UInt64
  ) throws(LoaderError) -> GuestImage {
    let isPlain = options.at != nil || options.mode != nil
    if !isPlain, let header = MultibootHeader.find(in: bytes) {
      return try multiboot(header, bytes, name: name, options, memorySize: memorySize)
    }
    if ELFLoader.recognises(bytes) {
      return try ELFLoader.load(bytes, name: name, options: options, memorySize: memorySize)
    }
    var image = try FlatLoader.load(bytes, name: name, options: options, memorySize: memorySize)
    if image.entry == FlatLoader.bootSectorAddress, FlatLoader.isBootSector(bytes),
      image.mode == .real
    {
      image.bare = BareBoot(start: .bootSector)
      // What does not fit below the BIOS's data stays on the disk, which nobody can read.
      let room = FirmwareArea.extendedBIOSData - FlatLoader.bootSectorAddress
      image.segments[0] = GuestImage.Segment(
        address: FlatLoader.bootSectorAddress, bytes: Array(bytes.prefix(Int(room))))
    }
    return image
  }

  private static func multiboot(
    _ header: MultibootHeader, _ bytes: [UInt8], name: String, _ options: LoadOptions,
    memorySize: UInt64
  ) throws(LoaderError) -> GuestImage {
    try header.checkFlags(name: name)
    if let image = try header.rawImage(of: bytes, name: name) {
      try image.check(memorySize: memorySize)
      return image
    }
    guard ELFLoader.recognises(bytes) else {
      throw LoaderError(
        file: name, field: "flags", offset: UInt64(header.offset) + 4, found: hex(header.flags),
        expected: "bit 16 with the address fields, because the file is no ELF file")
    }
    var load = options
    load.mode = .protected
    var image = try ELFLoader.load(bytes, name: name, options: load, memorySize: memorySize)
    image.note = "multiboot kernel, \(image.note)"
    image.bare = BareBoot(start: .multiboot(ELFSections(bytes)))
    return image
  }

  /// `FILE` or `FILE ARGUMENTS`; a file whose name has a space goes before one whose name ends there.
  private static func module(_ text: String) throws(LoaderError) -> BareBoot.Module {
    if let space = text.firstIndex(of: " "), !GuestFile.exists(text) {
      let bytes = try GuestFile.read(String(text[..<space]), limit: moduleLimit)
      return BareBoot.Module(text: text, bytes: bytes)
    }
    return BareBoot.Module(text: text, bytes: try GuestFile.read(text, limit: moduleLimit))
  }

  private static func rom(_ path: String) throws(LoaderError) -> [UInt8] {
    let bytes = try GuestFile.read(path, limit: romLimit)
    guard !bytes.isEmpty else {
      throw LoaderError(file: path, found: "the file is empty", expected: "give a ROM image")
    }
    return bytes
  }
}
