import X86

extension PageRights {
  /// What the guest's entries of a walk say together.
  init(_ references: [WalkReference]) {
    self = [.user, .writable]
    for entry in references.lazy.filter({ !$0.isEPT }).map(\.entry) {
      if entry & 4 == 0 { remove(.user) }
      if entry & 2 == 0 { remove(.writable) }
      if entry >> 63 != 0 { insert(.noExecute) }
      protectionKey = UInt8(truncatingIfNeeded: entry >> 59 & 15)
    }
  }
}

extension PagingRegisters {
  /// The rule that refuses an access to a page with `rights`, in words; nil if none does.
  func refusal(of rights: PageRights, _ access: PageAccess) -> String? {
    if allows(rights, access) { return nil }
    let isUserPage = rights.contains(.user)
    if access.isUser, !isUserPage { return "U/S is 0: a supervisor page" }
    if access.kind == .fetch {
      if rights.contains(.noExecute), efer & EFER.nxe != 0 { return "XD is 1" }
      return "CR4.SMEP forbids the supervisor to execute user pages"
    }
    if keyForbids(rights, access) { return keyRefusal(rights) }
    if !rights.contains(.writable), access.kind == .write, access.isUser || cr0 & CR0.wp != 0 {
      return access.isUser ? "R/W is 0" : "R/W is 0, and CR0.WP holds for the supervisor too"
    }
    return "CR4.SMAP forbids the supervisor user pages"
      + (access.isImplicit ? "" : " while RFLAGS.AC is 0")
  }

  private func keyRefusal(_ rights: PageRights) -> String {
    let key = rights.protectionKey
    let what = pkru >> (UInt32(key) * 2) & 1 != 0 ? "AD (no data access)" : "WD (no writes)"
    return "protection key \(key) has \(what) in PKRU 0x" + String(pkru, radix: 16)
  }
}
