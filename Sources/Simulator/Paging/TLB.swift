import X86

/// Cached translations of linear pages, only as coherent as a real TLB: stale until invalidated.
///
/// An entry is valid as long as the stamps of its address space and its EPT root are the ones it
/// was filled under. What the hot path compares is narrower: a tag that holds for one context, with the
/// rights of one privilege. A miss first looks whether the entry is valid all the same, and tags it
/// anew: so do global pages after MOV to CR3.
@safe final class TLB {
  static let size = 1024
  let entries: UnsafeMutablePointer<TLBEntry>
  let origins: UnsafeMutablePointer<TLBOrigin>
  /// 4095 is left out: with the last page of the address space it would make the tag that empty
  /// entries have.
  static let lastGeneration: UInt64 = 4094
  /// What tags of the current context carry, 1 to 4094; 0 matches nothing.
  private(set) var generation: UInt64 = 1
  private var nextGeneration: UInt64 = 1
  private var nextStamp: UInt64 = 1

  private(set) var current = TranslationContext()
  private var view = TLBView()
  let spaces = TLBStamps()
  let globals = TLBStamps()
  let roots = TLBStamps()
  private let views: UnsafeMutablePointer<(view: TLBView, generation: UInt64)>
  /// Part of the keys of VPID 0, and of those of all other VPIDs: a higher number forgets them all.
  private var epochs: (root: UInt64, guests: UInt64) = (1, 1)
  let largePages = LargePageMarks()

  init() {
    // SAFETY: allocated once, freed in deinit, indexed modulo their sizes.
    unsafe entries = .allocate(capacity: TLB.size)
    unsafe entries.initialize(repeating: TLBEntry(), count: TLB.size)
    unsafe origins = .allocate(capacity: TLB.size)
    unsafe origins.initialize(repeating: TLBOrigin(), count: TLB.size)
    unsafe views = .allocate(capacity: TLBView.count)
    unsafe views.initialize(repeating: (TLBView(), 0), count: TLBView.count)
    resolve()
  }

  deinit {
    // SAFETY: allocated in init.
    unsafe entries.deallocate()
    unsafe origins.deallocate()
    unsafe views.deallocate()
  }

  @inline(__always)
  static func index(_ linear: UInt64) -> Int {
    Int(truncatingIfNeeded: (linear >> 12) & UInt64(TLB.size - 1))
  }

  /// The entry that `linear` maps to, whether it holds that page or not.
  @inline(__always)
  func slot(_ linear: UInt64) -> UnsafeMutablePointer<TLBEntry> {
    // SAFETY: masked to the size of the allocation.
    unsafe entries + TLB.index(linear)
  }

  /// Where the byte at `linear` is in this process.
  @inline(__always)
  static func host(_ addend: UInt, _ linear: UInt64) -> UnsafeMutableRawPointer {
    // SAFETY: the caller has compared the tag, so the sum lies in a page of RAM and is not 0.
    unsafe UnsafeMutableRawPointer(bitPattern: addend &+ UInt(linear)).unsafelyUnwrapped
  }

  // MARK: Contexts

  /// Makes `context` the one that lookups match.
  func select(_ context: TranslationContext) {
    if context == current { return }
    current = context
    resolve()
  }

  /// Finds the current context's stamps, and the generation of its tags.
  func resolve() {
    view = TLBView(
      space: spaces.stamp(spaceKey(current.vpid, current.pcid), orElse: nextStamp),
      global: globals.stamp(spaceKey(current.vpid, 0xffff), orElse: nextStamp &+ 1),
      root: roots.stamp(current.eptRoot, orElse: nextStamp &+ 2),
      permissions: current.permissions)
    nextStamp &+= 3
    // SAFETY: the index is masked.
    let slot = unsafe views + view.index
    if unsafe slot.pointee.view != view {
      unsafe slot.pointee = (view, newGeneration())
    }
    generation = unsafe slot.pointee.generation
  }

  /// A number that no tag carries. After the last one all tags are dropped, and no translation.
  private func newGeneration() -> UInt64 {
    if nextGeneration > TLB.lastGeneration {
      // SAFETY: the whole allocations.
      for index in 0..<TLB.size { unsafe entries[index].dropTags() }
      unsafe views.update(repeating: (TLBView(), 0), count: TLBView.count)
      nextGeneration = 1
    }
    defer { nextGeneration &+= 1 }
    return nextGeneration
  }

  /// The key of an address space; the PCID 0xffff stands for the global pages of a VPID.
  @inline(__always)
  func spaceKey(_ vpid: UInt16, _ pcid: UInt16) -> UInt64 {
    (vpid == 0 ? epochs.root : epochs.guests) << 32 | UInt64(vpid) << 16 | UInt64(pcid)
  }

