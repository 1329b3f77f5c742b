import Testing
import X86

@testable import Simulator

// Expected values: SDM 3C, "VM Entries" and "VM Exits".
@Suite("VM entry and VM exit")
struct VMXTransitionTests {
  /// The fields that an entry loads and an exit saves.
  private static let guestFields: [VMCSField] = VMCSField.all.filter {
    $0.type == .guest && $0 != .guestInterruptStatus
  }

  private func exit(
    _ processor: Processor, _ reason: ExitReason, qualification: UInt64 = 0, length: UInt8 = 0,
    information: UInt32 = 0
  ) -> VMExit {
    processor.instructionLength = length
    _ = processor.vmExit(
      reason.rawValue, qualification: qualification, information: information)
    processor.performVMExit()
    return processor.lastVMExit
  }

  @Test(arguments: VMXFixture.Guest.allCases)
  func exitSavesWhatEntryLoaded(guest: VMXFixture.Guest) throws {
    let fixture = try VMXFixture(guest)
    let processor = fixture.processor
    fixture[.primaryExitControls] = 0x3_6fff | ExitControls.saveEFER | ExitControls.savePAT
    fixture[.entryControls] |= EntryControls.loadEFER | EntryControls.loadPAT
    fixture[.guestEFER] = guest == .long64 ? 0xd01 : 0
    fixture[.guestPAT] = 0x0606_0606_0606_0606
    fixture[.guestSysenterCS] = 0x10
    fixture[.guestSysenterESP] = 0x1111
    fixture[.guestSysenterEIP] = 0x2222
    fixture[.guestGDTRBase] = 0x3333
    fixture[.guestIDTRBase] = 0x4444
    fixture[.guestInterruptibilityState] = 8
    fixture[.guestDebugctl] = 1
    let before = VMXTransitionTests.guestFields.map { fixture[$0] }
    let entryControls = fixture[.entryControls]
    #expect(processor.prompt(.vmlaunch) == .entered)
    #expect(processor.mode == expectedMode(guest))
    _ = exit(processor, .cpuid)
    let after = VMXTransitionTests.guestFields.map { fixture[$0] }
    for (index, field) in VMXTransitionTests.guestFields.enumerated() {
      #expect(after[index] == before[index], "\(field.symbol)")
    }
    #expect(fixture[.entryControls] == entryControls)
    #expect(processor.checkVMCS() == [])
  }

  private func expectedMode(_ guest: VMXFixture.Guest) -> CPUMode {
    switch guest {
    case .real: .real
    case .paged32, .paged32WithEPT: .protected
    case .virtual8086: .virtual8086
    case .long64: .long
    }
  }

  @Test func guestRegistersAreLoaded() throws {
    let fixture = try VMXFixture(.long64)
    let processor = fixture.processor
    processor[.rax] = 0x1234
    fixture[.guestRIP] = 0x7000
    fixture[.guestRSP] = 0x8000
    fixture[.guestRFLAGS] = 0x246
    #expect(processor.prompt(.vmlaunch) == .entered)
    let registers = processor.currentRegisters()
    #expect(registers.rip == 0x7000)
    #expect(registers[.rsp] == 0x8000)
    #expect(registers.rflags.rawValue == 0x246)
    #expect(registers[.rax] == 0x1234)
    #expect(registers.efer == EFER.lme | EFER.lma)
    #expect(registers.cr0 == CR0.pe | CR0.ne | CR0.pg | CR0.et)
    #expect(registers.cr3 == 0xc000)
  }

