import X86

/// The memory references of a translation, numbered, and how it ends.
struct WalkRendering {
  let walk: Walk
  /// Names the guest's paging format.
  let registers: Registers
  /// A walk of EPT for a guest-physical address, without a linear one.
  var isEPTAlone = false

  func lines(_ format: TextFormat) -> [String] {
    let subject = isEPTAlone ? "EPT walk of guest-physical" : "walk of linear"
    var lines = [format.heading("\(subject) \(Show.hex(walk.linear))")]
    if walk.references.isEmpty { lines.append("no memory reference: \(whyNone)") }
    let width = "\(walk.references.count)".count
    for (index, reference) in walk.references.enumerated() {
      lines.append(line(index + 1, width, reference, format))
    }
    lines.append(ending)
    return lines
  }

  private var mode: PagingMode {
    PagingMode(cr0: registers.cr0, cr4: registers.cr4, efer: registers.efer)
  }

  private var whyNone: String {
    if walk.fault == .nonCanonical { return "the address is refused before any table is read" }
    return mode == .off ? "paging is off" : "the tables lie outside of what can be read"
  }

  private func line(
    _ number: Int, _ width: Int, _ reference: WalkReference, _ format: TextFormat
  ) -> String {
    let meaning = meaning(of: reference)
    let value = "at \(Show.hex(reference.address)) = \(Show.hex(reference.entry))"
    if format.isPlain {
      return "reference \(number): \(reference.table) \(value), \(meaning)"
    }
    let table = TextFormat.pad(reference.table, 9)
    let indent = reference.isEPT ? "" : "  "
    return TextFormat.padLeft("\(number)", width) + "  " + indent
      + (reference.isEPT ? format.aside(table) : format.style(table, .bold))
      + " \(value)  " + format.aside(meaning)
  }

  /// The entry in words, and for EPT the guest-physical address that it translates.
  private func meaning(of reference: WalkReference) -> String {
    if reference.isEPT {
      let entry = EPTEntry(level: reference.level, raw: reference.entry)
      return "for \(Show.hex(reference.guestPhysical)): " + Self.withoutName(entry.summary)
    }
    let features = PagingEntry.Features(
      physicalAddressBits: walk.physicalWidth, pse: registers.cr4 & CR4.pse != 0,
      nxe: registers.efer & EFER.nxe != 0)
    let entry = PagingEntry(
      level: reference.level, mode: mode, raw: reference.entry, features: features)
    return Self.withoutName(entry.summary)
  }

  /// A summary without the name and value in front, which the line has already.
  private static func withoutName(_ summary: String) -> String {
    guard let colon = summary.firstIndex(of: ":") else { return summary }
    return String(summary[colon...].dropFirst(2))
  }

  private var ending: String {
    if let fault = walk.fault { return "ends: " + Self.describe(fault) + reason + place(of: fault) }
    let page = walk.pageSize == 0 ? "" : " in a page of \(Show.size(walk.pageSize))"
    if isEPTAlone, let host = walk.physical { return "ends: host-physical \(Show.hex(host))" }
    switch (walk.guestPhysical, walk.physical) {
    case (let guest?, let host?) where guest != host:
      return "ends: guest-physical \(Show.hex(guest))\(page), host-physical \(Show.hex(host))"
    case (let guest?, _): return "ends: physical \(Show.hex(guest))\(page)"
    default: return "ends: without an address"
    }
  }

  private var reason: String { walk.reason.map { " (\($0))" } ?? "" }

  /// Which reference ended the walk.
  private func place(of fault: WalkFault) -> String {
    guard fault != .nonCanonical, let last = walk.references.last else { return "" }
    return ", at reference \(walk.references.count) (\(last.table))"
  }

  static func describe(_ fault: WalkFault) -> String {
    switch fault {
    case .nonCanonical:
      "#GP: the address is not canonical, its upper bits are not copies of the highest one used"
    case .pageFault(let code):
      "#PF with error code \(Show.hex(code)): \(RegisterBits.pageFault(errorCode: code))"
    case .eptViolation(let address, let qualification):
      "EPT violation (exit 48) at guest-physical \(Show.hex(address)), "
        + "qualification \(Show.hex(qualification)): \(violation(qualification))"
    case .eptMisconfiguration(let address):
      "EPT misconfiguration (exit 49) at guest-physical \(Show.hex(address))"
    }
  }

  /// SDM 3C, "Exit Qualification for EPT Violations": the access in bits 2:0, what all entries
  /// together allow in bits 5:3.
  private static func violation(_ qualification: UInt64) -> String {
    let access = ["read", "write", "fetch"].enumerated().filter {
      qualification >> UInt64($0.offset) & 1 == 1
    }.map(\.element).joined(separator: " and ")
    let rights = ["r", "w", "x"].enumerated().map {
      qualification >> UInt64($0.offset + 3) & 1 == 1 ? $0.element : "-"
    }.joined()
    return "a \(access) where EPT allows " + (rights == "---" ? "nothing" : rights)
  }

  var json: JSON {
    .object([
      (key: "linear", value: isEPTAlone ? .null : .hex(walk.linear)),
      (
        key: "references",
        value: .array(
          walk.references.map { reference in
            .object([
              (key: "table", value: .string(reference.table)),
              (key: "address", value: .hex(reference.address)),
              (key: "entry", value: .hex(reference.entry)),
              (key: "guestPhysical", value: .hex(reference.guestPhysical)),
              (key: "text", value: .string(meaning(of: reference))),
            ])
          })
      ),
      (key: "guestPhysical", value: .hexOrNull(walk.guestPhysical)),
      (key: "physical", value: .hexOrNull(walk.physical)),
      (key: "pageSize", value: .count(walk.pageSize)),
      (key: "fault", value: faultJSON),
    ])
  }

  private var faultJSON: JSON {
    guard let fault = walk.fault else { return .null }
    var members: [(key: String, value: JSON)]
    switch fault {
    case .nonCanonical: members = [(key: "kind", value: .string("non-canonical"))]
    case .pageFault(let code):
      members = [
        (key: "kind", value: .string("page-fault")), (key: "errorCode", value: .hex(UInt64(code))),
      ]
    case .eptViolation(let address, let qualification):
      members = [
        (key: "kind", value: .string("ept-violation")),
        (key: "guestPhysical", value: .hex(address)),
        (key: "qualification", value: .hex(qualification)),
      ]
    case .eptMisconfiguration(let address):
      members = [
        (key: "kind", value: .string("ept-misconfiguration")),
        (key: "guestPhysical", value: .hex(address)),
      ]
    }
    members.append((key: "text", value: .string(Self.describe(fault) + reason)))
    return .object(members)
  }
}
