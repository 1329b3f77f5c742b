extension LessonGoal {
  /// Whether `value` meets the goal. nil, an unknown path, meets none, not even `!=`: a slip in a
  /// path must not pass.
  public func isMet(by value: JSON?) -> Bool {
    guard let value else { return false }
    switch relation {
    case .equal: return Self.equals(value, literal)
    case .notEqual: return !Self.equals(value, literal)
    case .contains: return Self.contains(value, literal)
    case .less, .atMost, .greater, .atLeast: return isOrdered(value)
    }
  }

  private func isOrdered(_ value: JSON) -> Bool {
    guard let have = Self.number(value), case .number(let want) = literal else { return false }
    return switch relation {
    case .less: have < want
    case .atMost: have <= want
    case .greater: have > want
    default: have >= want
    }
  }

  private static func equals(_ value: JSON, _ literal: Literal) -> Bool {
    switch literal {
    case .number(let want): number(value) == want
    case .string(let want): if case .string(want) = value { true } else { false }
    case .bool(let want): if case .bool(want) = value { true } else { false }
    }
  }

  private static func contains(_ value: JSON, _ literal: Literal) -> Bool {
    switch (value, literal) {
    case (.string(let have), .string(let want)): have.contains(want)
    case (.array(let values), _): values.contains { equals($0, literal) }
    default: false
    }
  }

  /// Registers and addresses come as `"0x…"`.
  private static func number(_ value: JSON) -> Int128? {
    switch value {
    case .int(let number): Int128(number)
    case .string(let text): Literal.number(text)
    case .double(let number): Int128(exactly: number)
    default: nil
    }
  }

  /// What there is now, for the *have* line, in the base in which the goal is written.
  public func have(_ value: JSON?) -> String {
    guard let value else { return "nothing of that name" }
    if value == .null { return "nothing yet" }
    guard case .number = literal, let number = Self.number(value) else { return value.text }
    return source.contains("0x") ? "0x" + String(number, radix: 16) : String(number)
  }
}
