/// Wraps text in SGR sequences (ECMA-48, "SELECT GRAPHIC RENDITION"), or leaves it as it is.
public struct Style: Sendable, Equatable {
  /// The number is SGR's parameter.
  public enum Attribute: Int, Sendable, CaseIterable {
    case bold = 1
    case dim = 2
    case italic = 3
    case underline = 4
    case reverse = 7
    case red = 31
    case green = 32
    case yellow = 33
    case blue = 34
    case magenta = 35
    case cyan = 36
  }

  public var isEnabled: Bool

  public init(isEnabled: Bool) { self.isEnabled = isEnabled }

  /// `style("text", .bold, .red)`
  public func callAsFunction(_ text: String, _ attributes: Attribute...) -> String {
    guard isEnabled, !attributes.isEmpty, !text.isEmpty else { return text }
    let parameters = attributes.map { String($0.rawValue) }.joined(separator: ";")
    return "\u{1b}[\(parameters)m\(text)\u{1b}[0m"
  }
}
