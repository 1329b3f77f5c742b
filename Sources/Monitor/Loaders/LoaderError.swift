/// Why a guest could not be loaded: where, what was found and what would be right.
public struct LoaderError: Error, Equatable, CustomStringConvertible {
  /// The file, or the name of a guest, as the user gave it.
  public var file: String
  /// The header field that is wrong, by the name that its specification gives it.
  public var field: String?
  /// Where in the file that field, or the fault, stands.
  public var offset: UInt64?
  public var found: String
  /// What would be right, or what to do.
  public var expected: String

  public init(
    file: String, field: String? = nil, offset: UInt64? = nil, found: String, expected: String
  ) {
    self.file = file
    self.field = field
    self.offset = offset
    self.found = found
    self.expected = expected
  }

  public var description: String {
    var place: [String] = []
    if let field { place.append(field) }
    if let offset { place.append("at offset \(hex(offset))") }
    guard !place.isEmpty else { return "\(file): \(found); \(expected)" }
    return "\(file): \(place.joined(separator: " ")): found \(found), expected \(expected)"
  }
}
