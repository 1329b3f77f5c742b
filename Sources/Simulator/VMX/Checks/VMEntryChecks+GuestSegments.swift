import X86

// SDM 3C, "Checks on Guest Segment Registers": exit reason 33.
//
// The rules on access rights and limits (G16 to G26) are for guests that are not in virtual-8086
// mode; for those, G13 and G15 say all. CS is always checked, the others only if they are usable.
extension VMEntryCheck {
  static let guestSegmentRows: [VMEntryCheck] =
    selectorAndBaseRows + accessRightsRows + privilegeRows + systemSegmentRows

  private static let selectorAndBaseRows: [VMEntryCheck] = [
    VMEntryCheck(
      "G11", .guestSegments, [.guestTRSelector, .guestLDTRSelector, .guestLDTRAccessRights],
      "The selectors of TR and of a usable LDTR have TI = 0"
    ) { $0.tableIndicators },
    VMEntryCheck(
      "G12", .guestSegments, [.guestSSSelector, .guestCSSelector, .guestRFLAGS] + restriction,
      "RPL of SS equals that of CS, unless in virtual-8086 mode or unrestricted"
    ) {
      $0.unless(
        $0.isVirtual8086Guest || $0.isUnrestrictedGuest
          || ($0[.guestSSSelector] ^ $0[.guestCSSelector]) & 3 == 0,
        .guestSSSelector, "RPL (bits 1:0) = \($0[.guestCSSelector] & 3), as in CS")
    },
    VMEntryCheck(
      "G13", .guestSegments, fields(\.selector) + fields(\.base) + [.guestRFLAGS],
      "In virtual-8086 mode each base is the selector times 16"
    ) { $0.virtual8086Bases },
    VMEntryCheck(
      "G14", .guestSegments,
      fields(\.base) + fields(\.access)
        + [.guestTRBase, .guestLDTRBase, .guestLDTRAccessRights],
      "Bases of TR, FS, GS and a usable LDTR are canonical; those of CS and usable SS, DS and ES "
        + "have 32 bits"
    ) { $0.segmentBases },
    VMEntryCheck(
      "G15", .guestSegments, fields(\.limit) + fields(\.access) + [.guestRFLAGS],
      "In virtual-8086 mode each limit is FFFFH and the access rights are F3H"
    ) { $0.virtual8086Segments },
  ]

  private static let accessRightsRows: [VMEntryCheck] = [
    VMEntryCheck(
      "G16", .guestSegments, [.guestCSAccessRights, .guestRFLAGS] + restriction,
      "CS is an accessed code segment; an unrestricted guest may have read/write data (type 3)"
    ) { $0.codeSegmentType },
    VMEntryCheck(
      "G17", .guestSegments, [.guestSSAccessRights, .guestRFLAGS],
      "A usable SS is accessed read/write data (type 3 or 7)"
    ) { context in
      context.firstSegment([.ss], "type (bits 3:0) = 3 or 7") { $0.type != 3 && $0.type != 7 }
    },
    VMEntryCheck(
      "G18", .guestSegments, fields(\.access) + [.guestRFLAGS],
      "Usable DS, ES, FS and GS are accessed, and readable if code"
    ) { context in
      context.firstSegment(
        GuestSegmentFields.data, "type with bit 0 = 1, and bit 1 = 1 if bit 3 = 1"
      ) { $0.type & 1 == 0 || $0.type & 0b1010 == 0b1000 }
    },
    VMEntryCheck(
      "G19", .guestSegments, fields(\.access) + [.guestRFLAGS], "S is 1: code or data"
    ) { context in
      context.firstSegment(GuestSegmentFields.codeAndData, "S (bit 4) = 1") { !$0.isCodeOrData }
    },
  ]

