/// Finds a guest by name or path and loads it, whatever its format.
public enum ImageLoader {
  /// The biggest file that is read.
  public static let sizeLimit = 64 << 20

  /// The image of the built-in guest `nameOrPath`, or else of the file at that path. A file that
  /// has the name of a built-in guest is reached as `./NAME`.
  ///
  /// Throws `LoaderError` for what cannot be found, read, understood or placed in `memorySize`
  /// bytes.
  public static func load(
    _ nameOrPath: String, options: LoadOptions = LoadOptions(), memorySize: UInt64
  ) throws(LoaderError) -> GuestImage {
    if let guest = GuestCatalogue.guest(named: nameOrPath) {
      return try GuestCatalogue.image(of: guest, options: options, memorySize: memorySize)
    }
    let bytes = try GuestFile.read(nameOrPath, limit: sizeLimit)
    if ELFLoader.recognises(bytes) {
      return try ELFLoader.load(bytes, name: nameOrPath, options: options, memorySize: memorySize)
    }
    return try FlatLoader.load(bytes, name: nameOrPath, options: options, memorySize: memorySize)
  }
}
