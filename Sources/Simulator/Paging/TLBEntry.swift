/// The half of an entry that the hot path reads. A tag is the linear page with the generation in
/// its low 12 bits, so that one comparison tells page, context and right.
struct TLBEntry {
  var readTag: UInt64 = ~0
  var writeTag: UInt64 = ~0
  var fetchTag: UInt64 = ~0
  /// Writable, but stores are noted on the slow path: the page holds decoded code, or its content
  /// has to be kept for a checkpoint first.
  var watchedTag: UInt64 = ~0
  /// Host address minus linear address: adding a linear address gives where its byte is.
  var addend: UInt = 0
  /// Host-physical page number.
  var physicalPage: UInt64 = ~0
  /// What the entry translates, whatever the tags say; not page-aligned when it is empty.
  var linearPage: UInt64 = ~0
  /// The stamp of the address space, or for a global page of the VPID, when it was filled.
  var stamp: UInt64 = 0

  /// The translation stays, so that nothing is walked again that hardware would not walk.
  mutating func watch() {
    if writeTag == ~0 { return }
    watchedTag = writeTag
    writeTag = ~0
  }

  @inline(__always)
  mutating func dropTags() {
    (readTag, writeTag, fetchTag, watchedTag) = (~0, ~0, ~0, ~0)
  }
}

/// The other half: where a translation comes from and what it allows.
struct TLBOrigin {
  /// The stamp of the EPT root when the entry was filled.
  var rootStamp: UInt64 = 0
  var eptRoot: UInt64 = 0
  var guestPhysicalPage: UInt64 = 0
  var rights = PageRights()
  var vpid: UInt16 = 0
  var pcid: UInt16 = 0
  /// Log 2 of the guest page's size, of which the entry holds 4 KiB.
  var pageShift: UInt8 = 12

  /// Whether `linear` lies in the guest page that an entry for `linearPage` is a part of.
  @inline(__always)
  func covers(_ linear: UInt64, _ linearPage: UInt64) -> Bool {
    (linear ^ linearPage) >> UInt64(pageShift & 63) == 0
  }
}

/// What translations are cached under: those of another context do not match.
///
/// Linear mappings carry VPID and PCID, combined ones also the EPT root (SDM 3C, "Information That
/// May Be Cached"). Root operation and guests without VPID use VPID 0.
struct TranslationContext: Equatable, Sendable {
  /// Stands in the PCID's place while paging is off: linear addresses then are physical ones, which
  /// no entry made with paging on may answer for.
  static let pagingOff: UInt16 = 0xfffe

  var vpid: UInt16 = 0
  var pcid: UInt16 = TranslationContext.pagingOff
  /// EPTP bits 51:12, or 0 without EPT.
  var eptRoot: UInt64 = 0
  /// What decides which rights suffice: privilege, CR0.WP and its kin, PKRU. Tags are made for one
  /// value of it; translations are not.
  var permissions: UInt64 = 0
}
