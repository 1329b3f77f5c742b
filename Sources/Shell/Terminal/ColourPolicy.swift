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
