extension CommandResult {
  /// The object that `--json` writes, on one line.
  public var json: JSON {
    guard let error else {
      return .object([
        (key: "command", value: .string(command)), (key: "ok", value: .bool(true)),
        (key: "output", value: .string(output)), (key: "data", value: data),
      ])
    }
    var members: [(key: String, value: JSON)] = [
      (key: "command", value: .string(command)), (key: "ok", value: .bool(false)),
      (
        key: "error",
        value: .object([
          (key: "code", value: .string(error.code)),
          (key: "message", value: .string(error.message)),
        ])
      ),
    ]
    if !output.isEmpty { members.append((key: "output", value: .string(output))) }
    if data != .null { members.append((key: "data", value: data)) }
    return .object(members)
  }
}
