import X86

/// Whose state an MSR list loads.
enum MSRListTarget {
  case guest, host
}

extension Processor {
  /// Loads the MSRs of a list (SDM 3C, "Loading MSRs"). The number, from 1, of the entry that can't
  /// be loaded; nil if all could.
  @inline(__always)
  func loadMSRs(_ address: UInt64, count: UInt64, into target: MSRListTarget) -> UInt64? {
    count == 0 ? nil : slowLoadMSRs(address, count: count)
  }

  @inline(never)
  private func slowLoadMSRs(_ address: UInt64, count: UInt64) -> UInt64? {
    var entry = address
    for number in 1...count {
      let index = memory.load(entry, as: UInt32.self)
      let reserved = memory.load(entry &+ 4, as: UInt32.self)
      let value = memory.load(entry &+ 8, as: UInt64.self)
      guard reserved == 0, Processor.mayBeInLoadList(index), writeMSR(index, value) else {
        return number
      }
      entry &+= 16
    }
    return nil
  }

  /// FS and GS bases come from the guest or host area; x2APIC registers may not be loaded.
  private static func mayBeInLoadList(_ index: UInt32) -> Bool {
    index != MSR.fsBase && index != MSR.gsBase && index >> 8 != 8
  }

  /// Stores the MSRs of a list (SDM 3C, "Saving MSRs"). The number of the entry that can't be
  /// stored, nil if all could.
  @inline(__always)
  func storeMSRs(_ address: UInt64, count: UInt64) -> UInt64? {
    count == 0 ? nil : slowStoreMSRs(address, count: count)
  }

  @inline(never)
  private func slowStoreMSRs(_ address: UInt64, count: UInt64) -> UInt64? {
    var entry = address
    for number in 1...count {
      let index = memory.load(entry, as: UInt32.self)
      guard memory.load(entry &+ 4, as: UInt32.self) == 0, index >> 8 != 8,
        let value = readMSR(index)
      else { return number }
      memory.store(entry &+ 8, value)
      entry &+= 16
    }
    return nil
  }
}
