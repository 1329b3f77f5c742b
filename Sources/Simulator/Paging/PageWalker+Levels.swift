import X86

/// Accessed and dirty flags of guest entries.
let accessedFlag: UInt64 = 1 << 5
let dirtyFlag: UInt64 = 1 << 6

extension PageWalker {
  /// SDM 3A, "4-Level Paging and 5-Level Paging".
  mutating func walkLong(levels: Int, _ access: PageAccess) throws(WalkFault) -> PageTranslation {
    var leaf = GuestLeaf()
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
    guard pdpte & 1 != 0 else { throw registers.pageFault(access) }
    var leaf = GuestLeaf()
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
      recorder.record(
        WalkReference(
          table: PagingLevel.tableName(level), level: level, isEPT: false, address: address,
          guestPhysical: guestAddress,
          entry: entry, isLeaf: isLeaf))
      guard entry & 1 != 0 else { throw registers.pageFault(access) }
      if entry & reservedBits(level: level, isLeaf: isLeaf, isPAE: isPAE) != 0 {
        throw registers.pageFault(access, reserved: true)
      }
      narrow(&leaf.rights, entry)
      if isLeaf {
        let size = UInt64(1) << UInt64(3 + 9 * level)
        leaf.pageSize = size
        leaf.guestPhysical =
          (entry & 0x000f_ffff_ffff_f000 & ~(size &- 1)) | (linear & (size &- 1))
        try take(&leaf, entry, at: address, guestAddress, access)
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
    var leaf = GuestLeaf()
    let directory = (registers.cr3 & 0xffff_f000) &+ ((linear >> 22) & 0x3ff) &* 4
    let directoryAddress = try translateTableAddress(directory, access)
    let pde = UInt64(memory.readEntry32(directoryAddress))
    let isLarge = registers.cr4 & CR4.pse != 0 && pde & 0x80 != 0 && pde & 1 != 0
    recorder.record(
      WalkReference(
        table: "PD", level: 2, isEPT: false, address: directoryAddress, guestPhysical: directory,
        entry: pde, isLeaf: isLarge))
    guard pde & 1 != 0 else { throw registers.pageFault(access) }
    if isLarge {
      if pde & reservedBitsOf4MiBPage != 0 {
        throw registers.pageFault(access, reserved: true)
      }
      narrow(&leaf.rights, pde)
      // PSE-36: bits 20:13 are address bits 39:32.
      leaf.guestPhysical =
        (pde & 0xffc0_0000) | ((pde & 0x1f_e000) << 19) | (linear & 0x3f_ffff)
      leaf.pageSize = 4 << 20
      try take(&leaf, pde, at: directoryAddress, directory, access)
      if pde & accessedFlag == 0 {
        try markEntry(directoryAddress, directory, accessedFlag, access)
      }
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
    guard pte & 1 != 0 else { throw registers.pageFault(access) }
    leaf.guestPhysical = (pte & 0xffff_f000) | (linear & 0xfff)
    leaf.pageSize = 4096
    narrow(&leaf.rights, pde & pte)
    try take(&leaf, pte, at: address, table, access)
    if pte & accessedFlag == 0 { try markEntry(address, table, accessedFlag, access) }
    return try finish(leaf, access)
  }

  /// SDM 3A, "32-Bit Paging": a page above 4 GiB has no more address bits than 40 or MAXPHYADDR.
  private var reservedBitsOf4MiBPage: UInt64 {
    let extra = min(max(registers.physicalWidth, 32), 40) &- 32
    return 0x3f_e000 & ~((UInt64(1) << (13 &+ extra)) &- 1)
  }

  /// U/S and R/W must be 1 at every level, XD 0.
  private func narrow(_ rights: inout PageRights, _ entry: UInt64) {
    if entry & 4 == 0 { rights.remove(.user) }
    if entry & 2 == 0 { rights.remove(.writable) }
    if entry >> 63 != 0 { rights.insert(.noExecute) }
  }

  /// What only the leaf says, and the judgement of all levels together.
  private func take(
    _ leaf: inout GuestLeaf, _ entry: UInt64, at address: UInt64, _ guestAddress: UInt64,
    _ access: PageAccess
  ) throws(WalkFault) {
    if entry & dirtyFlag != 0 { leaf.rights.insert(.dirty) }
    // SDM 3A, "Global Pages": G is ignored with CR4.PGE = 0.
    if entry & 0x100 != 0, registers.cr4 & CR4.pge != 0 { leaf.rights.insert(.global) }
    leaf.rights.protectionKey = UInt8(truncatingIfNeeded: entry >> 59 & 15)
    leaf.entryAddress = address
    leaf.entryGuestPhysical = guestAddress
    if !registers.allows(leaf.rights, access) {
      throw registers.pageFault(access, rights: leaf.rights)
    }
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

  /// EPT for the final address, and the dirty flag.
  mutating func finish(
    _ leaf: GuestLeaf, _ access: PageAccess
  ) throws(WalkFault) -> PageTranslation {
    let isWrite = access.kind == .write
    var rights = leaf.rights.union(.anyEPT)
    var physical = leaf.guestPhysical
    if registers.eptPointer != 0 {
      let ept = try translateEPT(
        leaf.guestPhysical,
        EPTAccess(
          reads: access.kind == .read, writes: isWrite, fetches: access.kind == .fetch,
          isFinal: true), records: true)
      physical = ept.physical
      if !ept.isReadable { rights.remove(.eptReadable) }
      if !ept.isWritable { rights.remove(.eptWritable) }
      if !ept.isExecutable { rights.remove(.eptExecutable) }
    }
    if isWrite, !rights.contains(.dirty) {
      try markEntry(leaf.entryAddress, leaf.entryGuestPhysical, dirtyFlag, access)
      rights.insert(.dirty)
    }
    return PageTranslation(
      guestPhysical: leaf.guestPhysical, physical: physical, pageSize: leaf.pageSize,
      rights: rights)
  }
}
