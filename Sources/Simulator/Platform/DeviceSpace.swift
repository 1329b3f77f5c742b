import X86

/// Physical addresses that do not lead to RAM. No TLB entry is filled for them, so that the slow path
/// sees each access.
extension Processor {
  /// The `size` bytes at `physical` are the local APIC's, or the board's.
  func isDevice(_ physical: UInt64, size: Int) -> Bool {
    physical >> 12 == apicPage || (hasBoard && !memory.contains(physical, UInt64(size)))
  }

  @inline(never)
  func loadDevice(_ physical: UInt64, size: Int) throws(Fault) -> UInt64 {
    try runAlone()
    if physical >> 12 == apicPage { return readAPICPage(physical & 0xfff, size: size) }
    guard let systemBus else { return Processor.mask(UInt8(truncatingIfNeeded: size)) }
    return systemBus.read(.memory, physical, size: size, by: self)
  }

  @inline(never)
  func storeDevice(_ physical: UInt64, size: Int, _ value: UInt64) throws(Fault) {
    try runAlone()
    if physical >> 12 == apicPage {
      return writeAPICPage(physical & 0xfff, size: size, value: value)
    }
    systemBus?.write(.memory, physical, size: size, value: value, by: self)
  }

  /// Within a block the count of retired instructions, which is the time, is not up to date: the
  /// instruction is given up and executed again by itself.
  private func runAlone() throws(Fault) {
    if isAlone || delivering != nil { return }
    throw .again
  }
}
