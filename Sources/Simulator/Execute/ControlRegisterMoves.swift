import X86

/// MOV to and from control and debug registers, CLTS, LMSW, SMSW (SDM 2; SDM 3A, "Control Registers").
extension Processor {
  func movToControl(_ i: Instruction) throws(Fault) {
    if cpl != 0 { throw generalProtection() }
    var value = r[i.operand1.number]
    if mode != .long { value &= 0xffff_ffff }
    let source = i.operand1.number
    switch i.operand0.number {
    case 0: try writeCR0(try interceptMovToCR0(value, register: source))
    case 2: cr2 = value
    case 3:
      try interceptMovToCR3(value, register: source)
      try writeCR3(value)
    case 4: try writeCR4(try interceptMovToCR4(value, register: source))
    case 8:
      try interceptMovToCR8(register: source)
      if value > 15 { throw generalProtection() }
      cr8 = value
    default: throw undefinedOpcode
    }
  }

  func movFromControl(_ i: Instruction) throws(Fault) {
    if cpl != 0 { throw generalProtection() }
    let destination = i.operand0.number
    let value: UInt64
    switch i.operand1.number {
    case 0: value = visibleCR0
    case 2: value = cr2
    case 3:
      try interceptMovFromCR3(register: destination)
      value = cr3
    case 4: value = visibleCR4
    case 8:
      try interceptMovFromCR8(register: destination)
      value = cr8
    default: throw undefinedOpcode
    }
    writeRegister(destination, mode == .long ? 8 : 4, value)
  }

  /// The rules of MOV to CR0, and what follows from it: long mode, PDPTEs, flushes.
  func writeCR0(_ value: UInt64) throws(Fault) {
    let reserved = ~(UInt64(0xe005_003f))
    if value >> 32 != 0 { throw generalProtection() }
    let new = (value & ~reserved) | CR0.et
    if new & CR0.pg != 0, new & CR0.pe == 0 { throw generalProtection() }
    if new & CR0.nw != 0, new & CR0.cd == 0 { throw generalProtection() }
    if cr4 & CR4.pcide != 0, new & CR0.pg == 0 { throw generalProtection() }
    if !vmxAllowsCR0(new) { throw generalProtection() }
    let turnsPagingOn = new & CR0.pg != 0 && cr0 & CR0.pg == 0
    let changesPaging = (new ^ cr0) & (CR0.pg | CR0.pe | CR0.wp | CR0.cd | CR0.nw) != 0
    if turnsPagingOn, efer & EFER.lme != 0 {
      // SDM 3A, "Initializing IA-32e Mode": PAE must be on, and CS.L off.
      if cr4 & CR4.pae == 0 || segment(.cs).isLong { throw generalProtection() }
    }
    if new & CR0.pg == 0, mode == .long { throw generalProtection() }
    let usesPAE = new & CR0.pg != 0 && cr4 & CR4.pae != 0 && efer & EFER.lme == 0
    if usesPAE, (new ^ cr0) & (CR0.pg | CR0.cd | CR0.nw) != 0 { try loadPDPTEs(cr3) }
    if turnsPagingOn, efer & EFER.lme != 0 { efer |= EFER.lma }
    if new & CR0.pg == 0 { efer &= ~EFER.lma }
    cr0 = new
    if changesPaging { tlb.flushEverything() }
    updateMode()
  }

  func writeCR3(_ value: UInt64) throws(Fault) {
    let keeps = cr4 & CR4.pcide != 0 && value >> 63 != 0
    var new = cr4 & CR4.pcide != 0 ? value & ~(1 << 63) : value
    if efer & EFER.lma != 0 {
      if new >> Processor.physicalAddressWidth != 0 { throw generalProtection() }
    } else {
      new &= 0xffff_ffff
    }
    if pagingMode == .pae { try loadPDPTEs(new) }
    cr3 = new
    selectTranslationContext()
    if !keeps { flushCurrentContext() }
  }

