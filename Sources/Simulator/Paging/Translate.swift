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
  /// By an instruction's operand, not on the way to a descriptor table or a task-state segment.
  var isExplicit = true

  var pageAccess: PageAccess {
    PageAccess(kind, isUser: isUser, isImplicit: !isExplicit)
  }
}

extension Processor {
  /// MAXPHYADDR of the simulated processor, as CPUID 80000008H tells.
  public static let physicalAddressWidth: UInt64 = 40

  /// What decides the translation of a linear address now.
  var pagingRegisters: PagingRegisters {
    PagingRegisters(
      mode: pagingMode, cr0: cr0, cr3: cr3, cr4: cr4, efer: efer, rflags: systemFlags,
      pdptes: pdptes, eptPointer: vmx.isNonRoot ? vmx.eptPointer : 0, pkru: pkru)
  }

  /// Translates by the TLB or the tables, and returns the host-physical address.
  @inline(never)
  func translate(_ access: LinearAccess) throws(Fault) -> UInt64 {
    var registers = pagingRegisters
    // SDM 3A, "Determination of Access Rights": what the processor itself reads and writes at CPL 3 is
    // an implicit supervisor access, to which RFLAGS.AC does not open user pages.
    if !access.isUser, cpl == 3 { registers.rflags &= ~RFLAGS.ac.rawValue }
    if let known = cachedTranslation(access, registers) { return known }
    var walker = PageWalker(
      memory: memory, registers: registers, recorder: NoRecorder(), setsFlags: true)
    do {
      let page = try walker.walk(access.linear, access.pageAccess)
      if memory.contains(page.physical & ~0xfff, 4096), page.physical >> 12 != apicPage {
        tlb.fill(linear: access.linear, page)
        tag(access.linear, page.physical >> 12, page.rights, registers)
      }
      return page.physical
    } catch {
      // SDM 3A, "Operations that Invalidate TLBs and Paging-Structure Caches": a page fault drops
      // what is cached for its address.
      if case .pageFault = error { tlb.flushPage(access.linear) }
      throw fault(for: error, access)
    }
  }

  /// What the TLB says of a page that has no tag for this access: a global page after MOV to CR3, a
  /// page tagged for another privilege, an access that never gets a tag. Where it does not suffice
  /// the tables are asked: rights may have been added without an invalidation.
  private func cachedTranslation(_ access: LinearAccess, _ registers: PagingRegisters) -> UInt64? {
    guard let found = tlb.find(access.linear), found.rights.isComplete(for: access.kind),
      registers.allows(found.rights, access.pageAccess)
    else { return nil }
    tag(access.linear, found.physicalPage, found.rights, registers)
    return found.physicalPage << 12 | access.linear & 0xfff
  }

  /// Tags the entry of `linear` for accesses by the current privilege.
  private func tag(
    _ linear: UInt64, _ physicalPage: UInt64, _ rights: PageRights, _ registers: PagingRegisters
  ) {
    let isUser = cpl == 3
    func allows(_ kind: PageAccess.Kind) -> Bool {
      rights.isComplete(for: kind) && registers.allows(rights, PageAccess(kind, isUser: isUser))
    }
    // A user page under SMAP is open or not by RFLAGS.AC, which changes without notice. With a data
    // breakpoint on the page loads and stores go the slow way, which compares addresses.
    let isSlow =
      (rights.contains(.user) && !isUser && cr4 & CR4.smap != 0 && pagingMode != .off)
      || (armed.hasData && hasDataBreakpoint(onPageOf: linear))
    let isROM = memory.map.isROM(physicalPage << 12)
    tlb.tag(
      linear, (!isSlow && allows(.read), !isSlow && !isROM && allows(.write), allows(.fetch)),
      hostBase: memory.hostBase(of: physicalPage << 12),
      isWatched: memory.isWatched(physicalPage << 12) || blocks.holdsCode(page: physicalPage))
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

  /// The walk of EPT alone for a guest-physical address; nothing in the machine changes.
  public func explainEPT(
    _ guestPhysical: UInt64, _ access: PageAccess, _ registers: PagingRegisters
  ) -> Walk {
    var result = Walk(linear: guestPhysical)
    result.guestPhysical = guestPhysical
    result.physicalWidth = Int(registers.physicalWidth)
    var walker = PageWalker(
      memory: memory, registers: registers, recorder: ReferenceRecorder(), setsFlags: false)
    let wanted = EPTAccess(
      reads: access.kind == .read, writes: access.kind == .write, fetches: access.kind == .fetch,
      isFinal: true)
    do {
      result.physical = try walker.translateEPT(guestPhysical, wanted, records: true).physical
    } catch {
      result.fault = error
    }
    result.references = walker.recorder.references
    return result
  }

  /// The walk of `linear` over any memory, for a backend whose tables can only be read.
  public static func explainWalk(
    _ linear: UInt64, _ access: PageAccess, _ registers: PagingRegisters, memory: some WalkMemory
  ) -> Walk {
    var result = Walk(linear: linear)
    result.physicalWidth = Int(registers.physicalWidth)
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
    if case .pageFault(let code) = result.fault, code & 9 == 1 {
      result.reason = registers.refusal(of: PageRights(result.references), access)
    }
    return result
  }
}