  private static let privilegeRows: [VMEntryCheck] = [
    VMEntryCheck(
      "G20", .guestSegments, [.guestCSAccessRights, .guestSSAccessRights, .guestRFLAGS],
      "DPL of CS is 0 for type 3, that of SS for types 9 and 11, and not above it for 13 and 15"
    ) { $0.codeSegmentPrivilege },
    VMEntryCheck(
      "G21", .guestSegments,
      [.guestSSAccessRights, .guestSSSelector, .guestCSAccessRights, .guestCR0, .guestRFLAGS]
        + restriction,
      "DPL of SS equals its RPL unless unrestricted; it is 0 if CS has type 3 or CR0.PE is 0"
    ) { $0.stackSegmentPrivilege },
    VMEntryCheck(
      "G22", .guestSegments,
      fields(\.access) + fields(\.selector) + [.guestRFLAGS] + restriction,
      "DPL of usable DS, ES, FS and GS is not below RPL, unless conforming code or unrestricted"
    ) { context in
      guard !context.isUnrestrictedGuest else { return nil }
      return context.firstSegment(GuestSegmentFields.data, "DPL (bits 6:5) not below RPL") {
        $0.type <= 11 && $0.dpl < $0.rpl
      }
    },
    VMEntryCheck(
      "G23", .guestSegments, fields(\.access) + [.guestRFLAGS], "P is 1: present"
    ) { context in
      context.firstSegment(GuestSegmentFields.codeAndData, "P (bit 7) = 1") { !$0.isPresent }
    },
    VMEntryCheck(
      "G24", .guestSegments, fields(\.access) + [.guestRFLAGS],
      "Reserved bits of the access rights are 0"
    ) { context in
      context.firstSegment(GuestSegmentFields.codeAndData, "bits 11:8 and 31:17 = 0") {
        $0.access & reservedAccessRights != 0
      }
    },
    VMEntryCheck(
      "G25", .guestSegments, [.guestCSAccessRights, .entryControls, .guestRFLAGS],
      "In IA-32e mode a 64-bit code segment (L) has D/B = 0"
    ) { context in
      guard context.isIA32eGuest else { return nil }
      return context.firstSegment([.cs], "D/B (bit 14) = 0, or L (bit 13) = 0") {
        $0.isLong && $0.is32Bit
      }
    },
    VMEntryCheck(
      "G26", .guestSegments, fields(\.access) + fields(\.limit) + [.guestRFLAGS],
      "G is 0 if a bit of limit[11:0] is 0, and 1 if a bit of limit[31:20] is 1"
    ) { context in
      context.firstSegment(GuestSegmentFields.codeAndData, "G (bit 15) that fits the limit") {
        !$0.granularityFitsLimit
      }
    },
  ]

  private static let systemSegmentRows: [VMEntryCheck] = [
    VMEntryCheck(
      "G27", .guestSegments, [.guestTRAccessRights, .guestTRLimit, .entryControls],
      "TR is a usable, present busy TSS (type 11, or 3 outside IA-32e mode), reserved bits 0, "
        + "G fits the limit"
    ) { $0.taskRegister },
    VMEntryCheck(
      "G28", .guestSegments, [.guestLDTRAccessRights, .guestLDTRLimit],
      "A usable LDTR is a present LDT (type 2), reserved bits 0, G fits the limit"
    ) { $0.localDescriptorTable },
  ]

  private static let restriction: [VMCSField] = [
    .secondaryProcessorBasedControls, .primaryProcessorBasedControls,
  ]

  private static func fields(_ part: (GuestSegmentFields) -> VMCSField) -> [VMCSField] {
    GuestSegmentFields.codeAndData.map(part)
  }
}

/// Bits 11:8 and 31:17.
private let reservedAccessRights: UInt32 = 0xfffe_0f00

extension Segment {
  /// SDM 3C, "Checks on Guest Segment Registers": bit 15 of the access rights.
  fileprivate var granularityFitsLimit: Bool {
    if limit & 0xfff != 0xfff && granularity { return false }
    return limit >> 20 == 0 || granularity
  }
}

extension VMEntryCheckContext {
  /// The first of `registers` that is broken: CS always counts, others if usable; none in
  /// virtual-8086 mode.
  fileprivate func firstSegment(
    _ registers: [GuestSegmentFields], _ want: String, where isBroken: (Segment) -> Bool
  ) -> VMEntryViolation? {
    guard !isVirtual8086Guest else { return nil }
    for fields in registers {
      let value = segment(fields)
      let counts = !value.isUnusable || fields.access == .guestCSAccessRights
      if counts && isBroken(value) { return violation(fields.access, "\(fields.name) \(want)") }
    }
    return nil
  }

  fileprivate var tableIndicators: VMEntryViolation? {
    if self[.guestTRSelector] & 4 != 0 { return violation(.guestTRSelector, "TI (bit 2) = 0") }
    return unless(
      segment(.ldtr).isUnusable || self[.guestLDTRSelector] & 4 == 0, .guestLDTRSelector,
      "TI (bit 2) = 0")
  }

