import X86

/// Accessed and dirty flags of guest entries.
let accessedFlag: UInt64 = 1 << 5
let dirtyFlag: UInt64 = 1 << 6

extension PageWalker {
  private static var tableNames: [String] { ["", "PT", "PD", "PDPT", "PML4", "PML5"] }

  /// SDM 3A, "4-Level Paging and 5-Level Paging".
  mutating func walkLong(levels: Int, _ access: PageAccess) throws(WalkFault) -> PageTranslation {
    var leaf = GuestLeaf(guestPhysical: 0)
    let table = registers.cr3 & 0x000f_ffff_ffff_f000
    try walkTables(from: levels, table: table, &leaf, access)
    return try finish(leaf, access)
  }

  /// SDM 3A, "PAE Paging": the first level is in registers.
  mutating func walkPAE(_ access: PageAccess) throws(WalkFault) -> PageTranslation {
    let p = registers.pdptes
    let pdpte =
      switch (linear >> 30) & 3 {
      case 0: p.0
      case 1: p.1
      case 2: p.2
      default: p.3
      }
    guard pdpte & 1 != 0 else { throw pageFault(access, present: false) }
    var leaf = GuestLeaf(guestPhysical: 0)
    try walkTables(from: 2, table: pdpte & 0x000f_ffff_ffff_f000, &leaf, access)
    return try finish(leaf, access)
  }

  /// The levels that 8-byte entries have in common, from `first` down to the leaf.
  private mutating func walkTables(
    from first: Int, table firstTable: UInt64, _ leaf: inout GuestLeaf, _ access: PageAccess
  ) throws(WalkFault) {
    var table = firstTable
    var level = first
    let isPAE = registers.mode == .pae
    while true {
      let index = (linear >> UInt64(3 + 9 * level)) & 0x1ff
      let guestAddress = table &+ index &* 8
      let address = try translateTableAddress(guestAddress, access)
      let entry = memory.readEntry64(address)
      let isLeaf = level == 1 || (level <= 3 && entry & 0x80 != 0 && entry & 1 != 0)
      let name = PageWalker.tableNames[level]
      recorder.record(
        WalkReference(
          table: name, level: level, isEPT: false, address: address, guestPhysical: guestAddress,
          entry: entry, isLeaf: isLeaf))
      guard entry & 1 != 0 else { throw pageFault(access, present: false) }
      if entry & reservedBits(level: level, isLeaf: isLeaf, isPAE: isPAE) != 0 {
        throw pageFault(access, present: true, reserved: true)
      }
      leaf.isUser = leaf.isUser && entry & 4 != 0
      leaf.isWritable = leaf.isWritable && entry & 2 != 0
      leaf.isNoExecute = leaf.isNoExecute || entry >> 63 != 0
      if isLeaf {
        let size = UInt64(1) << UInt64(3 + 9 * level)
        leaf.pageSize = size
        leaf.guestPhysical =
          (entry & 0x000f_ffff_ffff_f000 & ~(size &- 1)) | (linear & (size &- 1))
        leaf.isGlobal = entry & 0x100 != 0
        leaf.isDirty = entry & dirtyFlag != 0
        leaf.entryAddress = address
        leaf.entryGuestPhysical = guestAddress
        try checkRights(leaf, access)
      }
      if entry & accessedFlag == 0 {
        try markEntry(address, guestAddress, accessedFlag, access)
      }
      if isLeaf { return }
      table = entry & 0x000f_ffff_ffff_f000
      level -= 1
    }
  }

  /// SDM 3A, "Page-Fault Exceptions": RSVD. The bits that must be 0 in a present entry.
  private func reservedBits(level: Int, isLeaf: Bool, isPAE: Bool) -> UInt64 {
    var bits = reservedAddressBits
    if !noExecuteEnabled { bits |= 1 << 63 }
    if isPAE { bits |= 0x7ff0_0000_0000_0000 }
    if level >= 4 { bits |= 0x80 }
    if isLeaf, level > 1 {
      // Address bits below the page size, except PAT (bit 12).
      bits |= ((UInt64(1) << UInt64(3 + 9 * level)) &- 1) & ~0x1fff
    }
    return bits
  }

  /// SDM 3A, "32-Bit Paging".
  mutating func walk32(_ access: PageAccess) throws(WalkFault) -> PageTranslation {
    var leaf = GuestLeaf(guestPhysical: 0)
    let directory = (registers.cr3 & 0xffff_f000) &+ ((linear >> 22) & 0x3ff) &* 4
    let directoryAddress = try translateTableAddress(directory, access)
    let pde = UInt64(memory.readEntry32(directoryAddress))
    let isLarge = registers.cr4 & CR4.pse != 0 && pde & 0x80 != 0 && pde & 1 != 0
    recorder.record(
      WalkReference(
        table: "PD", level: 2, isEPT: false, address: directoryAddress, guestPhysical: directory,
        entry: pde, isLeaf: isLarge))
    guard pde & 1 != 0 else { throw pageFault(access, present: false) }
    if isLarge {
      // PSE-36: bits 20:13 are address bits 39:32; bit 21 is reserved.
      if pde & (1 << 21) != 0 { throw pageFault(access, present: true, reserved: true) }
      leaf.guestPhysical =
        (pde & 0xffc0_0000) | ((pde & 0x1f_e000) << 19) | (linear & 0x3f_ffff)
      leaf.pageSize = 4 << 20
      try finish32(&leaf, pde, pde, directoryAddress, directory, access)
      return try finish(leaf, access)
    }
    let table = (pde & 0xffff_f000) &+ ((linear >> 12) & 0x3ff) &* 4
    if pde & accessedFlag == 0 { try markEntry(directoryAddress, directory, accessedFlag, access) }
    let address = try translateTableAddress(table, access)
    let pte = UInt64(memory.readEntry32(address))
    recorder.record(
      WalkReference(
        table: "PT", level: 1, isEPT: false, address: address, guestPhysical: table, entry: pte,
        isLeaf: true))
    guard pte & 1 != 0 else { throw pageFault(access, present: false) }
    leaf.guestPhysical = (pte & 0xffff_f000) | (linear & 0xfff)
    leaf.pageSize = 4096
    try finish32(&leaf, pde & pte, pte, address, table, access)
    return try finish(leaf, access)
  }

