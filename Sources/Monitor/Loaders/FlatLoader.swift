/// Loads a file that is nothing but memory contents.
public enum FlatLoader {
  /// Where a BIOS loads a boot sector.
  static let bootSectorAddress: UInt64 = 0x7c00

  /// An image of `bytes` as `options` say. What they leave open: a file of whole 512-byte sectors
  /// with the signature 55 AA at the end of the first is a boot sector, in real mode at 0x7c00;
  /// anything else stands at 0x1000 in real mode, and at 0x8000 in the other modes.
  ///
  /// Throws `LoaderError` when the file is empty or does not fit.
  public static func load(
    _ bytes: [UInt8], name: String, options: LoadOptions = LoadOptions(), memorySize: UInt64
  ) throws(LoaderError) -> GuestImage {
    guard !bytes.isEmpty else {
      throw LoaderError(
        file: name, found: "the file is empty", expected: "give a flat binary or an ELF executable")
    }
    let isBootSector = isBootSector(bytes) && options.mode ?? .real == .real
    let mode = options.mode ?? .real
    let address = options.at ?? defaultAddress(isBootSector: isBootSector, mode: mode)
    let image = GuestImage(
      name: name, segments: [GuestImage.Segment(address: address, bytes: bytes)],
      entry: options.entry ?? address, mode: mode,
      note: isBootSector ? "boot sector" : "flat binary")
    try image.check(memorySize: memorySize)
    return image
  }

  static func isBootSector(_ bytes: [UInt8]) -> Bool {
    bytes.count >= 512 && bytes.count % 512 == 0 && bytes[510] == 0x55 && bytes[511] == 0xaa
  }

  private static func defaultAddress(isBootSector: Bool, mode: GuestImage.Mode) -> UInt64 {
    if isBootSector { return bootSectorAddress }
    return mode == .real ? 0x1000 : 0x8000
  }
}