  fileprivate var virtual8086Bases: VMEntryViolation? {
    guard isVirtual8086Guest else { return nil }
    for fields in GuestSegmentFields.codeAndData {
      let want = self[fields.selector] << 4
      if self[fields.base] != want {
        return violation(fields.base, "\(hexadecimal(want)), the selector times 16")
      }
    }
    return nil
  }

  fileprivate var virtual8086Segments: VMEntryViolation? {
    guard isVirtual8086Guest else { return nil }
    for fields in GuestSegmentFields.codeAndData {
      if self[fields.limit] != 0xffff { return violation(fields.limit, "0xffff") }
      if self[fields.access] != 0xf3 { return violation(fields.access, "0xf3") }
    }
    return nil
  }

  fileprivate var segmentBases: VMEntryViolation? {
    if let flaw = canonical([.guestTRBase, .guestFSBase, .guestGSBase]) { return flaw }
    if !segment(.ldtr).isUnusable, let flaw = canonical([.guestLDTRBase]) { return flaw }
    for fields in [GuestSegmentFields.cs, .ss, .ds, .es] {
      let counts = fields.access == .guestCSAccessRights || !segment(fields).isUnusable
      if counts && self[fields.base] >> 32 != 0 { return violation(fields.base, "bits 63:32 = 0") }
    }
    return nil
  }

  fileprivate var codeSegmentType: VMEntryViolation? {
    let isUnrestricted = isUnrestrictedGuest
    let want = "type (bits 3:0) = 9, 11, 13 or 15" + (isUnrestricted ? ", or 3" : "")
    return firstSegment([.cs], want) { segment in
      segment.type & 9 != 9 && !(isUnrestricted && segment.type == 3)
    }
  }

  fileprivate var codeSegmentPrivilege: VMEntryViolation? {
    let stackDPL = segment(.ss).dpl
    let type = segment(.cs).type
    let want =
      type == 3 ? "DPL (bits 6:5) = 0" : "DPL (bits 6:5) that fits SS.DPL = \(stackDPL)"
    return firstSegment([.cs], want) { code in
      switch code.type {
      case 3: code.dpl != 0
      case 9, 11: code.dpl != stackDPL
      case 13, 15: code.dpl > stackDPL
      default: false
      }
    }
  }

  /// The DPL of SS is the CPL: it counts even if SS is unusable.
  fileprivate var stackSegmentPrivilege: VMEntryViolation? {
    guard !isVirtual8086Guest else { return nil }
    let stack = segment(.ss)
    if !isUnrestrictedGuest && stack.dpl != stack.rpl {
      return violation(.guestSSAccessRights, "DPL (bits 6:5) = RPL = \(stack.rpl)")
    }
    let mustBeZero = segment(.cs).type == 3 || self[.guestCR0] & CR0.pe == 0
    return unless(!mustBeZero || stack.dpl == 0, .guestSSAccessRights, "DPL (bits 6:5) = 0")
  }

  fileprivate var taskRegister: VMEntryViolation? {
    let task = segment(.tr)
    let isBusyTSS = task.type == 11 || (task.type == 3 && !isIA32eGuest)
    let want = "\(isIA32eGuest ? "type 11" : "type 3 or 11"), S = 0, P = 1, usable, reserved bits 0"
    if !isBusyTSS || task.isUnusable || !isSystemSegmentValid(task) {
      return violation(.guestTRAccessRights, want)
    }
    return unless(task.granularityFitsLimit, .guestTRAccessRights, "G (bit 15) that fits the limit")
  }

  fileprivate var localDescriptorTable: VMEntryViolation? {
    let table = segment(.ldtr)
    guard !table.isUnusable else { return nil }
    if table.type != 2 || !isSystemSegmentValid(table) {
      return violation(.guestLDTRAccessRights, "type 2, S = 0, P = 1, reserved bits 0, or unusable")
    }
    return unless(
      table.granularityFitsLimit, .guestLDTRAccessRights, "G (bit 15) that fits the limit")
  }

  private func isSystemSegmentValid(_ segment: Segment) -> Bool {
    !segment.isCodeOrData && segment.isPresent && segment.access & reservedAccessRights == 0
  }
}