  /// Forgets every address space of VPID 0, or of all other VPIDs.
  func startEpoch(ofGuests: Bool) {
    if ofGuests { epochs.guests &+= 1 } else { epochs.root &+= 1 }
  }

  // MARK: Translations

  /// Caches `page` for the current context, without tags.
  func fill(linear: UInt64, _ page: PageTranslation) {
    let index = TLB.index(linear)
    var entry = TLBEntry()
    entry.physicalPage = page.physical >> 12
    entry.linearPage = linear & ~0xfff
    entry.stamp = page.rights.contains(.global) ? view.global : view.space
    let shift = page.pageSize > 4096 ? UInt8(page.pageSize.trailingZeroBitCount) : 12
    if shift > 12 { largePages.note(linear, shift) }
    // SAFETY: index() masks.
    unsafe entries[index] = entry
    unsafe origins[index] = TLBOrigin(
      rootStamp: view.root, eptRoot: current.eptRoot,
      guestPhysicalPage: page.guestPhysical >> 12, rights: page.rights, vpid: current.vpid,
      pcid: current.pcid, pageShift: shift)
  }

  /// The page and the rights that the current context has cached for `linear`.
  func find(_ linear: UInt64) -> (physicalPage: UInt64, rights: PageRights)? {
    let index = TLB.index(linear)
    // SAFETY: index() masks.
    let entry = unsafe entries[index]
    guard entry.linearPage == linear & ~0xfff, isCurrent(entry.stamp) else { return nil }
    let origin = unsafe origins[index]
    return origin.rootStamp == view.root ? (entry.physicalPage, origin.rights) : nil
  }

  /// Of the current PCID, or global in the current VPID.
  @inline(__always)
  func isCurrent(_ stamp: UInt64) -> Bool { stamp == view.space || stamp == view.global }

  /// Lets the hot path use the entry of `linear` for what `allowed` names, in the current context.
  func tag(
    _ linear: UInt64, _ allowed: (read: Bool, write: Bool, fetch: Bool), hostBase: UInt,
    isWatched: Bool
  ) {
    let page = linear & ~0xfff
    let tag = page | generation
    // SAFETY: slot() masks.
    let slot = unsafe slot(linear)
    unsafe slot.pointee.readTag = allowed.read ? tag : ~0
    unsafe slot.pointee.writeTag = allowed.write && !isWatched ? tag : ~0
    unsafe slot.pointee.watchedTag = allowed.write && isWatched ? tag : ~0
    unsafe slot.pointee.fetchTag = allowed.fetch ? tag : ~0
    unsafe slot.pointee.addend =
      hostBase &+ UInt(truncatingIfNeeded: slot.pointee.physicalPage << 12) &- UInt(page)
  }

  /// Makes accesses to the page of `linear` take the slow path, in every context, until they are
  /// tagged anew.
  func dropTags(of linear: UInt64) {
    // SAFETY: slot() masks.
    unsafe slot(linear).pointee.dropTags()
  }

  /// Makes writes to a host-physical page take the slow path, in every context.
  func dropWriteAccess(physicalPage: UInt64) {
    for index in 0..<TLB.size {
      // SAFETY: index < size.
      if unsafe entries[index].physicalPage == physicalPage { unsafe entries[index].watch() }
    }
  }

  /// Makes all writes take the slow path once.
  func dropWriteAccess() {
    // SAFETY: index < size.
    for index in 0..<TLB.size { unsafe entries[index].watch() }
  }

  /// Which address spaces and roots are known, and by which stamps.
  struct Contexts: Sendable {
    fileprivate var spaces: [TLBStamps.Slot]
    fileprivate var globals: [TLBStamps.Slot]
    fileprivate var roots: [TLBStamps.Slot]
    fileprivate var epochs: (root: UInt64, guests: UInt64)
    fileprivate var current: TranslationContext
  }

  /// Stamps are never given out twice, so that what was cached under those that come back is valid
  /// again, and nothing else is.
  var contexts: Contexts {
    get {
      Contexts(
        spaces: spaces.content, globals: globals.content, roots: roots.content, epochs: epochs,
        current: current)
    }
    set {
      (spaces.content, globals.content) = (newValue.spaces, newValue.globals)
      (roots.content, epochs, current) = (newValue.roots, newValue.epochs, newValue.current)
      resolve()
    }
  }
}

/// What a generation stands for: the stamps of a context, and the privilege that looks.
struct TLBView: Equatable {
  static let count = 64

  var space: UInt64 = 0
  var global: UInt64 = 0
  var root: UInt64 = 0
  var permissions: UInt64 = 0

  var index: Int {
    let mix = space &+ root &* 0x85eb_ca6b &+ permissions &* 0xc2b2_ae3d_27d4_eb4f
    return Int(truncatingIfNeeded: (mix &* 0x9e37_79b9_7f4a_7c15) >> 58)
  }
}
