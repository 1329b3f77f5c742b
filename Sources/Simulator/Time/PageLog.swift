import Glibc

/// The pages that were written in an epoch, each as it was when the epoch began.
///
/// An epoch is what happens between two checkpoints. A page that held zeros takes no room.
@safe final class PageLog {
  private var pages: [UInt64] = []
  private var images: [UnsafeMutableRawPointer?] = unsafe []
  /// Bytes of this process that it takes.
  private(set) var bytes = 0

  private static let pageSize = 4096
  /// The page number and the pointer.
  private static let rowSize = 16

  static let mostBytesOfPage = pageSize + rowSize

  init() {}

  deinit {
    // SAFETY: allocated in `copy`, owned by this log alone.
    for index in pages.indices { unsafe free(images[index]) }
  }

  var isEmpty: Bool { pages.isEmpty }
  var count: Int { pages.count }
  var pageNumbers: [UInt64] { pages }

  /// Keeps the page at `start`. The caller adds a page once only.
  func add(page: UInt64, at start: UnsafeRawPointer) {
    pages.append(page)
    unsafe images.append(unsafe copy(start))
    bytes += PageLog.rowSize
  }

  /// nil for a page of zeros.
  private func copy(_ start: UnsafeRawPointer) -> UnsafeMutableRawPointer? {
    // SAFETY: the caller's page has 4096 bytes.
    if unsafe start.load(as: UInt64.self) == 0, unsafe memcmp(start, start + 8, 4088) == 0 {
      return nil
    }
    guard let image = unsafe malloc(PageLog.pageSize) else { return nil }
    unsafe memcpy(image, start, PageLog.pageSize)
    bytes += PageLog.pageSize
    return unsafe image
  }

  /// Exchanges the kept pages with those of memory: what was undone can be done again.
  func exchange(with memory: PhysicalMemory) {
    for index in pages.indices {
      // SAFETY: the page was in this memory when it was added.
      let start = unsafe memory.base + Int(pages[index] << 12)
      let old = unsafe images[index]
      unsafe images[index] = unsafe copy(start)
      if let old = unsafe old {
        unsafe memcpy(start, old, PageLog.pageSize)
        unsafe free(old)
        bytes -= PageLog.pageSize
      } else {
        unsafe memset(start, 0, PageLog.pageSize)
      }
    }
  }

  /// Takes over the pages of the epoch behind this one that this one has not: together they are
  /// one epoch.
  func absorb(_ later: PageLog) {
    let known = Set(pages)
    var rest: (pages: [UInt64], images: [UnsafeMutableRawPointer?]) = unsafe ([], [])
    for index in later.pages.indices {
      let page = later.pages[index]
      if known.contains(page) {
        unsafe rest.pages.append(page)
        unsafe rest.images.append(unsafe later.images[index])
      } else {
        pages.append(page)
        unsafe images.append(unsafe later.images[index])
        bytes += PageLog.rowSize + (unsafe later.images[index] == nil ? 0 : PageLog.pageSize)
      }
    }
    unsafe (later.pages, later.images) = unsafe rest
    later.bytes = 0
  }
}
