import X86

/// The local APIC as its processor meets it: a page of memory, MSRs, CR8, and interrupts.
extension Processor {
  /// Nanoseconds since power-on: retired instructions, and the time in which it did not execute.
  var time: UInt64 { retired &+ timeOffset }

  /// Lets time pass without executing.
  func sleep(until time: UInt64) {
    if time > self.time { timeOffset = time &- retired }
  }

  /// The task-priority register, bits 7:4 (SDM 3A, "Interrupt Priority and CR8").
  var cr8: UInt64 {
    get { UInt64(apic.taskPriority >> 4) }
    set {
      apic.taskPriority = UInt8(truncatingIfNeeded: newValue & 0xf) << 4
      attention = true
    }
  }

  // MARK: Registers

  /// Reads from the page of xAPIC mode. Registers are aligned to 16 bytes and have 4.
  func readAPICPage(_ offset: UInt64, size: Int) -> UInt64 {
    let place = offset & 0xf
    guard place < 4 else { return 0 }
    catchUpTimer()
    let number = UInt32(truncatingIfNeeded: offset >> 4)
    guard let value = apic.read(number, at: time) else {
      apic.report(APICError.illegalRegister)
      noteInterruptState()
      return 0
    }
    return (UInt64(value) >> (place * 8)) & Processor.mask(UInt8(truncatingIfNeeded: size))
  }

  /// SDM 3A, "Local APIC Register Address Map": only aligned writes of 32 bits are defined, others
  /// are lost.
  func writeAPICPage(_ offset: UInt64, size: Int, value: UInt64) {
    guard offset & 0xf == 0, size == 4 else { return }
    catchUpTimer()
    let number = UInt32(truncatingIfNeeded: offset >> 4)
    perform(apic.write(number, UInt32(truncatingIfNeeded: value), at: time))
  }

  /// nil if the MSR does not exist: SDM 3A, "x2APIC Register Address Space".
  func readX2APIC(_ index: UInt32) -> UInt64? {
    let number = index & 0xff
    guard hasAPIC, apic.isX2, X2APICRule(number)?.isReadable == true else { return nil }
    catchUpTimer()
    if number == APICRegister.interruptCommandLow { return apic.interruptCommand }
    return apic.read(number, at: time).map(UInt64.init)
  }

  /// False for #GP.
  func writeX2APIC(_ index: UInt32, _ value: UInt64) -> Bool {
    let number = index & 0xff
    guard hasAPIC, apic.isX2, let writable = X2APICRule(number)?.writable, value & ~writable == 0
    else { return false }
    catchUpTimer()
    if number == APICRegister.interruptCommandLow {
      apic.interruptCommand = value & ~(1 << 12)
      perform(.command)
    } else {
      perform(apic.write(number, UInt32(truncatingIfNeeded: value), at: time))
    }
    return true
  }

  /// IA32_APIC_BASE. False for #GP.
  func writeAPICBase(_ value: UInt64) -> Bool {
    guard hasAPIC else {
      guard value & ~0xff_ffff_fd00 == 0 else { return false }
      apic.base = value
      return true
    }
    guard apic.setBase(value) else { return false }
    refreshAPICPage()
    perform(.timer)
    return true
  }

  /// Stores to the page of the registers must reach them, and those to where it was must not.
  func refreshAPICPage() {
    let page = hasAPIC ? apic.page ?? ~0 : ~0
    if page != apicPage { tlb.flushEverything() }
    apicPage = page
  }

  private func perform(_ effect: LocalAPIC.Effect) {
    switch effect {
    case .none: break
    case .command: systemBus?.send(apic.interruptCommand, from: self)
    case .selfInterrupt(let vector): sendToSelf(vector)
    case .endOfInterrupt(let vector): systemBus?.endOfInterrupt(vector, at: self)
    case .timer:
      catchUpTimer()
      requestYield()
    }
    noteInterruptState()
  }

  func sendToSelf(_ vector: UInt8) {
    // SDM 3A, "Valid Interrupt Vectors".
    if vector < 16 { apic.report(APICError.sentIllegalVector) }
    apic.accept(vector)
  }

  // MARK: Timer

  /// When the timer expires next with an effect on this processor.
  var timerExpiry: UInt64? {
    guard hasAPIC, apic[.timer] & LocalVector.masked == 0 else { return nil }
    return apic.timer.next(at: time, tsc: time &+ msrs.tscBase)
  }

