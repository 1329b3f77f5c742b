/// One row of the manual's tables of VMX controls: a bit with a name.
///
/// Bits without a row are reserved: 1 if they are in the group's `default1`, otherwise 0.
public struct VMXControl: Sendable {
  /// What software that does not know a control sets it to, and whether it may do otherwise.
  public enum DefaultClass: String, Sendable {
    case default0
    /// 1, but a processor with the TRUE capability MSRs may allow 0.
    case default1 = "default1, may be 0 if the TRUE capability MSR allows it"
  }

  public let group: VMXControlGroup
  public let mask: UInt64
  /// As the manual spells it, e.g. "HLT exiting".
  public let name: String
  /// What a 1 does, in words.
  public let meaning: String
  /// What else VM entry demands when the bit is 1; nil if nothing.
  public let dependsOn: String?

  public var bit: Int { mask.trailingZeroBitCount }

  /// The short form `primary[7]` that the tables refer to it by.
  public var reference: String { "\(group.rawValue)[\(bit)]" }

  public var defaultClass: DefaultClass { group.default1 & mask != 0 ? .default1 : .default0 }

  init(
    _ group: VMXControlGroup, _ mask: UInt64, _ name: String, _ meaning: String,
    dependsOn: String? = nil
  ) {
    self.group = group
    self.mask = mask
    self.name = name
    self.meaning = meaning
    self.dependsOn = dependsOn
  }

  /// Every named control, group by group, in ascending order of bits.
  public static let rows: [VMXControl] = VMXControlGroup.allCases.flatMap(\.controls)

  /// The controls of that name or reference, in any case: several groups have a "load IA32_PAT".
  public static func named(_ text: String) -> [VMXControl] {
    let key = TableText.key(text)
    guard !key.isEmpty else { return [] }
    let reference = text.lowercased().filter { $0 != " " }
    return rows.filter { TableText.key($0.name) == key || $0.reference == reference }
  }
}
