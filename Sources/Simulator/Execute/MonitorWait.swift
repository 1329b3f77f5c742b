import X86

/// MONITOR and MWAIT (SDM 2B).
extension Processor {
  /// IA32_MISC_ENABLE[18]: without it the instructions do not exist.
  private func checkMonitor() throws(Fault) {
    if cpl != 0 || msrs.miscEnable & (1 << 18) == 0 { throw undefinedOpcode }
  }

  /// The address is checked, and its page touched, as by a load of one byte.
  func monitor(_ i: Instruction) throws(Fault) {
    try checkMonitor()
    try interceptMONITOR()
    if r[1] & 0xffff_ffff != 0 { throw generalProtection() }
    let offset = r[0] & Processor.mask(i.addressSize)
    _ = try load(i.segment.rawValue, offset, as: UInt8.self)
    isMonitorArmed = true
  }

  /// A processor may leave the wait at any time (SDM 2B, "MWAIT"), and this one does at once. ECX bit 0
  /// asks for interrupts to end the wait even if IF is 0.
  func mwait() throws(Fault) {
    try checkMonitor()
    try interceptMWAIT(armed: isMonitorArmed)
    if r[1] & 0xffff_fffe != 0 { throw generalProtection() }
    isMonitorArmed = false
  }
}
