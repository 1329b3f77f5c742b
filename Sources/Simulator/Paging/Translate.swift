import X86

extension PhysicalMemory: WalkMemory {
  public func readEntry64(_ address: UInt64) -> UInt64 { load(address, as: UInt64.self) }
  public func readEntry32(_ address: UInt64) -> UInt32 { load(address, as: UInt32.self) }
  public func mark(_ address: UInt64, _ bits: UInt16) {
    store(address, load(address, as: UInt16.self) | bits)
  }
}

/// An access as the slow path sees it.
struct LinearAccess {
  var linear: UInt64
  var kind: PageAccess.Kind
  /// Bytes within one page.
  var size: Int
  var isUser: Bool
}

extension Processor {
  /// MAXPHYADDR of the simulated processor, as CPUID 80000008H tells.
  public static let physicalAddressWidth: UInt64 = 40

  /// What decides the translation of a linear address now.
  var pagingRegisters: PagingRegisters {
    PagingRegisters(
      mode: pagingMode, cr0: cr0, cr3: cr3, cr4: cr4, efer: efer, rflags: systemFlags,
      pdptes: pdptes, eptPointer: vmx.isNonRoot ? vmx.eptPointer : 0)
  }

  /// Translates by walking the tables, fills the TLB, and returns the host-physical address.
  @inline(never)
  func translate(_ access: LinearAccess) throws(Fault) -> UInt64 {
    var walker = PageWalker(
      memory: memory, registers: pagingRegisters, recorder: NoRecorder(), setsFlags: true)
    do {
      let page = try walker.walk(
        access.linear, PageAccess(access.kind, isUser: access.isUser))
      fill(access, page)
      return page.physical
    } catch {
      throw fault(for: error, access)
    }
  }

  private func fill(_ access: LinearAccess, _ page: PageTranslation) {
    guard memory.contains(page.physical & ~0xfff, 4096), page.physical >> 12 != apicPage else {
      return
    }
    // A user page under SMAP is open or not by RFLAGS.AC, which changes without a flush.
    let isFickle = page.isUserPage && !access.isUser && cr4 & CR4.smap != 0
    guard !isFickle, access.isUser == (cpl == 3) else { return }
    var page = page
    if memory.map.isROM(page.physical) { page.isWritable = false }
    if armed.hasData, hasDataBreakpoint(onPageOf: access.linear) {
      // Loads and stores go the slow way, which compares addresses.
      page.isReadable = false
      page.isWritable = false
    }
    let isWatched =
      memory.isWatched(page.physical) || blocks.holdsCode(page: page.physical >> 12)
    tlb.fill(
      linear: access.linear, page, hostBase: memory.hostBase(of: page.physical),
      holdsCode: isWatched)
  }

  /// Turns the end of a walk into what the processor does about it.
  private func fault(for fault: WalkFault, _ access: LinearAccess) -> Fault {
    switch fault {
    case .nonCanonical:
      return generalProtection()
    case .pageFault(let code):
      return exception(14, code, payload: access.linear)
    case .eptViolation(let guestPhysical, let qualification):
      let exit = vmExit(48, qualification: qualification)
      pendingExit.guestPhysical = guestPhysical
      pendingExit.guestLinear = access.linear
      // Bit 8: the access was to the address itself, so a monitor may emulate it.
      if qualification & 0x100 != 0, access.kind != .fetch {
        pendingExit.access = DeviceAccess(
          space: .memory, address: guestPhysical, size: access.size,
          isWrite: access.kind == .write)
      }
      return exit
    case .eptMisconfiguration(let guestPhysical):
      let exit = vmExit(49)
      pendingExit.guestPhysical = guestPhysical
      pendingExit.guestLinear = access.linear
      return exit
    }
  }

  /// The walk of `linear` with every reference; nothing in the machine changes.
  public func explainWalk(_ linear: UInt64, _ access: PageAccess, _ registers: PagingRegisters)
    -> Walk
  {
    Processor.explainWalk(linear, access, registers, memory: memory)
  }

  /// The walk of `linear` over any memory, for a backend whose tables can only be read.
  public static func explainWalk(
    _ linear: UInt64, _ access: PageAccess, _ registers: PagingRegisters, memory: some WalkMemory
  ) -> Walk {
    var result = Walk(linear: linear)
    let width: UInt64 = registers.mode == .level5 ? 57 : 48
    let shift = Int64(64 - width)
    let isWide = registers.mode == .level4 || registers.mode == .level5
    if isWide, (Int64(bitPattern: linear) << shift) >> shift != Int64(bitPattern: linear) {
      result.fault = .nonCanonical
      return result
    }
    var walker = PageWalker(
      memory: memory, registers: registers, recorder: ReferenceRecorder(), setsFlags: false)
    do {
      let page = try walker.walk(linear, access)
      result.guestPhysical = page.guestPhysical
      result.physical = page.physical
      result.pageSize = page.pageSize
    } catch {
      result.fault = error
    }
    result.references = walker.recorder.references
    return result
  }
}
