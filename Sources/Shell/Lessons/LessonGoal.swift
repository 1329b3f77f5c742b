/// One predicate over the machine: `exit.name == "cpuid"`, `vmcs.GUEST_RFLAGS == 0x2`.
public struct LessonGoal: Sendable, Equatable {
  /// How the value must relate to the literal.
  public enum Relation: String, Sendable, CaseIterable {
    case equal = "=="
    case notEqual = "!="
    case atMost = "<="
    case atLeast = ">="
    case less = "<"
    case greater = ">"
    case contains
  }

  /// The right side.
  public enum Literal: Sendable, Equatable {
    case number(Int128)
    case string(String)
    case bool(Bool)
  }

  public var path: String
  public var relation: Relation
  public var literal: Literal
  /// The predicate as it is written.
  public var source: String
  public var line: Int

  /// The path of the learner's answer to the step's question; the engine knows it, no host does.
  public static let answerPath = "answer"

  /// Reads one line of a goal block.
  public static func parse(_ text: String, line: Int) -> Result<LessonGoal, LessonGoalProblem> {
    let source = text.trimmed
    let path = String(source.prefix { isPathCharacter($0) })
    guard !path.isEmpty else {
      return .failure(.init("a goal begins with a path such as exit.name, not '\(source)'"))
    }
    let afterPath = source.dropFirst(path.count).trimmed
    let relations = Relation.allCases
    guard let relation = relations.first(where: { afterPath.hasPrefix($0.rawValue) }) else {
      let known = relations.map(\.rawValue).joined(separator: " ")
      return .failure(.init("after '\(path)' stands one of \(known), not '\(afterPath)'"))
    }
    let right = afterPath.dropFirst(relation.rawValue.count).trimmed
    guard let literal = Literal(right) else {
      return .failure(
        .init("'\(right)' is no number, no \"text\" in quotes, and neither true nor false"))
    }
    let isOrder = relation != .equal && relation != .notEqual && relation != .contains
    if isOrder, case .number = literal {
    } else if isOrder {
      return .failure(.init("'\(relation.rawValue)' compares numbers only"))
    }
    if relation == .contains, case .bool = literal {
      return .failure(.init("'contains' looks for text or a number"))
    }
    return .success(
      LessonGoal(path: path, relation: relation, literal: literal, source: source, line: line))
  }

  private static func isPathCharacter(_ character: Character) -> Bool {
    character.isASCII && (character.isLetter || character.isNumber)
      || character == "." || character == "_" || character == "-"
  }
}

/// Why a line is no goal.
public struct LessonGoalProblem: Error, Sendable, Equatable {
  public var message: String
  init(_ message: String) { self.message = message }
}

extension LessonGoal.Literal {
  init?(_ text: String) {
    if text == "true" || text == "false" {
      self = .bool(text == "true")
    } else if let string = Self.quoted(text) {
      self = .string(string)
    } else if let number = Self.number(text) {
      self = .number(number)
    } else {
      return nil
    }
  }

  /// `"text"` with `\"` and `\\` inside; nil for anything else.
  static func quoted(_ text: String) -> String? {
    guard text.count >= 2, text.first == "\"", text.last == "\"" else { return nil }
    var result = ""
    var isEscaped = false
    for character in text.dropFirst().dropLast() {
      if isEscaped {
        result.append(character)
        isEscaped = false
      } else if character == "\\" {
        isEscaped = true
      } else if character == "\"" {
        return nil
      } else {
        result.append(character)
      }
    }
    return isEscaped ? nil : result
  }

  /// Decimal, `0x…` or `0b…`, perhaps negative, within 64 bits.
  static func number(_ text: String) -> Int128? {
    let isNegative = text.hasPrefix("-")
    let digits = isNegative ? text.dropFirst() : Substring(text)
    guard let first = digits.first, first.isASCII, first.isHexDigit else { return nil }
    let magnitude: UInt64?
    if digits.hasPrefix("0x") {
      magnitude = unsigned(digits.dropFirst(2), radix: 16)
    } else if digits.hasPrefix("0b") {
      magnitude = unsigned(digits.dropFirst(2), radix: 2)
    } else {
      magnitude = unsigned(digits, radix: 10)
    }
    return magnitude.map { isNegative ? -Int128($0) : Int128($0) }
  }

  /// Without the sign that `UInt64.init(_:radix:)` allows.
  private static func unsigned(_ digits: Substring, radix: Int) -> UInt64? {
    guard let first = digits.first, first != "+", first != "-" else { return nil }
    return UInt64(digits, radix: radix)
  }
}
