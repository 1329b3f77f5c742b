import Glibc
import X86

/// Host-physical RAM and ROM: reserved at once, paid for page by page when touched. Which addresses
/// lead to it is the business of `AddressMap`.
///
/// Every access is checked against the size; what lies beyond reads all ones and ignores writes,
/// as a bus that nobody answers.
@safe public final class PhysicalMemory {
  /// Bytes of RAM.
  public let size: UInt64
  let base: UnsafeMutableRawPointer
  /// One byte a page, 0 for most: what a write to the page has to do first. See PageTracking.swift.
  let pageNotes: UnsafeMutablePointer<UInt8>
  /// The pages written since the last checkpoint; nil while nobody keeps any.
  var openLog: PageLog?
  /// Asked now and then while the open log grows, with its bytes: false ends the tracking.
  var mayGrow: ((Int) -> Bool)?
  /// Bytes, by their offsets, whose writes are noted.
  var watchedRanges: [Range<UInt64>] = []
  /// One of them was written, and nobody has been told.
  var hasWatchHit = false
  private(set) var map: AddressMap
  /// Bytes of the mapping: RAM, and room for a ROM.
  let reserved: UInt64

  /// `size` is rounded up to whole pages. With `hasHole` RAM leaves 3 to 4 GiB free and goes on above,
  /// and there can be a ROM. Throws `MachineError.backend` if the host has not so much.
  public init(size: UInt64, hasHole: Bool = false) throws {
    self.size = (max(size, 4096) &+ 4095) & ~4095
    map = AddressMap(ram: self.size, hasHole: hasHole)
    reserved = self.size &+ (hasHole ? AddressMap.romCapacity : 0)
    // SAFETY: a fresh private mapping, unmapped in deinit.
    let pointer = unsafe mmap(
      nil, Int(clamping: reserved), PROT_READ | PROT_WRITE,
      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    guard let pointer = unsafe pointer, unsafe pointer != MAP_FAILED else {
      throw MachineError.backend(
        what: "reserving \(self.size) bytes of guest memory",
        why: unsafe String(cString: strerror(errno)),
        remedy: "use a smaller --memory")
    }
    unsafe base = pointer
    let pages = Int(reserved >> 12)
    // SAFETY: fresh memory, freed in deinit; zero pages cost nothing until they are written.
    unsafe pageNotes = .allocate(capacity: pages)
    unsafe pageNotes.initialize(repeating: 0, count: pages)
  }

  deinit {
    // SAFETY: mapped in init with this size.
    unsafe munmap(base, Int(reserved))
    unsafe pageNotes.deallocate()
  }

  /// What is to be added to an address in the page of `address` to get where its byte is in this
  /// process. The page must be memory.
  func hostBase(of address: UInt64) -> UInt {
    let page = address & ~0xfff
    let offset = map.offset(page, 4096) ?? page
    return unsafe UInt(bitPattern: base) &+ UInt(truncatingIfNeeded: offset &- page)
  }

  /// True if the `count` bytes from `address` are all memory.
  @inline(__always)
  func contains(_ address: UInt64, _ count: UInt64) -> Bool {
    map.offset(address, count) != nil
  }

  /// Places a read-only memory that ends at 1 MiB and at 4 GiB. False if it is too large.
  func setROM(_ bytes: [UInt8]) -> Bool {
    guard UInt64(bytes.count) <= min(AddressMap.romCapacity, reserved &- size) else { return false }
    let pages = (UInt64(bytes.count) &+ 4095) & ~4095
    map.setROM(size: pages)
    // Its last byte is the last one below 4 GiB.
    let padding = [UInt8](repeating: 0xff, count: Int(pages) - bytes.count)
    copy(padding + bytes, toOffset: size)
    return true
  }

  /// The pages with an offset: RAM, then the ROM.
  var pageCount: UInt64 { (size &+ map.romSize) >> 12 }

  /// Little-endian read of a physical address.
  @inline(__always)
  func load<T: FixedWidthInteger>(_ address: UInt64, as: T.Type) -> T {
    guard let offset = map.offset(address, UInt64(MemoryLayout<T>.size)) else { return ~0 }
    // SAFETY: an offset of the map lies, with all bytes, in the mapping.
    return unsafe base.loadUnaligned(fromByteOffset: Int(truncatingIfNeeded: offset), as: T.self)
  }

  @inline(__always)
  func store<T: FixedWidthInteger>(_ address: UInt64, _ value: T) {
    guard let offset = map.offset(address, UInt64(MemoryLayout<T>.size)), !map.isROM(address) else {
      return
    }
    prepareToWrite(offset, UInt64(MemoryLayout<T>.size))
    // SAFETY: an offset of the map lies, with all bytes, in the mapping.
    unsafe base.storeBytes(of: value, toByteOffset: Int(truncatingIfNeeded: offset), as: T.self)
  }

  /// Throws `MachineError.outsideMemory` for what is not all memory.
  public func read(_ address: UInt64, count: Int) throws -> [UInt8] {
    guard count >= 0, let offset = map.offset(address, UInt64(count)) else {
      throw MachineError.outsideMemory(address: address, count: count, memorySize: size)
    }
    // SAFETY: an offset of the map lies, with all bytes, in the mapping.
    return unsafe [UInt8](
      UnsafeRawBufferPointer(start: base + Int(truncatingIfNeeded: offset), count: count))
  }

  /// Throws `MachineError.outsideMemory` for what is not all memory. A debugger writes ROM, too.
  public func write(_ address: UInt64, _ bytes: [UInt8]) throws {
    guard let offset = map.offset(address, UInt64(bytes.count)) else {
      throw MachineError.outsideMemory(address: address, count: bytes.count, memorySize: size)
    }
    copy(bytes, toOffset: offset)
  }

  private func copy(_ bytes: [UInt8], toOffset offset: UInt64) {
    guard offset <= reserved, UInt64(bytes.count) <= reserved &- offset else { return }
    if !bytes.isEmpty { prepareToWrite(offset, UInt64(bytes.count)) }
    unsafe bytes.withUnsafeBytes { source in
      // SAFETY: checked against the size of the mapping just above.
      guard let start = source.baseAddress else { return }
      unsafe (base + Int(truncatingIfNeeded: offset)).copyMemory(
        from: start, byteCount: bytes.count)
    }
  }

  /// Zeroes the `count` bytes from `address`.
  func clear(_ address: UInt64, count: UInt64) {
    guard count > 0, let offset = map.offset(address, count) else { return }
    prepareToWrite(offset, count)
    // SAFETY: an offset of the map lies, with all bytes, in the mapping.
    unsafe memset(base + Int(truncatingIfNeeded: offset), 0, Int(count))
  }

  /// The pages that hold anything but zeros, by the page number of their offset.
  func nonZeroPages() -> [UInt64: [UInt8]] {
    var pages: [UInt64: [UInt8]] = [:]
    for page in 0..<pageCount {
      // SAFETY: the pages that have an offset are mapped.
      let start = unsafe base + Int(page << 12)
      let words = unsafe UnsafeRawBufferPointer(start: start, count: 4096)
      if unsafe memcmp(start, start + 8, 4088) == 0, unsafe words.load(as: UInt64.self) == 0 {
        continue
      }
      pages[page] = unsafe [UInt8](words)
    }
    return pages
  }

  /// Makes memory equal to what `nonZeroPages()` saw.
  func restore(_ pages: [UInt64: [UInt8]]) throws {
    stopTracking()
    // SAFETY: the whole mapping; DONTNEED makes private anonymous memory read zero again.
    unsafe madvise(base, Int(reserved), MADV_DONTNEED)
    for (page, bytes) in pages { copy(bytes, toOffset: page << 12) }
  }
}
