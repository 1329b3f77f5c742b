import X86

extension Processor {
  /// Recomputes everything that follows from CR0, CR4, EFER, RFLAGS.VM, CS and SS.
  ///
  /// To be called after any of them was written other than by an instruction's own function.
  func updateMode() {
    if !vmx.isNonRoot, let is64Bit = vmx.hostIs64Bit { return becomeHostMode(is64Bit) }
    updateModeAlone()
    checksAlignment = cr0 & CR0.am != 0 && systemFlags & RFLAGS.ac.rawValue != 0 && cpl == 3
    if armed.dr7 != dr7 || armed.isAny { refreshBreakpoints() }
    refreshAllBounds()
    selectTranslationContext()
  }

  /// What the rest finds with the CS and SS of a host, which are flat, of level 0, and of 64 bits or 32.
  func becomeHostMode(_ is64Bit: Bool) {
    mode = is64Bit ? .long : .protected
    codeSize = is64Bit ? .bits64 : .bits32
    cpl = 0
    linearMask = is64Bit ? ~0 : 0xffff_ffff
    stackMask = linearMask
    codeEnd = is64Bit ? ~0 : 1 << 32
    pagingMode = currentPagingMode
    attention = true
  }

  func refreshAllBounds() {
    for number: UInt8 in 0..<6 {
      segments[number].refresh(mode: mode, isFSOrGS: number >= SegmentRegister.fs.rawValue)
      // Bounds that nothing fits in send every access to the full checks.
      if checksAlignment { (segments[number].readEnd, segments[number].writeEnd) = (0, 0) }
    }
  }

  /// The same without the bounds of the segments and the context of translations: enough for a
  /// processor that executes nothing before the next `updateMode()`.
  @inline(__always)
  func updateModeAlone() {
    let code = segments[SegmentRegister.cs.rawValue].segment
    let stack = segments[SegmentRegister.ss.rawValue].segment
    let mode = currentMode(code)
    self.mode = mode
    attention = true
    pagingMode = currentPagingMode
    if mode == .long {
      codeSize = .bits64
      cpl = UInt8(truncatingIfNeeded: stack.dpl)
      linearMask = ~0
      stackMask = ~0
      codeEnd = ~0
      return
    }
    let is32Bit = code.is32Bit && mode != .virtual8086
    codeSize = is32Bit ? .bits32 : .bits16
    cpl = mode == .real ? 0 : mode == .virtual8086 ? 3 : UInt8(truncatingIfNeeded: stack.dpl)
    linearMask = 0xffff_ffff
    stackMask = stack.is32Bit ? 0xffff_ffff : 0xffff
    codeEnd = UInt64(code.limit) + 1
  }

  @inline(__always)
  private func currentMode(_ code: Segment) -> CPUMode {
    if cr0 & CR0.pe == 0 { return .real }
    if systemFlags & RFLAGS.vm.rawValue != 0 { return .virtual8086 }
    if efer & EFER.lma != 0 { return code.isLong ? .long : .compatibility }
    return .protected
  }

  @inline(__always)
  var currentPagingMode: PagingMode {
    if cr0 & CR0.pg == 0 { return .off }
    if cr4 & CR4.pae == 0 { return .bits32 }
    if efer & EFER.lma == 0 { return .pae }
    return cr4 & CR4.la57 == 0 ? .level4 : .level5
  }

  /// Linear-address width of the paging mode: 57 bits with 5-level paging, else 48. Operands and RIP
  /// are checked against it; bases and addresses in registers against the processor's own width.
  var linearAddressWidth: UInt64 { cr4 & CR4.la57 != 0 ? 57 : 48 }

  /// SDM 1, "Canonical Addressing".
  @inline(__always)
  func isCanonical(_ address: UInt64) -> Bool {
    let shift = 64 &- linearAddressWidth
    return UInt64(bitPattern: Int64(bitPattern: address << shift) >> Int64(shift)) == address
  }

  /// The linear-address width that CPUID reports.
  public static let linearAddressWidth: UInt64 = 57

  /// SDM 1, "Canonical Addressing": what MSRs, descriptor-table registers, segment bases and
  /// invalidation descriptors hold may use the whole width, whether CR4.LA57 is set or not.
  static func isCanonicalForRegisters(_ address: UInt64) -> Bool {
    let shift = 64 &- linearAddressWidth
    return UInt64(bitPattern: Int64(bitPattern: address << shift) >> Int64(shift)) == address
  }

  /// Puts the processor into its state after RESET; memory is left alone.
  public func reset() {
    setRegisters(Registers())
    msrs = MSRFile()
    activity = .active
    interruptShadow = .none
    nmiBlocked = false
    pendingDebug = 0
    deferredException = nil
    isMonitorArmed = false
    interruptRequest = nil
    nmiRequest = false
    (initRequest, startupVector) = (false, nil)
    (isYielding, endsTurn, wantsAlone) = (false, false, false)
    // SDM 3A, "Processor State After Reset": EDX identifies the processor, the TSC is 0.
    self[.rdx] = UInt64(CPUID.read(1, 0).eax)
    msrs.tscBase = 0 &- time
    apic = LocalAPIC(id: apic.id)
    refreshAPICPage()
    if apic.base & LocalAPIC.bootstrap == 0 { activity = .waitForSIPI }
    delivering = nil
    pdptes = (0, 0, 0, 0)
    pkru = 0
    vmx = VMXState()
    (xcr0, x87, random) = (1, .powerUp, RandomSource(seed: UInt64(apicID)))
    tlb.flushEverything()
    updateMode()
  }

  /// The registers as a value.
  public func currentRegisters() -> Registers {
    var result = Registers()
    for register in GeneralRegister.allCases { result[register] = self[register] }
    for register in SegmentRegister.allCases { result[register] = segment(register) }
    result.rip = mode == .long ? rip : rip & 0xffff_ffff
    result.rflags = RFLAGS(rawValue: rflags)
    (result.cr0, result.cr2, result.cr3, result.cr4, result.cr8) = (cr0, cr2, cr3, cr4, cr8)
    result.efer = efer
    (result.ldtr, result.tr, result.gdtr, result.idtr) = (ldtr, tr, gdtr, idtr)
    (result[debug: 0], result[debug: 1], result[debug: 2], result[debug: 3]) = dr
    (result[debug: 6], result[debug: 7]) = (dr6, dr7)
    return result
  }

  /// Loads all registers without any check, as a debugger does.
  public func setRegisters(_ value: Registers) {
    for register in GeneralRegister.allCases { self[register] = value[register] }
    for register in SegmentRegister.allCases {
      segments[register.rawValue].segment = value[register]
    }
    rip = value.rip
    rflags = value.rflags.rawValue
    (cr0, cr2, cr3, cr4) = (value.cr0, value.cr2, value.cr3, value.cr4)
    // The task-priority register has four bits more.
    if value.cr8 != cr8 { cr8 = value.cr8 }
    efer = value.efer
    vmx.loadedGuest = VMXState.noVMCS
    (ldtr, tr, gdtr, idtr) = (value.ldtr, value.tr, value.gdtr, value.idtr)
    dr = (value[debug: 0], value[debug: 1], value[debug: 2], value[debug: 3])
    (dr6, dr7) = (value[debug: 6], value[debug: 7])
    updateMode()
    if pagingMode == .pae { pdptes = readPDPTEs(cr3) { memory.load($0, as: UInt64.self) } }
    refreshBreakpoints()
  }
}
