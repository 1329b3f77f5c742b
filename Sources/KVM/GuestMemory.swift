import Glibc
import X86

/// Guest RAM: anonymous memory of this process that a memory slot shows to the guest.
@safe final class GuestMemory {
  static let pageSize = 4096
  private let base: UnsafeMutableRawPointer
  let size: Int

  /// `size` is a multiple of the page size, above 0.
  init(size: Int) throws(MachineError) {
    // SAFETY: an anonymous mapping at an address of the kernel's choice touches no other memory.
    let mapped = unsafe mmap(
      nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    // SAFETY: the pointers are compared, not followed.
    guard let base = unsafe mapped, unsafe base != MAP_FAILED else {
      throw .backend(
        what: "guest RAM of 0x\(String(size, radix: 16)) bytes", why: "the kernel refused it",
        remedy: "ask for less memory")
    }
    unsafe self.base = unsafe base
    self.size = size
  }

  deinit {
    // SAFETY: this object made the mapping and nobody else holds its address any more.
    unsafe munmap(base, size)
  }

  /// The address that KVM_SET_USER_MEMORY_REGION wants.
  var userAddress: UInt64 {
    // SAFETY: the address is only turned into a number.
    unsafe UInt64(UInt(bitPattern: base))
  }

  private func offset(_ address: UInt64, _ count: Int) throws(MachineError) -> Int {
    guard count >= 0, address <= UInt64(size), UInt64(count) <= UInt64(size) - address else {
      throw .outsideMemory(address: address, count: count, memorySize: UInt64(size))
    }
    return Int(address)
  }

  func read(_ address: UInt64, count: Int) throws(MachineError) -> [UInt8] {
    let offset = try offset(address, count)
    // SAFETY: offset and count were checked against the mapping.
    return unsafe [UInt8](UnsafeRawBufferPointer(start: base + offset, count: count))
  }

  func write(_ address: UInt64, _ bytes: [UInt8]) throws(MachineError) {
    let offset = try offset(address, bytes.count)
    // SAFETY: offset and count were checked against the mapping.
    unsafe UnsafeMutableRawBufferPointer(start: base + offset, count: bytes.count)
      .copyBytes(from: bytes)
  }

  /// The pages that hold anything but zeros.
  func nonZeroPages() -> SavedPages {
    var saved = SavedPages()
    for page in 0..<(size / Self.pageSize) {
      // SAFETY: whole pages below `size` are inside the mapping.
      let bytes = unsafe UnsafeRawBufferPointer(
        start: base + page * Self.pageSize, count: Self.pageSize)
      guard !(unsafe Self.isZero(bytes)) else { continue }
      saved.numbers.append(page)
      unsafe saved.bytes.append(contentsOf: bytes)
    }
    return saved
  }

  private static func isZero(_ page: UnsafeRawBufferPointer) -> Bool {
    // SAFETY: pages are aligned and every bit pattern is a UInt64.
    unsafe page.bindMemory(to: UInt64.self).allSatisfy { $0 == 0 }
  }

  func restore(_ saved: SavedPages) throws(MachineError) {
    // SAFETY: dropping the pages of a private anonymous mapping makes them read as zeros.
    guard unsafe madvise(base, size, MADV_DONTNEED) == 0 else {
      throw .backend(what: "restore", why: "the guest's RAM cannot be cleared", remedy: "")
    }
    for (index, page) in saved.numbers.enumerated() {
      let start = index * Self.pageSize
      try write(
        UInt64(page * Self.pageSize), Array(saved.bytes[start..<(start + Self.pageSize)]))
    }
  }
}

/// Page numbers in ascending order, and their contents one after the other.
struct SavedPages: Sendable {
  var numbers: [Int] = []
  var bytes: [UInt8] = []
}
