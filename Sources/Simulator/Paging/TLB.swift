import X86

/// What translations are cached under: those of another context do not match.
///
/// Linear mappings carry VPID and PCID, combined ones also the EPT root (SDM 3C, "Information That May
/// Be Cached"). Root operation and guests without VPID use VPID 0.
struct TranslationContext: Hashable, Sendable {
  var vpid: UInt16 = 0
  var pcid: UInt16 = 0
  /// EPTP bits 51:12, or 0 without EPT.
  var eptRoot: UInt64 = 0
  /// Different CR3 values without PCID have no right to each other's entries, but MOV CR3 flushes.
  var userMode = false
}

/// One direct-mapped entry. A tag is the linear page with the generation in its low 12 bits, so that one
/// comparison tells page, context and right.
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
  var guestPhysicalPage: UInt64 = 0
  var isGlobal = false

  /// The translation stays, so that nothing is walked again that hardware would not walk.
  mutating func watch() {
    if writeTag == ~0 { return }
    watchedTag = writeTag
    writeTag = ~0
  }
}

/// Cached translations of linear pages, only as coherent as a real TLB: stale until invalidated.
@safe final class TLB {
  static let size = 1024
  let entries: UnsafeMutablePointer<TLBEntry>
  /// 4095 is left out: with the last page of the address space it would make the tag that empty
  /// entries have.
  static let lastGeneration: UInt64 = 4094
  /// Generation of the current context, 1 to 4094; 0 matches nothing.
  private(set) var generation: UInt64 = 1
  private var nextGeneration: UInt64 = 2
  private var current = TranslationContext()
  private var generations: [TranslationContext: UInt64] = [TranslationContext(): 1]
  /// The context before the current one: a VM exit and the next VM entry go back and forth.
  private var previous: (context: TranslationContext, generation: UInt64)?

  /// Which context matches, and under which generation each is known.
  struct Contexts: Sendable {
    fileprivate var generation: UInt64
    fileprivate var nextGeneration: UInt64
    fileprivate var current: TranslationContext
    fileprivate var generations: [TranslationContext: UInt64]
    fileprivate var previous: (context: TranslationContext, generation: UInt64)?

    /// The next few contexts may make the TLB drop everything.
    var isNearlyUsedUp: Bool { nextGeneration &+ 8 > TLB.lastGeneration }
  }

  var contexts: Contexts {
    get {
      Contexts(
        generation: generation, nextGeneration: nextGeneration, current: current,
        generations: generations, previous: previous)
    }
    set {
      (generation, nextGeneration, current) = (
        newValue.generation, newValue.nextGeneration, newValue.current
      )
      (generations, previous) = (newValue.generations, newValue.previous)
    }
  }

  init() {
    // SAFETY: allocated once, freed in deinit, indexed modulo its size.
    unsafe entries = .allocate(capacity: TLB.size)
    unsafe entries.initialize(repeating: TLBEntry(), count: TLB.size)
  }

  deinit {
    // SAFETY: allocated in init.
    unsafe entries.deallocate()
  }

  /// The entry that `linear` maps to, whether it holds that page or not.
  @inline(__always)
  func slot(_ linear: UInt64) -> UnsafeMutablePointer<TLBEntry> {
    // SAFETY: masked to the size of the allocation.
    unsafe entries + Int(truncatingIfNeeded: (linear >> 12) & UInt64(TLB.size - 1))
  }

  /// Where the byte at `linear` is in this process.
  @inline(__always)
  static func host(_ addend: UInt, _ linear: UInt64) -> UnsafeMutableRawPointer {
    // SAFETY: the caller has compared the tag, so the sum lies in a page of RAM and is not 0.
    unsafe UnsafeMutableRawPointer(bitPattern: addend &+ UInt(linear)).unsafelyUnwrapped
  }

  /// Caches `page` for the current context. `hostBase` is where physical address 0 is.
  func fill(linear: UInt64, _ page: PageTranslation, hostBase: UInt, holdsCode: Bool) {
    let linearPage = linear & ~0xfff
    let tag = linearPage | generation
    var entry = TLBEntry()
    entry.readTag = page.isReadable ? tag : ~0
    entry.writeTag = page.isWritable && !holdsCode ? tag : ~0
    entry.watchedTag = page.isWritable && holdsCode ? tag : ~0
    entry.fetchTag = page.isExecutable ? tag : ~0
    entry.addend = hostBase &+ UInt(page.physical & ~0xfff) &- UInt(linearPage)
    entry.physicalPage = page.physical >> 12
    entry.guestPhysicalPage = page.guestPhysical >> 12
    entry.isGlobal = page.isGlobal
    // SAFETY: slot() masks its index.
    unsafe slot(linear).pointee = entry
  }

  /// Makes `context` the one that lookups match.
  func select(_ context: TranslationContext) {
    if context == current { return }
    let left = (context: current, generation: generation)
    current = context
    if let previous, previous.context == context {
      generation = previous.generation
      self.previous = left
      return
    }
    previous = left
    generation = generations[context] ?? newGeneration(context)
  }

  private func newGeneration(_ context: TranslationContext) -> UInt64 {
    if nextGeneration > TLB.lastGeneration { clear() }
    let result = nextGeneration
    nextGeneration += 1
    generations[context] = result
    return result
  }

  private func clear() {
    // SAFETY: the whole allocation.
    unsafe entries.update(repeating: TLBEntry(), count: TLB.size)
    generations.removeAll()
    previous = nil
    nextGeneration = 1
  }

  func flushEverything() {
    clear()
    generation = newGeneration(current)
  }

  /// Drops the entries of every context that `matches` selects.
  func flush(where matches: (TranslationContext) -> Bool) {
    for context in generations.keys where matches(context) { generations[context] = nil }
    previous = nil
    if generations[current] == nil { generation = newGeneration(current) }
  }

  /// Drops one linear page in every context, as INVLPG may.
  func flushPage(_ linear: UInt64) {
    // SAFETY: slot() masks.
    unsafe slot(linear).pointee = TLBEntry()
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
}
