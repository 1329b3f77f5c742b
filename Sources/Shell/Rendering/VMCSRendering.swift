import Monitor
import X86

/// A VMCS in the manual's groups, a single field, or what changed.
struct VMCSRendering {
  enum View: String, CaseIterable, Sendable {
    case guest, host, control, exit

    var type: VMCSField.FieldType {
      switch self {
      case .guest: .guest
      case .host: .host
      case .control: .control
      case .exit: .exitInformation
      }
    }
  }

  let contents: VMCSContents
  var status = VMXStatus()

  func lines(_ views: [View], diff: Bool, _ format: TextFormat) -> [String] {
    var lines = [headline]
    for view in views {
      let shown = rows(view, diff: diff)
      guard !shown.isEmpty else { continue }
      lines.append(format.heading(Self.titles[view] ?? view.rawValue))
      lines += shown.map { line($0, diff: diff, format) }
    }
    if lines.count == 1 {
      lines.append(diff ? "no field changed since the last VM entry" : "no field has a value")
    }
    return lines
  }

  private static let titles: [View: String] = [
    .guest: "guest-state area", .host: "host-state area", .control: "control fields",
    .exit: "VM-exit information",
  ]

  private var headline: String {
    guard let address = contents.address else {
      return "KVM keeps its VMCS to itself: live fields are read from KVM, derived ones follow "
        + "from what it tells, hidden ones it does not tell"
    }
    return "current VMCS at \(Show.hex(address)), \(status.isLaunched ? "launched" : "clear")"
  }

  /// Fields that have a value other than 0, or all that changed.
  private func rows(_ view: View, diff: Bool) -> [VMCSFieldRow] {
    VMCSField.rows.filter { row in
      guard row.field.type == view.type, let value = contents.fields[row.field] else {
        return false
      }
      if diff { return (contents.previous[row.field] ?? value.value) != value.value }
      return value.value != 0 || value.standing != .live
    }
  }

  private func line(_ row: VMCSFieldRow, diff: Bool, _ format: TextFormat) -> String {
    guard let value = contents.fields[row.field] else { return row.symbol }
    if diff, let before = contents.previous[row.field] {
      return "  " + format.change(row.symbol, Show.hex(before), Show.hex(value.value))
    }
    let shown = value.standing == .hidden ? "hidden by KVM" : Show.hex(value.value)
    let mark = mark(value.standing)
    let names = names(row.field, value.value).map { " [\($0.joined(separator: ", "))]" } ?? ""
    let extra = value.standing == .hidden ? "" : mark + names
    if format.isPlain { return "\(row.symbol): \(shown)\(extra)" }
    return "  \(format.name(TextFormat.pad(row.symbol, 38))) \(shown)\(format.aside(extra))"
  }

  private func names(_ field: VMCSField, _ value: UInt64) -> [String]? {
    guard field == .exitReason else { return field.setBitNames(value) }
    return [ExitReason(rawValue: UInt16(truncatingIfNeeded: value)).identifier]
  }

  /// Where a backend has no VMCS of its own, how near each value is to the one in the kernel's.
  private func mark(_ standing: VMCSContents.Standing) -> String {
    contents.address == nil ? " (\(standing.rawValue))" : ""
  }

  /// One field with its meaning and parts.
  func field(_ field: VMCSField, diff: Bool, _ format: TextFormat) -> [String] {
    guard let value = contents.fields[field.fullField] else {
      return ["\(field.symbol): this backend does not show it"]
    }
    let raw = field.isHighHalf ? value.value >> 32 : value.value
    var lines: [String] = []
    if diff, let before = contents.previous[field.fullField] {
      lines.append(format.change(field.symbol, Show.hex(before), Show.hex(raw)))
    } else if value.standing == .hidden {
      let why = value.source.isEmpty ? "" : ": \(value.source)"
      lines.append("\(format.name(field.symbol)) is hidden by KVM\(why)")
    } else {
      let source = value.source.isEmpty ? "" : ", \(value.source)"
      let mark = contents.address == nil ? " (\(value.standing.rawValue)\(source))" : ""
      lines.append(
        format.isPlain
          ? "\(field.symbol): \(Show.hex(raw))\(mark)"
          : "\(format.name(field.symbol)) \(Show.hex(raw))\(mark)")
    }
    lines.append(
      "\(field.name): \(field.meaning) "
        + "(\(field.width.name) \(field.type.name) field, encoding \(Show.hex(field.rawValue)))")
    guard value.standing != .hidden else { return lines }
    if let names = field.setBitNames(raw) {
      lines.append("set: " + (names.isEmpty ? "none" : names.joined(separator: ", ")))
    }
    lines += FieldRendering.lines(describe(field, raw), of: field.symbol, format)
    return lines
  }

  private func describe(_ field: VMCSField, _ raw: UInt64) -> [FieldValue] {
    let reason = contents.fields[.exitReason]?.value ?? 0
    let information = contents.fields[.exitInterruptionInformation]?.value ?? 0
    return field.describe(
      raw, exitReason: UInt32(truncatingIfNeeded: reason),
      interruptionInformation: UInt32(truncatingIfNeeded: information))
  }

  func json(_ views: [View], diff: Bool) -> JSON {
    var members: [(key: String, value: JSON)] = [
      (key: "current", value: .hexOrNull(contents.address)),
      (key: "launched", value: .bool(status.isLaunched)),
    ]
    for view in views {
      let rows = VMCSField.rows.filter { row in
        guard row.field.type == view.type, let value = contents.fields[row.field] else {
          return false
        }
        return !diff || (contents.previous[row.field] ?? value.value) != value.value
      }
      members.append((key: view.rawValue, value: .array(rows.map { json($0.field, diff: diff) })))
    }
    return .object(members)
  }

  func json(_ field: VMCSField, diff: Bool) -> JSON {
    let value = contents.fields[field.fullField]
    let raw = value.map { field.isHighHalf ? $0.value >> 32 : $0.value }
    var members: [(key: String, value: JSON)] = [
      (key: "field", value: .string(field.symbol)),
      (key: "encoding", value: .hex(UInt64(field.rawValue))),
      (key: "value", value: value?.standing == .hidden ? .null : .hexOrNull(raw)),
      (key: "standing", value: .string(value?.standing.rawValue ?? "hidden")),
    ]
    if diff { members.append((key: "before", value: .hexOrNull(contents.previous[field]))) }
    return .object(members)
  }
}
