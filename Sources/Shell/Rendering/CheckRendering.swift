import Monitor

/// The rules of VM entry that a VMCS breaks.
struct CheckRendering {
  let failures: [CheckFailure]

  func lines(_ format: TextFormat) -> [String] {
    guard !failures.isEmpty else {
      return ["every rule of VM entry is kept: `vmlaunch` (or `run`) can enter the guest"]
    }
    var lines = ["\(Show.count(failures.count, "rule")) of VM entry broken"]
    for (index, failure) in failures.enumerated() {
      let fields = failure.fields.map(\.symbol).joined(separator: ", ")
      let label = format.isPlain ? "rule \(index + 1)" : "\(index + 1)."
      lines.append("\(format.style(label, .bold)) \(failure.rule)")
      lines.append("   have: \(failure.have)")
      lines.append("   want: \(failure.want)")
      if !fields.isEmpty { lines.append("   fields: \(fields)") }
      lines.append("   manual: \(failure.section)")
    }
    let field = failures.first?.fields.first?.symbol ?? "FIELD"
    lines.append(format.next("`explain \(field)`, `vmwrite \(field) VALUE`, then `check` again"))
    return lines
  }

  var json: JSON {
    .object([
      (
        key: "failures",
        value: .array(
          failures.map { failure in
            .object([
              (key: "rule", value: .string(failure.rule)),
              (key: "section", value: .string(failure.section)),
              (key: "fields", value: .strings(failure.fields.map(\.symbol))),
              (key: "have", value: .string(failure.have)),
              (key: "want", value: .string(failure.want)),
            ])
          })
      )
    ])
  }
}
