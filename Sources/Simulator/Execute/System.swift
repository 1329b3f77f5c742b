import X86

extension Processor {
  func hlt() throws(Fault) {
    if cpl != 0 { throw generalProtection() }
    try interceptHLT()
    activity = .hlt
    attention = true
  }

  func pause() throws(Fault) {
    try interceptPAUSE()
    // A spinning processor leaves the rest of its time to the others.
    if let systemBus, systemBus.processors.count > 1 {
      endsTurn = true
      requestYield()
    }
  }

  func cpuid() throws(Fault) {
    try interceptAlways(.cpuid)
    let leaf = cpuid(UInt32(truncatingIfNeeded: r[0]), UInt32(truncatingIfNeeded: r[1]))
    r[0] = UInt64(leaf.eax)
    r[3] = UInt64(leaf.ebx)
    r[1] = UInt64(leaf.ecx)
    r[2] = UInt64(leaf.edx)
  }

  /// RDTSC and RDTSCP.
  func rdtsc(_ i: Instruction) throws(Fault) {
    let isP = i.mnemonic == .rdtscp
    if isP { try requireRDTSCP() }
    if cr4 & CR4.tsd != 0, cpl != 0 { throw generalProtection() }
    if isP { try interceptRDTSCP() } else { try interceptRDTSC() }
    let value = timeStampCounter
    r[0] = value & 0xffff_ffff
    r[2] = value >> 32
    if isP { r[1] = msrs.tscAux & 0xffff_ffff }
  }

  func rdpid(_ i: Instruction) throws(Fault) {
    try requireRDTSCP()
    r[i.operand0.number] = msrs.tscAux & 0xffff_ffff
  }

  /// No performance counters: the index is always out of range.
  func rdpmc() throws(Fault) {
    if cpl != 0, cr4 & CR4.pce == 0 { throw generalProtection() }
    try interceptRDPMC()
    throw generalProtection()
  }

  func rdmsr() throws(Fault) {
    if cpl != 0 { throw generalProtection() }
    let index = UInt32(truncatingIfNeeded: r[1])
    try interceptRDMSR(index)
    guard let value = readMSR(index) else { throw generalProtection() }
    r[0] = value & 0xffff_ffff
    r[2] = value >> 32
  }

  func wrmsr() throws(Fault) {
    if cpl != 0 { throw generalProtection() }
    let index = UInt32(truncatingIfNeeded: r[1])
    try interceptWRMSR(index)
    let value = (r[2] << 32) | (r[0] & 0xffff_ffff)
    guard writeMSR(index, value) else { throw generalProtection() }
  }

  /// INVD exits always, WBINVD by control; there are no caches to write back.
  func cacheControl(_ i: Instruction) throws(Fault) {
    if cpl != 0 { throw generalProtection() }
    if i.mnemonic == .invd { try interceptAlways(.invd) } else { try interceptWBINVD() }
  }
}