  /// Drops the linear and combined mappings of the current VPID and PCID.
  func flushCurrentContext() {
    let vpid = vmx.isNonRoot ? vmx.vpid : 0
    let pcid = cr4 & CR4.pcide != 0 ? UInt16(cr3 & 0xfff) : 0
    tlb.flush { $0.vpid == vpid && $0.pcid == pcid }
  }

  /// CR4 bits that this processor has.
  static let cr4Supported: UInt64 =
    CR4.vme | CR4.pvi | CR4.tsd | CR4.de | CR4.pse | CR4.pae | CR4.mce | CR4.pge | CR4.pce
    | CR4.umip | CR4.vmxe | CR4.fsgsbase | CR4.osxsave | CR4.smep | CR4.smap

  func writeCR4(_ value: UInt64) throws(Fault) {
    if value & ~Processor.cr4Supported != 0 { throw generalProtection() }
    let changed = value ^ cr4
    if efer & EFER.lma != 0, value & CR4.pae == 0 { throw generalProtection() }
    if !vmxAllowsCR4(value) { throw generalProtection() }
    let paging = CR4.pae | CR4.pse | CR4.pge | CR4.smep
    let usesPAE = cr0 & CR0.pg != 0 && value & CR4.pae != 0 && efer & EFER.lma == 0
    if usesPAE, changed & paging != 0 { try loadPDPTEs(cr3) }
    cr4 = value
    if changed & (paging | CR4.smap) != 0 { tlb.flushEverything() }
    updateMode()
  }

  /// SDM 3A, "PDPTE Registers": a present entry with a reserved bit is #GP(0), and none is loaded.
  func loadPDPTEs(_ cr3: UInt64) throws(Fault) {
    var loaded: [UInt64] = []
    for index in 0..<UInt64(4) {
      let address = try physicalForPDPTE((cr3 & 0xffff_ffe0) &+ index &* 8)
      let entry = memory.load(address, as: UInt64.self)
      let reserved = 0x1e6 | ~((UInt64(1) << Processor.physicalAddressWidth) - 1)
      if entry & 1 != 0, entry & reserved != 0 { throw generalProtection() }
      loaded.append(entry)
    }
    pdptes = (loaded[0], loaded[1], loaded[2], loaded[3])
  }

  /// Under EPT the table is at a guest-physical address; a violation here has no linear address.
  private func physicalForPDPTE(_ address: UInt64) throws(Fault) -> UInt64 {
    guard vmx.isNonRoot, vmx.eptPointer != 0 else { return address }
    var walker = PageWalker(
      memory: memory, registers: pagingRegisters, recorder: NoRecorder(), setsFlags: true)
    do {
      return try walker.translateEPT(
        address, EPTAccess(reads: true, writes: false, fetches: false, isFinal: false),
        records: false
      ).physical
    } catch .eptViolation(let guestPhysical, let qualification) {
      let exit = vmExit(48, qualification: qualification & ~0x180)
      pendingExit.guestPhysical = guestPhysical
      throw exit
    } catch {
      let exit = vmExit(49)
      pendingExit.guestPhysical = address
      throw exit
    }
  }

  func clts() throws(Fault) {
    if cpl != 0 { throw generalProtection() }
    guard try interceptCLTS() else { return }
    cr0 &= ~CR0.ts
    attention = true
  }

  /// LMSW loads PE, MP, EM and TS, and cannot clear PE.
  func lmsw(_ i: Instruction) throws(Fault) {
    if cpl != 0 { throw generalProtection() }
    let source = try read(i, Operand(kind: i.operand0.kind, size: 2, number: i.operand0.number))
    let isMemory = i.operand0.kind == .memory
    let linear =
      isMemory
      ? (segments[i.segment.rawValue].base &+ effectiveAddress(i)) & linearMask : nil
    try writeCR0(
      try interceptLMSW(
        UInt16(truncatingIfNeeded: source), isMemory: isMemory, linear: linear))
  }

  func smsw(_ i: Instruction) throws(Fault) {
    try checkUserModePrevention()
    var destination = i.operand0
    if destination.kind == .memory { destination.size = 2 }
    try write(i, destination, visibleCR0)
  }
}