  @Test func hostStateIsLoadedExactly() throws {
    let fixture = try VMXFixture(.real)
    let processor = fixture.processor
    fixture[.hostGDTRBase] = 0x1111
    fixture[.hostIDTRBase] = 0x2222
    fixture[.hostGSSelector] = 0x10
    fixture[.hostGSBase] = 0x3333
    fixture[.hostSysenterEIP] = 0x4444
    #expect(processor.prompt(.vmlaunch) == .entered)
    processor.dr7 = 0xffff
    processor.msrs.debugControl = 1
    processor.rflags = 0x8d7
    _ = exit(processor, .hlt, length: 1)
    #expect(!processor.isInNonRootOperation)
    let host = processor.currentRegisters()
    #expect(host.mode == .long)
    #expect(host.rip == 0x4000)
    #expect(host[.rsp] == 0x5000)
    #expect(host.rflags.rawValue == 2)
    #expect(host.cr0 == CR0.pe | CR0.ne | CR0.pg | CR0.wp | CR0.et)
    #expect(host.cr4 == CR4.pae | CR4.vmxe)
    #expect(host.efer == EFER.lme | EFER.lma)
    #expect(host[.cs] == Segment(selector: 0x08, base: 0, limit: ~0, access: 0xa09b))
    #expect(host[.ss] == Segment(selector: 0x10, base: 0, limit: ~0, access: 0xc093))
    #expect(host[.gs] == Segment(selector: 0x10, base: 0x3333, limit: ~0, access: 0xc093))
    // Selector 0: unusable, but the base of FS is loaded.
    #expect(host[.fs].isUnusable)
    #expect(host[.fs].base == 0x1234_5000)
    #expect(
      host.tr == Segment(selector: 0x18, base: 0xffff_8000_0000_1000, limit: 0x67, access: 0x8b))
    #expect(host.ldtr.isUnusable)
    #expect(host.gdtr == DescriptorTableRegister(base: 0x1111, limit: 0xffff))
    #expect(host.idtr == DescriptorTableRegister(base: 0x2222, limit: 0xffff))
    #expect(host[debug: 7] == 0x400)
    #expect(processor.msrs.debugControl == 0)
    #expect(processor.msrs.sysenterEIP == 0x4444)
    #expect(processor.vmx.primaryControls == 0)
  }

  @Test func exitInformationFollowsTheTable() throws {
    let fixture = try VMXFixture(.long64)
    let processor = fixture.processor
    #expect(processor.prompt(.vmlaunch) == .entered)
    let hlt = exit(processor, .hlt, qualification: 0, length: 1, information: 0xff)
    #expect(hlt.instructionLength == 1)
    #expect(hlt.instructionInformation == 0)
    #expect(fixture[.exitReason] == 12)
    #expect(fixture[.exitInstructionLength] == 1)

    #expect(processor.prompt(.vmresume) == .entered)
    _ = exit(processor, .vmread, qualification: 0x20, length: 4, information: 0x123)
    #expect(fixture[.exitReason] == 23)
    #expect(fixture[.exitQualification] == 0x20)
    #expect(fixture[.exitInstructionLength] == 4)
    #expect(fixture[.exitInstructionInformation] == 0x123)

    // No length for an exit that no instruction asked for.
    for reason in [ExitReason.externalInterrupt, .eptViolation, .interruptWindow, .monitorTrapFlag]
    {
      #expect(processor.prompt(.vmresume) == .entered)
      #expect(exit(processor, reason, length: 3).instructionLength == 0, "\(reason)")
    }
  }

  @Test func idtVectoringDescribesTheInterruptedEvent() throws {
    let fixture = try VMXFixture(.long64)
    let processor = fixture.processor
    #expect(processor.prompt(.vmlaunch) == .entered)
    processor.delivering = EventInDelivery(type: 3, vector: 14, errorCode: 2)
    _ = exit(processor, .eptViolation, qualification: 0x81)
    #expect(fixture[.idtVectoringInformation] == 0x8000_0b0e)
    #expect(fixture[.idtVectoringErrorCode] == 2)
    #expect(processor.delivering == nil)

    #expect(processor.prompt(.vmresume) == .entered)
    processor.delivering = EventInDelivery(type: 4, vector: 0x80, instructionLength: 2)
    _ = exit(processor, .eptViolation, length: 2)
    #expect(fixture[.idtVectoringInformation] == 0x8000_0480)
    #expect(fixture[.exitInstructionLength] == 2)

    // A triple fault counts as no exit during delivery.
    #expect(processor.prompt(.vmresume) == .entered)
    processor.delivering = EventInDelivery(type: 3, vector: 8, errorCode: 0)
    _ = exit(processor, .tripleFault)
    #expect(fixture[.idtVectoringInformation] == 0)
  }

  @Test func resumeFlagIsSavedByCause() throws {
    let fixture = try VMXFixture(.long64)
    let processor = fixture.processor
    #expect(processor.prompt(.vmlaunch) == .entered)
    let rf = RFLAGS.rf.rawValue
    func savedRF(_ set: Bool, _ reason: ExitReason, prepare: () -> Void = {}) -> Bool {
      processor.rflags = set ? 2 | rf : 2
      processor.instructionLength = 0
      _ = processor.vmExit(reason.rawValue)
      prepare()
      processor.performVMExit()
      let saved = fixture[.guestRFLAGS] & rf != 0
      _ = processor.prompt(.vmresume)
      return saved
    }
    // Instructions leave 0, faults and EPT violations 1, other events what it was.
    #expect(!savedRF(true, .cpuid))
    #expect(savedRF(false, .eptViolation))
    #expect(savedRF(true, .externalInterrupt))
    #expect(!savedRF(false, .externalInterrupt))
    #expect(
      savedRF(false, .exceptionOrNMI) {
        processor.pendingExit.interruptionInformation = 0x8000_0b0d
      })
    #expect(
      !savedRF(false, .exceptionOrNMI) {
        processor.pendingExit.interruptionInformation = 0x8000_0603
      })
    #expect(
      !savedRF(false, .exceptionOrNMI) {
        processor.pendingExit.interruptionInformation = 0x8000_0301
      })
  }

  @Test func exitControlsDecideWhatIsSaved() throws {
    let fixture = try VMXFixture(.long64)
    let processor = fixture.processor
    fixture[.primaryExitControls] = 0x3_6ffb
    #expect(processor.prompt(.vmlaunch) == .entered)
    processor.dr7 = 0x455
    processor.msrs.pat = 0
    processor.efer |= EFER.sce
    _ = exit(processor, .cpuid)
    #expect(fixture[.guestDR7] == 0x400)
    #expect(fixture[.guestPAT] == 0)
    #expect(fixture[.guestEFER] == 0)
    fixture[.primaryExitControls] = 0x3_6fff | ExitControls.savePAT | ExitControls.saveEFER
    #expect(processor.prompt(.vmresume) == .entered)
    processor.dr7 = 0x455
    processor.msrs.pat = 0x06
    _ = exit(processor, .cpuid)
    #expect(fixture[.guestDR7] == 0x455)
    #expect(fixture[.guestPAT] == 0x06)
    #expect(fixture[.guestEFER] & EFER.lma != 0)
  }

  @Test func lmaGoesIntoTheEntryControls() throws {
    let fixture = try VMXFixture(.real)
    let processor = fixture.processor
    #expect(processor.prompt(.vmlaunch) == .entered)
    // The guest switches to long mode.
    processor.cr0 |= CR0.pe | CR0.pg
    processor.cr4 |= CR4.pae
    processor.efer = EFER.lme | EFER.lma
    processor.updateMode()
    _ = exit(processor, .cpuid)
    #expect(fixture[.entryControls] == 0x13ff)
    #expect(processor.checkVMCS() == [])
    #expect(processor.prompt(.vmresume) == .entered)
    #expect(processor.efer & EFER.lma != 0)
  }

  @Test func exitFromLongModeToA32BitHostAborts() throws {
    let fixture = try VMXFixture(.real)
    fixture.become32BitHost()
    let processor = fixture.processor
    #expect(processor.prompt(.vmlaunch) == .entered)
    processor.efer = EFER.lme | EFER.lma
    _ = exit(processor, .cpuid)
    #expect(fixture.memory.load(VMXFixture.vmcs + 4, as: UInt32.self) == 6)
    #expect(processor.activity == .shutdown)
    #expect(processor.prompt(.vmptrst) == .aborted)
  }

  @Test func pdptesAreSavedUnderEPT() throws {
    let fixture = try VMXFixture(.paged32WithEPT)
    let processor = fixture.processor
    #expect(processor.prompt(.vmlaunch) == .entered)
    #expect(processor.pdptes.0 == 0x8001)
    processor.pdptes.2 = 0x5001
    _ = exit(processor, .cpuid)
    #expect(fixture[.guestPDPTE2] == 0x5001)
  }

  // MARK: Interruptibility and injection

  @Test func injectionIsValidOnce() throws {
    let fixture = try VMXFixture(.long64)
    let processor = fixture.processor
    fixture[.guestInterruptibilityState] = 0
    fixture[.entryInterruptionInformation] = 0x8000_0202
    #expect(processor.prompt(.vmlaunch) == .entered)
    // An injected NMI blocks NMIs.
    #expect(processor.nmiBlocked)
    _ = exit(processor, .cpuid)
    #expect(fixture[.entryInterruptionInformation] == 0x202)
    #expect(fixture[.guestInterruptibilityState] == 8)
  }

  @Test func pendingMTFIsInjectedAsType7() throws {
    let fixture = try VMXFixture(.long64)
    let processor = fixture.processor
    fixture[.entryInterruptionInformation] = 0x8000_0700
    #expect(processor.prompt(.vmlaunch) == .entered)
    #expect(processor.hasVMXBoundaryWork)
    #expect(throws: Fault.exit) { try processor.vmxBoundaryEvent() }
    processor.performVMExit()
    #expect(processor.pendingExit.reason == 37)
  }

  @Test func blockingIsSavedAndLoaded() throws {
    let fixture = try VMXFixture(.long64)
    let processor = fixture.processor
    fixture[.guestRFLAGS] = 0x202
    fixture[.guestInterruptibilityState] = 1
    #expect(processor.prompt(.vmlaunch) == .entered)
    #expect(processor.interruptShadow == .sti)
    _ = exit(processor, .cpuid)
    #expect(fixture[.guestInterruptibilityState] == 1)
    #expect(processor.interruptShadow == .none)
  }

  @Test func pendingDebugExceptionsAreKeptForSomeExits() throws {
    let fixture = try VMXFixture(.long64)
    let processor = fixture.processor
    for (reason, kept) in [
      (ExitReason.cpuid, false), (.monitorTrapFlag, true), (.initSignal, true),
    ] {
      fixture[.guestPendingDebugExceptions] = 0x1001
      let isLaunched = processor.currentVMCSIsLaunched == true
      #expect(processor.prompt(isLaunched ? .vmresume : .vmlaunch) == .entered)
      _ = exit(processor, reason)
      #expect(fixture[.guestPendingDebugExceptions] == (kept ? 0x1001 : 0))
    }
  }

  // MARK: MSR lists

  private func list(_ fixture: VMXFixture, _ entries: [(UInt32, UInt32, UInt64)]) {
    for (index, entry) in entries.enumerated() {
      let address = VMXFixture.list + UInt64(index) * 16
      fixture.memory.store(address, entry.0)
      fixture.memory.store(address + 4, entry.1)
      fixture.memory.store(address + 8, entry.2)
    }
  }

  @Test func entryLoadsMSRs() throws {
    let fixture = try VMXFixture(.long64)
    list(fixture, [(MSR.lstar, 0, 0x1234), (MSR.kernelGSBase, 0, 0x5678)])
    fixture[.entryMSRLoadCount] = 2
    fixture[.entryMSRLoadAddress] = VMXFixture.list
    #expect(fixture.processor.prompt(.vmlaunch) == .entered)
    #expect(fixture.processor.msrs.lstar == 0x1234)
    #expect(fixture.processor.msrs.kernelGSBase == 0x5678)
  }

  @Test(
    arguments: [
      (MSR.fsBase, 0, 0), (MSR.gsBase, 0, 0), (0x802, 0, 0), (MSR.lstar, 1, 0), (0x1234_5678, 0, 0),
      (MSR.lstar, 0, 1 << 56), (MSR.vmxBasic, 0, 0), (MSR.pat, 0, 2),
    ] as [(UInt32, UInt32, UInt64)])
  func badListEntryFailsTheEntry(index: UInt32, reserved: UInt32, value: UInt64) throws {
    let fixture = try VMXFixture(.long64)
    list(fixture, [(MSR.star, 0, 1), (index, reserved, value)])
    fixture[.entryMSRLoadCount] = 2
    fixture[.entryMSRLoadAddress] = VMXFixture.list
    guard case .entryFailure(let exit) = fixture.processor.prompt(.vmlaunch) else {
      Issue.record("entered")
      return
    }
    #expect(exit.reason == 34)
    #expect(exit.qualification == 2)
    #expect(fixture[.exitReason] == 0x8000_0022)
    #expect(fixture.processor.currentVMCSIsLaunched == false)
    // Execution goes on at the host.
    #expect(fixture.processor.rip == 0x4000)
    #expect(fixture.processor.mode == .long)
    #expect(fixture.processor.vmx.primaryControls == 0)
  }

  @Test func exitStoresAndLoadsMSRs() throws {
    let fixture = try VMXFixture(.long64)
    let processor = fixture.processor
    list(fixture, [(MSR.star, 0, 0), (MSR.lstar, 0, 0x7777)])
    fixture[.exitMSRStoreCount] = 1
    fixture[.exitMSRStoreAddress] = VMXFixture.list
    fixture[.exitMSRLoadCount] = 1
    fixture[.exitMSRLoadAddress] = VMXFixture.list + 16
    #expect(processor.prompt(.vmlaunch) == .entered)
    processor.msrs.star = 0x4242
    _ = exit(processor, .cpuid)
    #expect(fixture.memory.load(VMXFixture.list + 8, as: UInt64.self) == 0x4242)
    #expect(processor.msrs.lstar == 0x7777)
  }

  @Test func badHostListAborts() throws {
    let fixture = try VMXFixture(.long64)
    fixture[.exitMSRLoadCount] = 1
    fixture[.exitMSRLoadAddress] = VMXFixture.ones
    #expect(fixture.processor.prompt(.vmlaunch) == .entered)
    _ = exit(fixture.processor, .cpuid)
    #expect(fixture.memory.load(VMXFixture.vmcs + 4, as: UInt32.self) == 4)
    #expect(fixture.processor.activity == .shutdown)
  }

  // MARK: Random contents

  /// SplitMix64.
  private struct Generator: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state &+= 0x9e37_79b9_7f4a_7c15
      var z = state
      z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
      z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
      return z ^ (z >> 31)
    }
  }

  /// A value that is likelier to matter than a random one.
  private func value(_ generator: inout Generator, near old: UInt64) -> UInt64 {
    switch generator.next() % 6 {
    case 0: return generator.next()
    case 1: return 0
    case 2: return ~0
    case 3: return generator.next() & 0xff
    case 4: return VMXFixture.ones
    default: return old ^ 1 << (generator.next() % 64)
    }
  }

  @Test func randomVMCSContents() throws {
    let fixture = try VMXFixture()
    let processor = fixture.processor
    var generator = Generator(state: 1)
    let fields = VMCSField.all.filter { $0.type != .exitInformation }
    var entered = 0
    for round in 0..<20_000 {
      if round % 4 == 0 || processor.vmx.isAborted {
        fixture.enterRoot()
        let guests = VMXFixture.Guest.allCases
        fixture.fill(guests[Int(generator.next() % UInt64(guests.count))])
      }
      // Mostly a few changes of something valid, sometimes nothing valid.
      let changes = round % 16 == 0 ? fields.count : Int(generator.next() % 4)
      var undo: [(VMCSField, UInt64)] = []
      for _ in 0..<changes {
        let field = fields[Int(generator.next() % UInt64(fields.count))]
        undo.append((field, fixture[field]))
        fixture[field] = value(&generator, near: fixture[field])
      }
      let findings = try #require(processor.checkVMCS())
      let launched = processor.currentVMCSIsLaunched == true
      switch processor.prompt(launched ? .vmresume : .vmlaunch) {
      case .entered:
        entered += 1
        #expect(findings.isEmpty, "round \(round): \(findings.map(\.rule))")
        _ = exit(processor, ExitReason(rawValue: UInt16(generator.next() % 70)))
      case .failValid(let number):
        #expect(findings.first?.failure == .failValid(number), "round \(round)")
      case .entryFailure(let exit) where exit.reason == 33:
        #expect(findings.first?.failure == .exit, "round \(round)")
        #expect(findings.first?.qualification == exit.qualification)
      case .entryFailure(let exit):
        #expect(findings.isEmpty && exit.reason == 34, "round \(round)")
      case let other:
        Issue.record("round \(round): \(other)")
      }
      if !findings.isEmpty { for (field, old) in undo.reversed() { fixture[field] = old } }
    }
    // The test is worth something only if both ends happen.
    #expect(entered > 2_000 && entered < 19_000)
  }
}
