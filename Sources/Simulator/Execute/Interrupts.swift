import X86

extension Processor {
  /// INT n, INT1, INT3, INTO. They are traps: what is returned to is the next instruction.
  func softwareInterrupt(_ i: Instruction) throws(Fault) {
    let event: EventInDelivery
    let length = UInt32(i.length)
    switch i.mnemonic {
    case .int:
      if mode == .virtual8086, try redirectInterrupt(UInt8(truncatingIfNeeded: i.immediate)) {
        return
      }
      event = EventInDelivery(
        type: 4, vector: UInt8(truncatingIfNeeded: i.immediate), instructionLength: length)
    case .int1: event = EventInDelivery(type: 5, vector: 1, instructionLength: length)
    case .int3: event = EventInDelivery(type: 6, vector: 3, instructionLength: length)
    default:
      guard of else { return }
      event = EventInDelivery(type: 6, vector: 4, instructionLength: length)
    }
    if event.type != 4 { try interceptSoftwareException(event) }
    try deliver(event)
  }

  /// INT1, INT3 and INTO obey the exception bitmap; INT n does not.
  private func interceptSoftwareException(_ event: EventInDelivery) throws(Fault) {
    guard vmx.isNonRoot, interceptsException(event.vector, errorCode: 0) else { return }
    let exit = vmExit(0)
    pendingExit.interruptionInformation = 1 << 31 | UInt32(event.type) << 8 | UInt32(event.vector)
    throw exit
  }

  func bound(_ i: Instruction) throws(Fault) {
    let size = i.operandSize
    let index = Int64(bitPattern: Processor.signExtended(try read(i, i.operand0), size))
    let place = effectiveAddress(i)
    let segment = i.segment.rawValue
    let low = Processor.signExtended(try loadSized(segment, place, size), size)
    let high = Processor.signExtended(
      try loadSized(segment, place &+ UInt64(size), size), size)
    if index < Int64(bitPattern: low) || index > Int64(bitPattern: high) { throw exception(5) }
  }

  func iret(_ i: Instruction) throws(Fault) {
    let old = r[4]
    // SDM 3A, "Handling Multiple NMIs": IRET ends the blocking even if it faults.
    let wasBlocked = nmiBlocked
    endNMIBlockingByIRET()
    do throws(Fault) {
      switch mode {
      case .real: try iretReal(i)
      case .virtual8086: try iretVirtual8086(i)
      default: try iretProtected(i)
      }
    } catch {
      r[4] = old
      noteNMIUnblocking(error, wasBlocked)
      throw error
    }
    attention = true
  }

  /// SDM 3C, "Exit Qualification for EPT Violations" and "VM-Exit Interruption Information": bit 12 says
  /// that this IRET ended the blocking.
  private func noteNMIUnblocking(_ fault: Fault, _ wasBlocked: Bool) {
    guard wasBlocked, !nmiBlocked else { return }
    if fault == .exception { endedNMIBlocking = true }
    if fault == .exit, pendingExit.reason == ExitReason.eptViolation.rawValue {
      pendingExit.qualification |= 1 << 12
    }
  }

  func iretReal(_ i: Instruction) throws(Fault) {
    let size = i.operandSize
    let offset = try popSized(size)
    let selector = UInt16(truncatingIfNeeded: try popSized(size))
    let flags = try popSized(size)
    if offset > UInt64(segment(.cs).limit) { throw generalProtection() }
    var code = segment(.cs)
    code.selector = selector
    code.base = UInt64(selector) << 4
    loadFlags(flags, size: size, changesIF: true, changesIOPL: mode == .real)
    if size != 2 { loadRF(flags) }
    setSegment(.cs, code)
    rip = offset
  }

  private func iretProtected(_ i: Instruction) throws(Fault) {
    let size = i.operandSize
    if systemFlags & RFLAGS.nt.rawValue != 0 {
      if efer & EFER.lma != 0 { throw generalProtection() }
      return try returnToTask()
    }
    let offset = try popSized(size)
    let selector = UInt16(truncatingIfNeeded: try popSized(size))
    let flags = try popSized(size)
    if flags & RFLAGS.vm.rawValue != 0, cpl == 0, size == 4, efer & EFER.lma == 0 {
      return try returnToVirtual8086(selector, offset, flags)
    }
    let level = cpl
    let levelOfIOPL = iopl
    // In 64-bit mode SS:RSP is popped whether or not the level changes.
    try returnTo(
      selector, offset, size: size, release: 0, alwaysPopsStack: mode == .long)
    loadFlags(flags, size: size, changesIF: level <= levelOfIOPL, changesIOPL: level == 0)
    if size != 2 { loadRF(flags) }
    if size != 2, level == 0 {
      let virtual = RFLAGS.vif.rawValue | RFLAGS.vip.rawValue
      systemFlags = (systemFlags & ~virtual) | (flags & virtual)
    }
    updateMode()
  }

  private func loadRF(_ flags: UInt64) {
    systemFlags = (systemFlags & ~RFLAGS.rf.rawValue) | (flags & RFLAGS.rf.rawValue)
    if flags & RFLAGS.rf.rawValue != 0 { attention = true }
  }

  /// SDM 3A, "Entering Virtual-8086 Mode".
  private func returnToVirtual8086(
    _ selector: UInt16, _ offset: UInt64, _ flags: UInt64
  ) throws(Fault) {
    let newSP = try popSized(4)
    let newSS = UInt16(truncatingIfNeeded: try popSized(4))
    var selectors: [UInt16] = []
    for _ in 0..<4 { selectors.append(UInt16(truncatingIfNeeded: try popSized(4))) }
    if offset > 0xffff { throw generalProtection() }
    rflags = (flags & 0x3f_7fd5) | 2
    let registers: [SegmentRegister] = [.es, .ds, .fs, .gs]
    for (register, value) in zip(registers, selectors) {
      setSegment(register, Processor.virtual8086Segment(value))
    }
    setSegment(.ss, Processor.virtual8086Segment(newSS))
    setSegment(.cs, Processor.virtual8086Segment(selector))
    r[4] = newSP
    rip = offset
    updateMode()
  }
}
