import X86

/// RDMSR and WRMSR by number.
extension Processor {
  /// The value, or nil if there is no such MSR.
  public func readMSR(_ index: UInt32) -> UInt64? {
    if index >> 8 == 8 { return readX2APIC(index) }
    guard let register = ModelSpecificRegister.table[index] else {
      return MTRR.place(index).map { msrs.mtrrs[$0] } ?? vmx.capabilities.read(index)
    }
    switch register {
    case .constant(let value): return value
    case .bits(let place, _), .low(let place), .canonical(let place): return msrs[keyPath: place]
    case .special(let read, _): return read(self)
    }
  }

  /// False if the write is #GP(0): no such MSR, read-only, or a value with reserved bits.
  public func writeMSR(_ index: UInt32, _ value: UInt64) -> Bool {
    if index >> 8 == 8 { return writeX2APIC(index, value) }
    guard let register = ModelSpecificRegister.table[index] else {
      return writeMTRR(index, value)
    }
    switch register {
    case .constant: return false
    case .bits(let place, let allowed):
      guard value & ~allowed == 0 else { return false }
      msrs[keyPath: place] = value
    case .low(let place): msrs[keyPath: place] = value & 0xffff_ffff
    case .canonical(let place):
      guard Processor.isCanonicalForRegisters(value) else { return false }
      msrs[keyPath: place] = value
    case .special(_, let write): return write(self, value)
    }
    return true
  }

  func writeBase(_ register: SegmentRegister, _ value: UInt64) -> Bool {
    guard Processor.isCanonicalForRegisters(value) else { return false }
    var segment = self.segment(register)
    segment.base = value
    setSegment(register, segment)
    return true
  }

  /// Once locked it cannot be written.
  func writeFeatureControl(_ value: UInt64) -> Bool {
    guard msrs.featureControl & 1 == 0, value & ~7 == 0 else { return false }
    msrs.featureControl = value
    return true
  }

  /// Memory types 2 and 3 and those above 7 are reserved (SDM 3A, "IA32_PAT MSR").
  func writePAT(_ value: UInt64) -> Bool {
    for byte in 0..<UInt64(8) {
      let type = (value >> (byte * 8)) & 0xff
      if type == 2 || type == 3 || type > 7 { return false }
    }
    msrs.pat = value
    return true
  }

  /// LMA is read-only; LME cannot change while paging is on (SDM 3A, "Extended Feature Enable Register").
  func writeEFER(_ value: UInt64) -> Bool {
    guard value & ~(EFER.sce | EFER.lme | EFER.lma | EFER.nxe) == 0 else { return false }
    if cr0 & CR0.pg != 0, (value ^ efer) & EFER.lme != 0 { return false }
    if value & EFER.nxe != 0, !hasExecuteDisable { return false }
    efer = (value & ~EFER.lma) | (efer & EFER.lma)
    updateMode()
    return true
  }

  // MARK: Time

  /// SDM 3B, "Time-Stamp Counter Adjustment": what is added to the counter is added to
  /// IA32_TSC_ADJUST, and the other way round.
  func writeTSC(_ difference: UInt64) -> Bool {
    msrs.tscBase &+= difference
    msrs.tscAdjust &+= difference
    if hasAPIC { requestYield() }
    return true
  }

  func readTSCDeadline() -> UInt64? {
    guard hasAPIC else { return nil }
    catchUpTimer()
    return apic.timer.deadline
  }

  func writeTSCDeadline(_ value: UInt64) -> Bool {
    guard hasAPIC else { return false }
    apic.timer.setDeadline(value)
    catchUpTimer()
    requestYield()
    return true
  }
}
