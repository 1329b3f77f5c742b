import X86

/// The valid entries of the TLB.
struct TLBRendering {
  let entries: [CachedTranslation]

  func lines(_ format: TextFormat) -> [String] {
    if entries.isEmpty { return ["the TLB is empty"] }
    let table = TextTable(
      [
        ("linear", .right), ("guest-physical", .right), ("host-physical", .right),
        ("page", .right), ("rights", .left), ("global", .left), ("VPID", .right),
        ("PCID", .right), ("EPT root", .right), ("EPT rights", .left),
      ], entries.map(Self.row))
    return table.lines(format)
  }

  private static func row(_ entry: CachedTranslation) -> [String] {
    [
      Show.hex(entry.linear), Show.hex(entry.guestPhysical), Show.hex(entry.physical),
      PagingLevel.sizeName(entry.pageSize), rights(entry), entry.isGlobal ? "global" : "",
      "\(entry.vpid)", entry.pcid.map { "\($0)" } ?? "paging off",
      entry.eptRoot.map { Show.hex($0) } ?? "", entry.eptRights ?? "",
    ]
  }

  /// "user rw- dirty key 3": what the guest's entries allow together.
  static func rights(_ entry: CachedTranslation) -> String {
    var parts = [
      entry.isUser ? "user" : "supervisor",
      "r" + (entry.isWritable ? "w" : "-") + (entry.isExecutable ? "x" : "-"),
    ]
    if entry.isDirty { parts.append("dirty") }
    if entry.protectionKey != 0 { parts.append("key \(entry.protectionKey)") }
    return parts.joined(separator: " ")
  }

  var json: JSON {
    .object([(key: "entries", value: .array(entries.map(Self.json)))])
  }

  private static func json(_ entry: CachedTranslation) -> JSON {
    .object([
      (key: "linear", value: .hex(entry.linear)),
      (key: "guestPhysical", value: .hex(entry.guestPhysical)),
      (key: "physical", value: .hex(entry.physical)),
      (key: "pageSize", value: .count(entry.pageSize)),
      (key: "user", value: .bool(entry.isUser)),
      (key: "writable", value: .bool(entry.isWritable)),
      (key: "executable", value: .bool(entry.isExecutable)),
      (key: "dirty", value: .bool(entry.isDirty)),
      (key: "global", value: .bool(entry.isGlobal)),
      (key: "protectionKey", value: .int(Int(entry.protectionKey))),
      (key: "vpid", value: .int(Int(entry.vpid))),
      (key: "pcid", value: entry.pcid.map { .int(Int($0)) } ?? .null),
      (key: "eptRoot", value: .hexOrNull(entry.eptRoot)),
      (key: "eptRights", value: entry.eptRights.map { .string($0) } ?? .null),
    ])
  }
}
