import X86

/// What an access through EPT wants, in the terms of the exit qualification.
struct EPTAccess {
  var reads: Bool
  var writes: Bool
  var fetches: Bool
  /// An access to the translation of a linear address, not to a guest paging structure.
  var isFinal: Bool
}

/// Where EPT leads, and with which rights.
struct EPTTranslation {
  var physical: UInt64
  var isReadable: Bool
  /// Allowed, and the dirty flag, if used, is set.
  var isWritable: Bool
  var isExecutable: Bool
}

extension PageWalker {
  /// SDM 3C, "EPT Translation Mechanism".
  mutating func translateEPT(
    _ guestPhysical: UInt64, _ access: EPTAccess, records: Bool
  ) throws(WalkFault) -> EPTTranslation {
    // Bits 47:0 are translated; a wider guest-physical address has no translation.
    if guestPhysical >> 48 != 0 {
      throw violation(guestPhysical, access, rights: 0)
    }
    var table = registers.eptPointer & 0x000f_ffff_ffff_f000
    var rights: UInt64 = 7
    var level = 4
    let usesFlags = registers.eptPointer & 0x40 != 0
    while true {
      let index = (guestPhysical >> UInt64(3 + 9 * level)) & 0x1ff
      let address = table &+ index &* 8
      let entry = memory.readEntry64(address)
      let isLeaf = level == 1 || (level <= 3 && entry & 0x80 != 0 && entry & 7 != 0)
      if records {
        recorder.record(
          WalkReference(
            table: "EPT-" + PagingLevel.tableName(level), level: level, isEPT: true,
            address: address, guestPhysical: guestPhysical,
            entry: entry, isLeaf: isLeaf))
      }
      // "Not present" is judged before misconfiguration: then bits 62:3 are free for software.
      if entry & 7 == 0 { throw violation(guestPhysical, access, rights: 0) }
      if isMisconfigured(entry, level: level, isLeaf: isLeaf) {
        throw .eptMisconfiguration(guestPhysical: guestPhysical)
      }
      rights &= entry
      if isLeaf {
        let wanted: UInt64 =
          (access.reads ? 1 : 0) | (access.writes ? 2 : 0) | (access.fetches ? 4 : 0)
        if rights & wanted != wanted { throw violation(guestPhysical, access, rights: rights) }
      }
      let isDirtying = isLeaf && access.writes
      if usesFlags, setsFlags {
        let wanted: UInt64 = isDirtying ? 0x300 : 0x100
        if entry & wanted != wanted { memory.mark(address, UInt16(wanted)) }
      }
      if isLeaf {
        let size = UInt64(1) << UInt64(3 + 9 * level)
        let dirtyKnown = !usesFlags || isDirtying || entry & 0x200 != 0
        return EPTTranslation(
          physical: (entry & 0x000f_ffff_ffff_f000 & ~(size &- 1)) | (guestPhysical & (size &- 1)),
          isReadable: rights & 1 != 0, isWritable: rights & 2 != 0 && dirtyKnown,
          isExecutable: rights & 4 != 0)
      }
      table = entry & 0x000f_ffff_ffff_f000
      level -= 1
    }
  }

  /// SDM 3C, "EPT Misconfigurations".
  private func isMisconfigured(_ entry: UInt64, level: Int, isLeaf: Bool) -> Bool {
    // Writable but not readable. Execute-only is supported (IA32_VMX_EPT_VPID_CAP bit 0).
    if entry & 3 == 2 { return true }
    if entry & reservedAddressBits != 0 { return true }
    if isLeaf {
      let type = (entry >> 3) & 7
      if type == 2 || type == 3 || type == 7 { return true }
      return level > 1 && entry & ((UInt64(1) << UInt64(3 + 9 * level)) &- 1) & ~0xfff != 0
    }
    return entry & (level == 4 ? 0xf8 : 0x78) != 0
  }

  /// SDM 3C, "Exit Qualification for EPT Violations". Bits 5:3 are 0 if an entry was not present.
  private func violation(
    _ guestPhysical: UInt64, _ access: EPTAccess, rights: UInt64
  ) -> WalkFault {
    var qualification: UInt64 = 0
    if access.reads { qualification |= 1 }
    if access.writes { qualification |= 2 }
    if access.fetches { qualification |= 4 }
    qualification |= (rights & 7) << 3
    qualification |= 1 << 7
    if access.isFinal { qualification |= 1 << 8 }
    return .eptViolation(guestPhysical: guestPhysical, qualification: qualification)
  }
}