  private mutating func finish32(
    _ leaf: inout GuestLeaf, _ rights: UInt64, _ entry: UInt64, _ address: UInt64,
    _ guestAddress: UInt64, _ access: PageAccess
  ) throws(WalkFault) {
    leaf.isUser = rights & 4 != 0
    leaf.isWritable = rights & 2 != 0
    leaf.isGlobal = entry & 0x100 != 0
    leaf.isDirty = entry & dirtyFlag != 0
    leaf.entryAddress = address
    leaf.entryGuestPhysical = guestAddress
    try checkRights(leaf, access)
    if entry & accessedFlag == 0 { try markEntry(address, guestAddress, accessedFlag, access) }
  }

  /// SDM 3A, "Determination of Access Rights".
  func checkRights(_ leaf: GuestLeaf, _ access: PageAccess) throws(WalkFault) {
    if !allows(leaf, access) { throw pageFault(access, present: true) }
  }

  func allows(_ leaf: GuestLeaf, _ access: PageAccess) -> Bool {
    if access.isUser, !leaf.isUser { return false }
    switch access.kind {
    case .fetch:
      if leaf.isNoExecute, noExecuteEnabled { return false }
      return access.isUser || !leaf.isUser || registers.cr4 & CR4.smep == 0
    case .read:
      return access.isUser || !smapForbids(leaf)
    case .write:
      if access.isUser { return leaf.isWritable }
      if smapForbids(leaf) { return false }
      return leaf.isWritable || registers.cr0 & CR0.wp == 0
    }
  }

  private func smapForbids(_ leaf: GuestLeaf) -> Bool {
    leaf.isUser && registers.cr4 & CR4.smap != 0
      && registers.rflags & RFLAGS.ac.rawValue == 0
  }

  /// SDM 3A, "Page-Fault Exceptions": the error code.
  func pageFault(_ access: PageAccess, present: Bool, reserved: Bool = false) -> WalkFault {
    var code: UInt32 = present ? 1 : 0
    if access.kind == .write { code |= 2 }
    if access.isUser { code |= 4 }
    if reserved { code |= 8 }
    let tellsFetch =
      (noExecuteEnabled && registers.mode != .bits32) || registers.cr4 & CR4.smep != 0
    if access.kind == .fetch, tellsFetch { code |= 16 }
    return .pageFault(errorCode: code)
  }

  /// Sets a flag in a guest entry. Under EPT this is a write, which EPT must allow.
  mutating func markEntry(
    _ address: UInt64, _ guestAddress: UInt64, _ flag: UInt64, _ access: PageAccess
  ) throws(WalkFault) {
    guard setsFlags else { return }
    if registers.eptPointer != 0 {
      _ = try translateEPT(
        guestAddress, EPTAccess(reads: true, writes: true, fetches: false, isFinal: false),
        records: false)
    }
    memory.mark(address, UInt16(truncatingIfNeeded: flag))
  }

  /// The host-physical address of a guest paging-structure entry.
  mutating func translateTableAddress(
    _ guestPhysical: UInt64, _ access: PageAccess
  ) throws(WalkFault) -> UInt64 {
    if registers.eptPointer == 0 { return guestPhysical }
    // SDM 3C, "EPT Violations": with EPT accessed and dirty flags on, processor accesses to guest
    // paging structures count as writes.
    let writes = registers.eptPointer & 0x40 != 0
    return try translateEPT(
      guestPhysical, EPTAccess(reads: true, writes: writes, fetches: false, isFinal: false),
      records: true
    ).physical
  }

  /// EPT for the final address, the dirty flag, and the rights that a TLB may keep.
  mutating func finish(
    _ leaf: GuestLeaf, _ access: PageAccess
  ) throws(WalkFault) -> PageTranslation {
    var result = PageTranslation(guestPhysical: leaf.guestPhysical, physical: leaf.guestPhysical)
    result.pageSize = leaf.pageSize
    result.isUserPage = leaf.isUser
    result.isGlobal = leaf.isGlobal
    let isWrite = access.kind == .write
    result.isReadable = allows(leaf, PageAccess(.read, isUser: access.isUser))
    result.isExecutable = allows(leaf, PageAccess(.fetch, isUser: access.isUser))
    result.isWritable =
      (leaf.isDirty || isWrite) && allows(leaf, PageAccess(.write, isUser: access.isUser))
    if registers.eptPointer != 0 {
      let ept = try translateEPT(
        leaf.guestPhysical,
        EPTAccess(
          reads: access.kind == .read, writes: isWrite, fetches: access.kind == .fetch,
          isFinal: true), records: true)
      result.physical = ept.physical
      result.isReadable = result.isReadable && ept.isReadable
      result.isWritable = result.isWritable && ept.isWritable
      result.isExecutable = result.isExecutable && ept.isExecutable
    }
    if isWrite, !leaf.isDirty, leaf.entryAddress != 0 {
      try markEntry(leaf.entryAddress, leaf.entryGuestPhysical, dirtyFlag, access)
    }
    return result
  }
}
