/// The memory references that one address translation makes, in order, and how it ends.
public struct Walk: Sendable, Equatable {
  public var linear: UInt64
  public var references: [WalkReference] = []
  /// Where guest paging leads; with paging off, the linear address itself.
  public var guestPhysical: UInt64?
  /// Where the whole walk leads: host-physical under EPT, else equal to `guestPhysical`.
  public var physical: UInt64?
  /// Bytes of the guest page, 0 with paging off.
  public var pageSize: UInt64 = 0
  public var fault: WalkFault?
  /// Which rule a page fault comes from, where its error code leaves that open.
  public var reason: String?
  /// MAXPHYADDR, on which reserved bits depend.
  public var physicalWidth = 52

  public init(linear: UInt64) { self.linear = linear }
}

/// One read of a paging-structure entry.
public struct WalkReference: Sendable, Equatable {
  /// `PML5`, `PML4`, `PDPT`, `PD`, `PT`, with `EPT-` in front for EPT tables.
  public var table: String
  /// Level of the table: 5 to 1.
  public var level: Int
  public var isEPT: Bool
  /// Physical address that is read: host-physical under EPT.
  public var address: UInt64
  /// The guest-physical address that an EPT reference translates, or of a guest entry itself.
  public var guestPhysical: UInt64
  public var entry: UInt64
  public var isLeaf: Bool

  public init(
    table: String, level: Int, isEPT: Bool, address: UInt64, guestPhysical: UInt64, entry: UInt64,
    isLeaf: Bool
  ) {
    self.table = table
    self.level = level
    self.isEPT = isEPT
    self.address = address
    self.guestPhysical = guestPhysical
    self.entry = entry
    self.isLeaf = isLeaf
  }
}

/// Why a walk ends without an address.
public enum WalkFault: Sendable, Equatable {
  /// #GP or #SS: bits above the linear-address width are not copies of the highest one.
  case nonCanonical
  /// #PF with its error code (SDM 3A, "Page-Fault Exceptions").
  case pageFault(errorCode: UInt32)
  /// Exit 48 with its qualification.
  case eptViolation(guestPhysical: UInt64, qualification: UInt64)
  /// Exit 49.
  case eptMisconfiguration(guestPhysical: UInt64)
}

/// What a translation is for.
public struct PageAccess: Sendable, Equatable {
  public enum Kind: Sendable, Equatable { case read, write, fetch }
  public var kind: Kind
  /// CPL 3, and not an implicit supervisor access.
  public var isUser: Bool
  /// By the processor on its way to a descriptor table or a task-state segment: RFLAGS.AC does not
  /// open user pages to it.
  public var isImplicit: Bool

  public init(_ kind: Kind, isUser: Bool = false, isImplicit: Bool = false) {
    self.kind = kind
    self.isUser = isUser
    self.isImplicit = isImplicit
  }
}
