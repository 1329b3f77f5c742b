/// One valid entry of a translation lookaside buffer.
public struct CachedTranslation: Sendable, Equatable {
  /// The first linear address of the 4 KiB that the entry translates.
  public var linear: UInt64
  public var guestPhysical: UInt64
  /// Host-physical under EPT, else equal to `guestPhysical`.
  public var physical: UInt64
  /// Bytes of the guest page that the entry is a part of.
  public var pageSize: UInt64
  public var isUser = false
  public var isWritable = false
  public var isExecutable = false
  /// Writes need no dirty flag set.
  public var isDirty = false
  public var isGlobal = false
  public var protectionKey: UInt8 = 0
  /// Letters of `rwx` or `-`; nil without EPT.
  public var eptRights: String?
  public var vpid: UInt16 = 0
  /// nil if it was cached with paging off.
  public var pcid: UInt16?
  /// Physical address of the EPT PML4 table; nil without EPT.
  public var eptRoot: UInt64?

  public init(linear: UInt64, guestPhysical: UInt64, physical: UInt64, pageSize: UInt64) {
    self.linear = linear
    self.guestPhysical = guestPhysical
    self.physical = physical
    self.pageSize = pageSize
  }
}