  /// Raises the timer's interrupt if it has expired by now.
  func catchUpTimer() {
    guard apic.timer.advance(to: time, tsc: time &+ msrs.tscBase) else { return }
    apic.raise(.timer)
    noteInterruptState()
  }

  // MARK: Interrupts

  /// Looks at interrupts before the next instruction.
  func noteInterruptState() {
    attention = true
    stopBlock()
  }

  /// Ends this processor's slice at the next boundary, so that deadlines are looked at again.
  func requestYield() {
    isYielding = true
    attention = true
    stopBlock()
  }

  /// Something asserts INTR, or the local APIC has a vector above the processor's priority.
  var hasInterruptRequest: Bool {
    interruptRequest != nil || (hasAPIC && (hasExternalRequest || apic.deliverable != nil))
  }

  /// The 8259A pair asks, through LINT0 as ExtINT (SDM 3A, "Local Interrupt Delivery Modes") or, with
  /// the local APIC off, at the INTR pin.
  private var hasExternalRequest: Bool {
    if apic.hasExternalMessage { return true }
    guard apic.lint0 else { return false }
    return !apic.isEnabled || apic[.lint0] & (LocalVector.masked | 0x700) == 0x700
  }

  /// The vector of the interrupt that is being taken, which is then in service; nil if the request is
  /// gone.
  func acknowledgeInterrupt() -> UInt8? {
    if let vector = interruptRequest {
      interruptRequest = nil
      return vector
    }
    if hasExternalRequest {
      apic.hasExternalMessage = false
      return systemBus?.acknowledgeExternalInterrupt()
    }
    guard let vector = apic.deliverable else { return nil }
    apic.acknowledge(vector)
    return vector
  }

  /// The level at the LINT0 pin. As a fixed or NMI source it is taken by its edge.
  func setLINT0(_ level: Bool) {
    guard level != apic.lint0 else { return }
    apic.lint0 = level
    attention = true
    guard level, apic.isEnabled, apic[.lint0] & LocalVector.masked == 0 else { return }
    switch apic[.lint0] >> 8 & 7 {
    case 0: apic.raise(.lint0)
    case 4: requestNMI()
    default: break
    }
  }

  // MARK: INIT and start-up

  /// SDM 3A, "Processor State After INIT": as after RESET, but for what INIT leaves alone.
  func initialise() {
    let (cr0, tsc) = (cr0, msrs)
    setRegisters(Registers())
    self[.rdx] = UInt64(CPUID.read(1, 0).eax)
    self.cr0 = (self.cr0 & ~(CR0.cd | CR0.nw)) | (cr0 & (CR0.cd | CR0.nw))
    msrs = tsc
    interruptShadow = .none
    nmiBlocked = false
    (pendingDebug, nmiRequest, interruptRequest, startupVector) = (0, false, nil, nil)
    pdptes = (0, 0, 0, 0)
    apic.initialise()
    refreshAPICPage()
    // SDM 3A, "MP Initialization Protocol": application processors wait for a SIPI.
    activity = apic.base & LocalAPIC.bootstrap != 0 ? .active : .waitForSIPI
    tlb.flushEverything()
    updateMode()
  }

  /// SDM 3A, "MP Initialization Protocol": real mode at the page that the vector numbers.
  func startUp(_ vector: UInt8) {
    let base = UInt64(vector) << 12
    setSegment(
      .cs, Segment(selector: UInt16(vector) << 8, base: base, limit: 0xffff, access: 0x9b))
    rip = 0
    activity = .active
    updateMode()
  }

  /// Something is to be done at the next instruction boundary, or there is an instruction to execute.
  var isRunnable: Bool {
    if initRequest { return true }
    switch activity {
    case .active: return true
    case .waitForSIPI: return startupVector != nil
    case .shutdown: return nmiRequest
    case .hlt:
      if nmiRequest && !nmiBlocked || pendingDebug != 0 || vmx.pendingMTF { return true }
      return acceptsInterrupts && hasInterruptRequest
    }
  }

  /// Interrupts reach the processor: RFLAGS.IF, or external-interrupt exiting.
  var acceptsInterrupts: Bool {
    systemFlags & RFLAGS.if.rawValue != 0
      || vmx.pinBasedControls & PinBasedControls.externalInterruptExiting != 0
  }
}
