extension GuestImage {
  /// Whether `count` bytes at `address` lie within `size` bytes from 0; nothing overflows.
  static func fits(_ address: UInt64, _ count: UInt64, within size: UInt64) -> Bool {
    count <= size && address <= size - count
  }

  /// Checks what holds for every image, whatever it was made of: all segments lie in memory and
  /// leave the monitor's structures alone, and the entry can be reached in the image's mode.
  func check(memorySize: UInt64) throws(LoaderError) {
    guard memorySize >= GuestMemoryMap.minimumMemory else {
      throw LoaderError(
        file: name, found: "the guest has only \(hex(memorySize)) bytes of memory",
        expected: "give it at least \(hex(GuestMemoryMap.minimumMemory)) (--memory)")
    }
    for segment in segments {
      guard GuestImage.fits(segment.address, segment.memorySize, within: memorySize) else {
        throw LoaderError(
          file: name,
          found: "\(hex(segment.memorySize)) bytes at \(hex(segment.address)) do not fit into the "
            + "guest's \(hex(memorySize)) bytes of memory",
          expected: "use a lower address or more memory (--memory)")
      }
      try checkReserved(segment)
    }
    try checkEntry(memorySize: memorySize)
  }

  private func checkReserved(_ segment: Segment) throws(LoaderError) {
    for (what, range) in GuestMemoryMap.reserved(for: mode) where segment.uses(range) {
      throw LoaderError(
        file: name,
        found: "the segment at \(hex(segment.address)) has contents at \(hex(range.lowerBound)) to "
          + "\(hex(range.upperBound - 1)), where \(what) for \(mode.rawValue) mode will be",
        expected: "load it at 0x8000 or above")
    }
  }

  private func checkEntry(memorySize: UInt64) throws(LoaderError) {
    // Real mode reaches 1 MiB; the monitor's long-mode page tables map 1 GiB.
    let reach: UInt64 =
      switch mode {
      case .real: 1 << 20
      case .protected: 1 << 32
      case .long: 1 << 30
      }
    let limit = min(reach, memorySize)
    guard entry < limit else {
      throw LoaderError(
        file: name, found: "the entry \(hex(entry)) cannot be reached in \(mode.rawValue) mode",
        expected: "it should be below \(hex(limit)); change it with --entry, or --mode")
    }
  }
}

extension GuestImage.Segment {
  /// Whether the segment has contents in `range`. Zeros that a file holds there do not count: they
  /// are padding, as linkers leave between an ELF header and a first section.
  fileprivate func uses(_ range: Range<UInt64>) -> Bool {
    let end = address + memorySize
    let endOfBytes = address + UInt64(bytes.count)
    if max(range.lowerBound, endOfBytes) < min(range.upperBound, end) { return true }
    let first = max(range.lowerBound, address)
    let last = min(range.upperBound, endOfBytes)
    guard first < last else { return false }
    return bytes[Int(first - address)..<Int(last - address)].contains { $0 != 0 }
  }
}

/// `value` as messages show it.
func hex(_ value: some BinaryInteger) -> String { "0x" + String(value, radix: 16) }
