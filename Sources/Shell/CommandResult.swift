/// What one command yields: text for people and data for programs, from the same value.
public struct CommandResult: Sendable {
  /// Full name of the command, as in the command table; the word as typed if there is none.
  public var command: String
  /// Text without a final newline; empty if there is nothing to say.
  public var output = ""
  /// The `data` member of the JSON object.
  public var data: JSON = .null
  /// Set if the command failed. What the processor answers is no failure.
  public var error: CommandError?
  /// The shell is to end.
  public var quits = false

  public init(command: String) { self.command = command }
}

/// Why a command could not be carried out.
public struct CommandError: Error, Sendable, Equatable {
  /// Kebab-case, stable: `unknown-command`, `ambiguous-command`, `usage`, `no-guest`,
  /// `missing-capability`…
  public var code: String
  /// What, where and what to do, in one line.
  public var message: String

  public init(_ code: String, _ message: String) {
    self.code = code
    self.message = message
  }
}

/// A JSON value. Objects keep the order in which they were written.
public enum JSON: Sendable, Equatable {
  case null
  case bool(Bool)
  case int(Int)
  case double(Double)
  case string(String)
  case array([JSON])
  case object([(key: String, value: JSON)])

  /// An address or register: `"0x…"`, lower case, no padding.
  public static func hex(_ value: UInt64) -> JSON { .string("0x" + String(value, radix: 16)) }

  public static func == (left: JSON, right: JSON) -> Bool { left.text == right.text }

  /// The value on one line.
  public var text: String {
    switch self {
    case .null: "null"
    case .bool(let value): value ? "true" : "false"
    case .int(let value): String(value)
    case .double(let value): value.isFinite ? "\(value)" : "null"
    case .string(let value): JSON.quote(value)
    case .array(let values): "[" + values.map(\.text).joined(separator: ", ") + "]"
    case .object(let members):
      "{" + members.map { JSON.quote($0.key) + ": " + $0.value.text }.joined(separator: ", ") + "}"
    }
  }

  private static func quote(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
