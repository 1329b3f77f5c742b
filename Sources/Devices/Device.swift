/// Something that answers reads and writes of its registers.
///
/// A device knows the offsets of its registers and never the address at which it stands: the bus
/// knows that. It has no clock of its own (`TimedDevice`), and nothing a guest writes can make it fail.
public protocol Device: AnyObject {
  /// Everything that running a guest can change in the device.
  associatedtype State: Codable, Sendable

  /// What `info devices` calls it.
  var name: String { get }
  /// The widest register in bytes: 1, 2, 4 or 8. The bus splits wider accesses.
  var widestAccess: Int { get }
  /// The state, to be saved or put back.
  var state: State { get set }

  /// Reads `size` bytes at `offset`, which is a multiple of `size`; zero-extended.
  func read(offset: UInt64, size: Int) -> UInt64
  /// Writes the low `size` bytes of `value` at `offset`, which is a multiple of `size`.
  func write(offset: UInt64, size: Int, value: UInt64)
}
