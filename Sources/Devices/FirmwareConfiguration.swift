/// The fw_cfg device by which QEMU tells firmware and kernels about the machine (QEMU documentation,
/// "QEMU Firmware Configuration (fw_cfg) Device"): a selector of 16 bits, and a data port that gives
/// the selected item byte by byte. It has no DMA interface.
public final class FirmwareConfiguration: Device {
  /// Selector keys.
  public enum Key {
    public static let signature: UInt16 = 0x00
    public static let identifier: UInt16 = 0x01
    public static let memorySize: UInt16 = 0x03
    public static let processors: UInt16 = 0x05
    public static let mostProcessors: UInt16 = 0x0f
    public static let commandLineSize: UInt16 = 0x14
    public static let commandLine: UInt16 = 0x15
    public static let fileDirectory: UInt16 = 0x19
    /// The first file of the directory.
    public static let firstFile: UInt16 = 0x20
    /// Whether IRQ 0 reaches pin 2 of the I/O APIC.
    public static let irq0Override: UInt16 = 0x8002
  }

  public struct State: Codable, Sendable, Equatable {
    var key: UInt16 = 0
    var position = 0
  }

  public let name = "QEMU fw_cfg"
  public let widestAccess = 2
  public var state = State()
  private var items: [UInt16: [UInt8]] = [:]
  private var files: [(name: String, key: UInt16)] = []

  public init() {
    items[Key.signature] = Array("QEMU".utf8)
    // Bit 0: the traditional interface, bit 1 would be DMA.
    set(Key.identifier, UInt32(1))
    set(Key.irq0Override, UInt32(1))
    makeDirectory()
  }

  /// The bytes of an item.
  public func set(_ key: UInt16, _ bytes: [UInt8]) { items[key] = bytes }

  /// An item that is a number, little-endian.
  public func set<Number: FixedWidthInteger>(_ key: UInt16, _ value: Number) {
    items[key] = (0..<Number.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
  }

  /// An item of the file directory; a file of the same name is replaced.
  public func setFile(_ name: String, _ bytes: [UInt8]) {
    let known = files.first { $0.name == name }?.key
    let key = known ?? Key.firstFile + UInt16(truncatingIfNeeded: files.count)
    if known == nil { files.append((name, key)) }
    items[key] = bytes
    makeDirectory()
  }

  /// The number of files, then for each its size, its key and its name of 56 bytes; big-endian.
  private func makeDirectory() {
    func bigEndian<Number: FixedWidthInteger>(_ value: Number) -> [UInt8] {
      (0..<Number.bitWidth / 8).reversed().map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }
    var bytes = bigEndian(UInt32(truncatingIfNeeded: files.count))
    for file in files {
      let size = items[file.key]?.count ?? 0
      let name = Array(file.name.utf8.prefix(55))
      bytes += bigEndian(UInt32(truncatingIfNeeded: size)) + bigEndian(file.key) + [0, 0]
      bytes += name + [UInt8](repeating: 0, count: 56 - name.count)
    }
    items[Key.fileDirectory] = bytes
  }

  public func read(offset: UInt64, size: Int) -> UInt64 {
    // Offset 0 is the selector, which cannot be read; the data port stands at offset 1.
    guard offset == 1, size == 1 else { return 0 }
    defer { state.position &+= 1 }
    guard let item = items[state.key], item.indices ~= state.position else { return 0 }
    return UInt64(item[state.position])
  }

  public func write(offset: UInt64, size: Int, value: UInt64) {
    guard offset == 0, size == 2 else { return }
    // Bit 14 asks for writing, which this device, like later ones, refuses.
    state.key = UInt16(truncatingIfNeeded: value) & ~0x4000
    state.position = 0
  }
}
