/// Whether text is coloured.
public enum ColourPolicy: String, Sendable, CaseIterable {
  case auto, always, never

  /// `auto` colours a terminal, unless NO_COLOR is set to anything or TERM is `dumb` or not set.
  /// `always` and `never` are what the user said, so the environment does not overrule them.
  public func isEnabled(environment: [String: String], isTerminal: Bool) -> Bool {
    switch self {
    case .always: return true
    case .never: return false
    case .auto:
      let terminal = environment["TERM"] ?? ""
      let refused = !(environment["NO_COLOR"] ?? "").isEmpty
      return isTerminal && !refused && !terminal.isEmpty && terminal != "dumb"
    }
  }
}

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
