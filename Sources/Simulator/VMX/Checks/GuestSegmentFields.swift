import X86

/// The guest-state fields of one segment register. The manual numbers them alike: ES, CS, SS, DS,
/// FS, GS, LDTR, TR.
struct GuestSegmentFields: Sendable {
  let name: String
  let selector: VMCSField
  let base: VMCSField
  let limit: VMCSField
  let access: VMCSField

  private init(_ name: String, _ index: UInt32) {
    self.name = name
    selector = VMCSField(rawValue: VMCSField.guestESSelector.rawValue + 2 * index)
    base = VMCSField(rawValue: VMCSField.guestESBase.rawValue + 2 * index)
    limit = VMCSField(rawValue: VMCSField.guestESLimit.rawValue + 2 * index)
    access = VMCSField(rawValue: VMCSField.guestESAccessRights.rawValue + 2 * index)
  }

  static let es = GuestSegmentFields("ES", 0)
  static let cs = GuestSegmentFields("CS", 1)
  static let ss = GuestSegmentFields("SS", 2)
  static let ds = GuestSegmentFields("DS", 3)
  static let fs = GuestSegmentFields("FS", 4)
  static let gs = GuestSegmentFields("GS", 5)
  static let ldtr = GuestSegmentFields("LDTR", 6)
  static let tr = GuestSegmentFields("TR", 7)

  /// CS, SS, DS, ES, FS, GS in the manual's order.
  static let codeAndData = [cs, ss, ds, es, fs, gs]
  static let data = [ds, es, fs, gs]
}

extension VMEntryCheckContext {
  /// The segment as the fields have it; access rights keep their reserved bits.
  func segment(_ fields: GuestSegmentFields) -> Segment {
    Segment(
      selector: UInt16(truncatingIfNeeded: self[fields.selector]), base: self[fields.base],
      limit: UInt32(truncatingIfNeeded: self[fields.limit]),
      access: UInt32(truncatingIfNeeded: self[fields.access]))
  }
}
