import X86

/// The four fields that the VMCS has for each guest segment register.
struct GuestSegmentField {
  let segment: (Registers) -> Segment
  let selector: VMCSField
  let base: VMCSField
  let limit: VMCSField
  let accessRights: VMCSField

  static var rows: [GuestSegmentField] {
    [
      GuestSegmentField(
        segment: { $0[.es] }, selector: .guestESSelector, base: .guestESBase,
        limit: .guestESLimit, accessRights: .guestESAccessRights),
      GuestSegmentField(
        segment: { $0[.cs] }, selector: .guestCSSelector, base: .guestCSBase,
        limit: .guestCSLimit, accessRights: .guestCSAccessRights),
      GuestSegmentField(
        segment: { $0[.ss] }, selector: .guestSSSelector, base: .guestSSBase,
        limit: .guestSSLimit, accessRights: .guestSSAccessRights),
      GuestSegmentField(
        segment: { $0[.ds] }, selector: .guestDSSelector, base: .guestDSBase,
        limit: .guestDSLimit, accessRights: .guestDSAccessRights),
      GuestSegmentField(
        segment: { $0[.fs] }, selector: .guestFSSelector, base: .guestFSBase,
        limit: .guestFSLimit, accessRights: .guestFSAccessRights),
      GuestSegmentField(
        segment: { $0[.gs] }, selector: .guestGSSelector, base: .guestGSBase,
        limit: .guestGSLimit, accessRights: .guestGSAccessRights),
      GuestSegmentField(
        segment: { $0.ldtr }, selector: .guestLDTRSelector, base: .guestLDTRBase,
        limit: .guestLDTRLimit, accessRights: .guestLDTRAccessRights),
      GuestSegmentField(
        segment: { $0.tr }, selector: .guestTRSelector, base: .guestTRBase,
        limit: .guestTRLimit, accessRights: .guestTRAccessRights),
    ]
  }
}
