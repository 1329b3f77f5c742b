/// One field of a decoded register or VMCS value, as a table shows it.
public struct FieldValue: Sendable, Equatable {
  /// The bits as the manual writes them, highest first: "2:0", "12".
  public let bits: String
  public let name: String
  /// The field's bits, shifted down to bit 0.
  public let value: UInt64
  /// What this value means, in words.
  public let meaning: String

  public init(bits: String, name: String, value: UInt64, meaning: String) {
    self.bits = bits
    self.name = name
    self.value = value
    self.meaning = meaning
  }
}
