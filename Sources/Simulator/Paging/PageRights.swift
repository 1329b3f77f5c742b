import X86

/// What the entries of a translation say together, before the control registers are asked: this is
/// what a TLB caches (SDM 3A, "Caching Translation Information").
public struct PageRights: OptionSet, Sendable {
  public var rawValue: UInt16
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// U/S is 1 in every entry: a user-mode address.
  public static let user = PageRights(rawValue: 1 << 0)
  /// R/W is 1 in every entry.
  public static let writable = PageRights(rawValue: 1 << 1)
  /// XD is 1 in some entry.
  public static let noExecute = PageRights(rawValue: 1 << 2)
  /// The dirty flag is set, or there is none.
  public static let dirty = PageRights(rawValue: 1 << 3)
  /// G is 1, and CR4.PGE was.
  public static let global = PageRights(rawValue: 1 << 4)
  public static let eptReadable = PageRights(rawValue: 1 << 5)
  /// EPT allows writes, and its dirty flag, if used, is set.
  public static let eptWritable = PageRights(rawValue: 1 << 6)
  public static let eptExecutable = PageRights(rawValue: 1 << 7)

  /// Where no EPT narrows the rights.
  static let anyEPT: PageRights = [.eptReadable, .eptWritable, .eptExecutable]

  /// Bits 62:59 of the leaf in 4-level and 5-level paging.
  public var protectionKey: UInt8 {
    get { UInt8(rawValue >> 8 & 15) }
    set { rawValue = rawValue & ~0xf00 | UInt16(newValue & 15) << 8 }
  }

  /// EPT lets this kind of access through, and a write needs no dirty flag set.
  func isComplete(for kind: PageAccess.Kind) -> Bool {
    switch kind {
    case .read: contains(.eptReadable)
    case .write: isSuperset(of: [.eptWritable, .dirty])
    case .fetch: contains(.eptExecutable)
    }
  }
}

// SDM 3A, "Determination of Access Rights".
extension PagingRegisters {
  func allows(_ rights: PageRights, _ access: PageAccess) -> Bool {
    if mode == .off { return true }
    let isUserPage = rights.contains(.user)
    if access.isUser, !isUserPage { return false }
    if access.kind == .fetch {
      if rights.contains(.noExecute), efer & EFER.nxe != 0 { return false }
      return access.isUser || !isUserPage || cr4 & CR4.smep == 0
    }
    if !access.isUser, isUserPage, smapForbids(access) { return false }
    if keyForbids(rights, access) { return false }
    if access.kind == .read || rights.contains(.writable) { return true }
    return !access.isUser && cr0 & CR0.wp == 0
  }

  /// RFLAGS.AC opens user pages to explicit accesses only.
  private func smapForbids(_ access: PageAccess) -> Bool {
    cr4 & CR4.smap != 0 && (access.isImplicit || rflags & RFLAGS.ac.rawValue == 0)
  }

  /// SDM 3A, "Protection Keys": for data accesses to user-mode addresses, in 4-level and 5-level
  /// paging.
  func keyForbids(_ rights: PageRights, _ access: PageAccess) -> Bool {
    guard cr4 & CR4.pke != 0, mode == .level4 || mode == .level5, rights.contains(.user),
      access.kind != .fetch
    else { return false }
    let bits = pkru >> (UInt32(rights.protectionKey) * 2)
    if bits & 1 != 0 { return true }
    return bits & 2 != 0 && access.kind == .write && (access.isUser || cr0 & CR0.wp != 0)
  }

  /// SDM 3A, "Page-Fault Exceptions": the error code. `rights` are those of a translation that
  /// exists and does not allow the access.
  func pageFault(
    _ access: PageAccess, reserved: Bool = false, rights: PageRights? = nil
  ) -> WalkFault {
    var code: UInt32 = reserved || rights != nil ? 1 : 0
    if access.kind == .write { code |= 1 << 1 }
    if access.isUser { code |= 1 << 2 }
    if reserved { code |= 1 << 3 }
    let tellsFetch =
      (efer & EFER.nxe != 0 && cr4 & CR4.pae != 0) || cr4 & CR4.smep != 0
    if access.kind == .fetch, tellsFetch { code |= 1 << 4 }
    if let rights, keyForbids(rights, access) { code |= 1 << 5 }
    return .pageFault(errorCode: code)
  }
}
