import X86

/// RDPKRU and WRPKRU (SDM 2): #UD without CR4.PKE, #GP with ECX, or for WRPKRU EDX, not 0.
extension Processor {
  func rdpkru() throws(Fault) {
    if cr4 & CR4.pke == 0 { throw undefinedOpcode }
    if r[1] & 0xffff_ffff != 0 { throw generalProtection() }
    r[0] = UInt64(pkru)
    r[2] = 0
  }

  func wrpkru() throws(Fault) {
    if cr4 & CR4.pke == 0 { throw undefinedOpcode }
    if (r[1] | r[2]) & 0xffff_ffff != 0 { throw generalProtection() }
    pkru = UInt32(truncatingIfNeeded: r[0])
    selectTranslationContext()
  }
}
