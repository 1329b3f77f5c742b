import Glibc
import X86

/// Host-physical RAM from address 0: reserved at once, paid for page by page when touched.
///
/// Every access is checked against the size; what lies beyond reads all ones and ignores writes,
/// as a bus that nobody answers.
@safe public final class PhysicalMemory {
  public let size: UInt64
  let base: UnsafeMutableRawPointer
  /// One byte a page, 0 for most: what a write to the page has to do first. See PageTracking.swift.
  let pageNotes: UnsafeMutablePointer<UInt8>
  /// The pages written since the last checkpoint; nil while nobody keeps any.
  var openLog: PageLog?
  /// Asked now and then while the open log grows, with its bytes: false ends the tracking.
  var mayGrow: ((Int) -> Bool)?
  /// Host-physical bytes whose writes are noted.
  var watchedRanges: [Range<UInt64>] = []
  /// One of them was written, and nobody has been told.
  var hasWatchHit = false

  /// `size` is rounded up to whole pages. Throws `MachineError.backend` if the host has not so much.
  public init(size: UInt64) throws {
    self.size = (max(size, 4096) &+ 4095) & ~4095
    // SAFETY: a fresh private mapping, unmapped in deinit.
    let pointer = unsafe mmap(
      nil, Int(clamping: self.size), PROT_READ | PROT_WRITE,
      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    guard let pointer = unsafe pointer, unsafe pointer != MAP_FAILED else {
      throw MachineError.backend(
        what: "reserving \(self.size) bytes of guest memory",
        why: unsafe String(cString: strerror(errno)),
        remedy: "use a smaller --memory")
    }
    unsafe base = pointer
    let pages = Int(self.size >> 12)
    // SAFETY: fresh memory, freed in deinit; zero pages cost nothing until they are written.
    unsafe pageNotes = .allocate(capacity: pages)
    unsafe pageNotes.initialize(repeating: 0, count: pages)
  }

  deinit {
    // SAFETY: mapped in init with this size.
    unsafe munmap(base, Int(size))
    unsafe pageNotes.deallocate()
  }

  /// Where physical address 0 is in this process, as a number.
  var hostAddress: UInt { unsafe UInt(bitPattern: base) }

  /// True if the `count` bytes from `address` are all RAM.
  @inline(__always)
  func contains(_ address: UInt64, _ count: UInt64) -> Bool {
    address < size && count <= size &- address
  }

  /// Little-endian read of a physical address.
  @inline(__always)
  func load<T: FixedWidthInteger>(_ address: UInt64, as: T.Type) -> T {
    guard contains(address, UInt64(MemoryLayout<T>.size)) else { return ~0 }
    // SAFETY: checked against the size just above.
    return unsafe base.loadUnaligned(fromByteOffset: Int(truncatingIfNeeded: address), as: T.self)
  }

  @inline(__always)
  func store<T: FixedWidthInteger>(_ address: UInt64, _ value: T) {
    guard contains(address, UInt64(MemoryLayout<T>.size)) else { return }
    prepareToWrite(address, UInt64(MemoryLayout<T>.size))
    // SAFETY: checked against the size just above.
    unsafe base.storeBytes(of: value, toByteOffset: Int(truncatingIfNeeded: address), as: T.self)
  }

  /// Throws `MachineError.outsideMemory` for what is not all RAM.
  public func read(_ address: UInt64, count: Int) throws -> [UInt8] {
    guard count >= 0, contains(address, UInt64(count)) else {
      throw MachineError.outsideMemory(address: address, count: count, memorySize: size)
    }
    // SAFETY: checked against the size just above.
    return unsafe [UInt8](
      UnsafeRawBufferPointer(start: base + Int(truncatingIfNeeded: address), count: count))
  }

  /// Throws `MachineError.outsideMemory` for what is not all RAM.
  public func write(_ address: UInt64, _ bytes: [UInt8]) throws {
    guard contains(address, UInt64(bytes.count)) else {
      throw MachineError.outsideMemory(address: address, count: bytes.count, memorySize: size)
    }
    if !bytes.isEmpty { prepareToWrite(address, UInt64(bytes.count)) }
    unsafe bytes.withUnsafeBytes { source in
      // SAFETY: checked against the size just above.
      guard let start = source.baseAddress else { return }
      unsafe (base + Int(truncatingIfNeeded: address)).copyMemory(
        from: start, byteCount: bytes.count)
    }
  }

  /// Zeroes the `count` bytes from `address`.
  func clear(_ address: UInt64, count: UInt64) {
    guard count > 0, contains(address, count) else { return }
    prepareToWrite(address, count)
    // SAFETY: checked against the size just above.
    unsafe memset(base + Int(truncatingIfNeeded: address), 0, Int(count))
  }

  /// The pages that hold anything but zeros, by page number.
  func nonZeroPages() -> [UInt64: [UInt8]] {
    var pages: [UInt64: [UInt8]] = [:]
    for page in 0..<(size >> 12) {
      // SAFETY: page < size / 4096.
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
    unsafe madvise(base, Int(size), MADV_DONTNEED)
    for (page, bytes) in pages { try write(page << 12, bytes) }
  }
}
