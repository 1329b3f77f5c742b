import Testing
import X86

@testable import Simulator

/// Descriptors, gates and far transfers in protected mode (SDM 3A, "Protection"; SDM 2).
@Suite struct SegmentationTests {
  static let target: UInt64 = 0x9000
  static let gate: UInt16 = 0x43
  static let inner: UInt16 = 0x48

  private func lab(_ code: [UInt8], isUser: Bool = false) throws -> Lab {
    let lab = try Lab()
    try lab.protected(code, isUser: isUser)
    lab.edit { $0.gdtr.limit = 0xff }
    return lab
  }

  /// The vector and error code that `lab` ends with.
  private func fault(_ lab: Lab) throws -> [UInt64] {
    lab.run(10)
    return [lab.vector() ?? ~0, UInt64(try lab.slot32(0))]
  }

  private let callGate: [UInt8] = [0x9a, 0, 0, 0, 0, 0x43, 0]

  @Test func callGateToAnInnerLevel() throws {
    let lab = try self.lab(callGate, isUser: true)
    try lab.pokeCallGate(0x40, code: Lab.kernelCode, offset: Self.target, parameters: 2)
    try lab.poke(Lab.userStack, UInt32(0xaaaa))
    try lab.poke(Lab.userStack + 4, UInt32(0xbbbb))
    lab.run(1)
    let now = lab.registers
    #expect(now.cpl == 0 && now.rip == Self.target && now[.cs].selector == Lab.kernelCode)
    #expect(now[.ss].selector == Lab.kernelData && now[.rsp] == Lab.kernelStack - 24)
    let frame = try (0..<6).map { try lab.slot32($0) }
    #expect(
      frame == [
        UInt32(Lab.code) + 7, UInt32(Lab.userCode), 0xaaaa, 0xbbbb, UInt32(Lab.userStack),
        UInt32(Lab.userData),
      ])
    // RETF 8 releases the parameters on both stacks, and takes the inner DS away.
    try lab.poke(Self.target, [0xca, 8, 0])
    lab.edit { $0[.ds] = Segment(selector: 0x10, base: 0, limit: ~0, access: 0xc093) }
    lab.run(1)
    let back = lab.registers
    #expect(back.cpl == 3 && back.rip == Lab.code + 7 && back[.rsp] == Lab.userStack + 8)
    #expect(back[.ds].selector == 0 && back[.ds].isUnusable && !back[.es].isUnusable)
  }

  @Test func sixteenBitCallGate() throws {
    let lab = try self.lab(callGate, isUser: true)
    try lab.pokeCallGate(0x40, code: Lab.kernelCode, offset: 0x5_9000, type: 4, parameters: 1)
    try lab.poke(Lab.userStack, UInt16(0xaaaa))
    lab.run(1)
    let now = lab.registers
    #expect(now.rip == 0x9000 && now[.rsp] == Lab.kernelStack - 10)
    #expect(try lab.peek(now[.rsp] + 4, as: UInt16.self) == 0xaaaa)
    #expect(try lab.peek(now[.rsp] + 8, as: UInt16.self) == Lab.userData)
  }

  @Test func callGateToTheSameLevel() throws {
    let lab = try self.lab(callGate)
    try lab.pokeCallGate(0x40, code: Lab.kernelCode, offset: Self.target, dpl: 3, parameters: 3)
    lab.run(1)
    #expect(lab.registers.rip == Self.target && lab.registers[.rsp] == Lab.userStack - 8)
    #expect(try lab.slot32(1) == UInt32(Lab.kernelCode))
  }

  @Test func conformingCodeKeepsTheLevel() throws {
    let lab = try self.lab([0xea, 0, 0x90, 0, 0, 0x48, 0], isUser: true)
    try lab.pokeDescriptor(Self.inner, access: 0x9e)
    lab.run(1)
    #expect(lab.registers.cpl == 3 && lab.registers[.cs].selector == 0x4b)
    #expect(lab.registers.rip == Self.target)
    // The accessed bit of the descriptor is set.
    #expect(try lab.accessByte(Self.inner) == 0x9f)
  }

  /// What a user's call through gate 43H to code 48H may run into.
  @Test(
    arguments: [
      // DPL of the gate below CPL; absent gate; null target; beyond the GDT; data; absent code.
      (0x8c, 0x48, 0x9b, 13, 0x40), (0x6c, 0x48, 0x9b, 11, 0x40), (0xec, 0, 0x9b, 13, 0),
      (0xec, 0x148, 0x9b, 13, 0x148), (0xec, 0x48, 0x93, 13, 0x48), (0xec, 0x48, 0x1b, 11, 0x48),
    ] as [(UInt64, UInt16, UInt64, UInt64, UInt64)])
  func callGateFaults(
    _ rights: UInt64, _ code: UInt16, _ access: UInt64, _ vector: UInt64, _ error: UInt64
  ) throws {
    let lab = try self.lab(callGate, isUser: true)
    try lab.pokeDescriptor(Self.inner, access: access)
    try lab.poke(
      Lab.gdt + 0x40, Self.target & 0xffff | UInt64(code) << 16 | rights << 40)
    #expect(try fault(lab) == [vector, error])
    #expect(lab.registers[.rsp] == Lab.kernelStack - 24)
  }

  @Test func jumpThroughAGateNeedsTheSameLevel() throws {
    let lab = try self.lab([0xea, 0, 0, 0, 0, 0x43, 0], isUser: true)
    try lab.pokeCallGate(0x40, code: Self.inner, offset: Self.target)
    try lab.pokeDescriptor(Self.inner, access: 0x1b)
    // Privilege comes before presence.
    #expect(try fault(lab) == [13, UInt64(Self.inner)])
  }

  /// Stacks in the TSS: SS0 and what comes of it, for an INT n (EXT 0) and a fault (EXT 1). The handler
  /// of #TS and #SS is a task gate, because there is no stack.
  @Test(
    arguments: [
      (0, 0x93, 10, 0), (0x148, 0x93, 10, 0x148), (0x4b, 0x93, 10, 0x48), (0x48, 0xf3, 10, 0x48),
      (0x48, 0x91, 10, 0x48), (0x48, 0x13, 12, 0x48),
    ] as [(UInt16, UInt64, UInt64, UInt32)], [[0xcd, 0x40], [0x0f, 0x0b]] as [[UInt8]])
  func stackFaultsOfADelivery(
    _ row: (UInt16, UInt64, UInt64, UInt32), _ code: [UInt8]
  ) throws {
    let (selector, access, vector, error) = row
    let lab = try self.lab(code, isUser: true)
    try lab.pokeDescriptor(Self.inner, access: access)
    try lab.poke(Lab.tss + 8, selector)
    try lab.pokeDescriptor(0x50, base: 0x5000, limit: 0x67, access: 0x89, flags: 0)
    try lab.poke(0x5020, UInt32(Lab.handlers + vector * 16))
    try lab.poke(0x5038, UInt32(Lab.interruptStack))
    for offset: UInt64 in [0x48, 0x50, 0x54] { try lab.poke(0x5000 + offset, Lab.kernelData) }
    try lab.poke(0x504c, Lab.kernelCode)
    try lab.poke(Lab.idt + vector * 8, UInt64(0x50) << 16 | 0x8500 << 32)
    lab.run(10)
    #expect(lab.vector() == vector)
    #expect(try lab.slot32(0) == error | (code[0] == 0xcd ? 0 : 1))
  }

  @Test func shortTSS() throws {
    let lab = try self.lab(callGate, isUser: true)
    try lab.pokeCallGate(0x40, code: Lab.kernelCode, offset: Self.target)
    lab.edit { $0.tr.limit = 10 }
    // #TS needs that stack, too: a double fault, and a triple one.
    #expect(lab.run(10) == .shutdown)
  }

  @Test func farReturnFaults() throws {
    // To an inner level, to data, beyond the limit.
    for (selector, error): (UInt32, UInt64) in [(0x8, 8), (0x23, 0x20), (0, 0), (0x17b, 0x178)] {
      let lab = try self.lab([0xcb], isUser: true)
      try lab.poke(Lab.userStack, UInt32(Self.target))
      try lab.poke(Lab.userStack + 4, selector)
      #expect(try fault(lab) == [13, error])
      #expect(try lab.slot32(4) == UInt32(Lab.userStack))
    }
  }

  @Test func taskRegister() throws {
    let lab = try self.lab([0x0f, 0x00, 0xd8])
    try lab.pokeDescriptor(0x40, base: 0x5000, limit: 0x67, access: 0x89, flags: 0)
    lab.edit { $0[.rax] = 0x40 }
    lab.run(1)
    #expect(lab.registers.tr == Segment(selector: 0x40, base: 0x5000, limit: 0x67, access: 0x8b))
    #expect(try lab.accessByte(0x40) == 0x8b)
    // Busy, null, LDT, in the LDT, absent, beyond the table.
    for (selector, access, expected): (UInt64, UInt64, [UInt64]) in [
      (0x40, 0x8b, [13, 0x40]), (0, 0x89, [13, 0]), (0x40, 0x82, [13, 0x40]),
      (0x44, 0x89, [13, 0x44]), (0x40, 0x09, [11, 0x40]), (0x140, 0x89, [13, 0x140]),
    ] {
      let other = try self.lab([0x0f, 0x00, 0xd8])
      try other.pokeDescriptor(0x40, base: 0x5000, limit: 0x67, access: access, flags: 0)
      other.edit { $0[.rax] = selector }
      #expect(try fault(other) == expected)
    }
  }

  @Test func localDescriptorTable() throws {
    // LLDT AX; MOV ES, CX
    let lab = try self.lab([0x0f, 0x00, 0xd0, 0x8e, 0xc1])
    try lab.pokeDescriptor(0x40, base: 0x5000, limit: 0xf, access: 0x82, flags: 0)
    try lab.poke(0x5008, UInt64(0x0040_9212_3456_0fff))
    lab.edit { ($0[.rax], $0[.rcx]) = (0x40, 0xc) }
    lab.run(2)
    let es = lab.registers[.es]
    #expect(es.base == 0x12_3456 && es.limit == 0xfff && es.access == 0x4093)
    #expect(try lab.peek(0x500d, as: UInt8.self) == 0x93)
    // Beyond the LDT's limit, and with no LDT at all.
    lab.edit { ($0.rip, $0[.rcx]) = (Lab.code + 3, 0x14) }
    #expect(try fault(lab) == [13, 0x14])
    lab.edit { ($0.rip, $0[.rax]) = (Lab.code, 0) }
    lab.run(1)
    lab.edit { $0[.rcx] = 0xc }
    #expect(try fault(lab) == [13, 0xc])
  }

  /// MOV to DS and SS at CPL 3, with a selector of RPL 3: access rights of the descriptor.
  @Test(
    arguments: [
      (0xd8, 0xf3, nil), (0xd8, 0xfb, nil), (0xd8, 0xf9, [13, 0x48]), (0xd8, 0x93, [13, 0x48]),
      (0xd8, 0x9e, nil), (0xd8, 0x73, [11, 0x48]), (0xd8, 0x89, [13, 0x48]), (0xd0, 0xf3, nil),
      (0xd0, 0xf1, [13, 0x48]), (0xd0, 0xfb, [13, 0x48]), (0xd0, 0x93, [13, 0x48]),
      (0xd0, 0x73, [12, 0x48]),
    ] as [(UInt8, UInt64, [UInt64]?)])
  func segmentLoads(_ modRM: UInt8, _ access: UInt64, _ expected: [UInt64]?) throws {
    let lab = try self.lab([0x8e, modRM], isUser: true)
    try lab.pokeDescriptor(Self.inner, access: access)
    lab.edit { $0[.rax] = 0x4b }
    if let expected {
      #expect(try fault(lab) == expected)
    } else {
      lab.run(1)
      #expect(lab.registers.rip == Lab.code + 2)
      #expect(try lab.accessByte(Self.inner) == UInt8(access | 1))
    }
  }

  @Test func queries() throws {
    // LAR EAX, ECX; LSL, VERR, VERW of a user for each kind of descriptor: which of them set ZF.
    let rows: [(access: UInt64, lar: Bool, lsl: Bool, verr: Bool, verw: Bool)] = [
      (0xf3, true, true, true, true), (0xf1, true, true, true, false),
      (0xf9, true, true, false, false), (0xfb, true, true, true, false),
      (0x93, false, false, false, false), (0x9e, true, true, true, false),
      (0xe9, true, true, false, false), (0xe2, true, true, false, false),
      (0xec, true, false, false, false), (0xe5, true, false, false, false),
      (0xee, false, false, false, false), (0xe0, false, false, false, false),
    ]
    for row in rows {
      let codes: [([UInt8], Bool)] = [
        ([0x0f, 0x02, 0xc1], row.lar), ([0x0f, 0x03, 0xc1], row.lsl),
        ([0x0f, 0x00, 0xe1], row.verr), ([0x0f, 0x00, 0xe9], row.verw),
      ]
      for (code, isSet) in codes {
        let lab = try self.lab(code, isUser: true)
        try lab.pokeDescriptor(Self.inner, limit: 0x12345, access: row.access, flags: 0xd)
        lab.edit { ($0[.rcx], $0[.rax]) = (0x4b, 0x77) }
        lab.run(1)
        #expect(lab.registers.rflags.contains(.zf) == isSet, "\(row.access) \(code)")
        if code[1] == 2 {
          #expect(lab.registers[.rax] == (isSet ? 0xd0_0000 | row.access << 8 : 0x77))
        } else if code[1] == 3 {
          #expect(lab.registers[.rax] == (isSet ? 0x1234_5fff : 0x77))
        }
      }
    }
  }

  @Test func adjustRPL() throws {
    // ARPL CX, AX; then ARPL [EBX], AX on a page that cannot be written, with nothing to raise.
    let lab = try self.lab([0x63, 0xc1, 0x63, 0x03])
    lab.edit {
      ($0[.rcx], $0[.rax], $0[.rbx]) = (0xffff_1231, 2, Lab.data)
      $0[.ds].access = 0xc091
    }
    try lab.poke(Lab.data, UInt16(0x1233))
    lab.run(1)
    #expect(lab.registers[.rcx] == 0xffff_1232 && lab.registers.rflags.contains(.zf))
    lab.run(1)
    #expect(lab.registers.rip == Lab.code + 4 && !lab.registers.rflags.contains(.zf))
  }

  @Test(
    arguments: [
      (0xfff, 2, true), (0x1000, 2, false), (0x1001, 2, true), (0xffff, 2, false),
      (0xfffe, 2, true), (0x1_0000, 2, false),
    ] as [(UInt64, UInt64, Bool)])
  func expandDown(_ offset: UInt64, _ size: UInt64, _ isInside: Bool) throws {
    // MOV CX, [EBX] in a 16-bit expand-down segment of limit FFFH.
    let lab = try self.lab([0x66, 0x8b, 0x0b])
    lab.edit {
      $0[.ds] = Segment(selector: 0x10, base: 0, limit: 0xfff, access: 0x97)
      $0[.rbx] = offset == 0xfff ? 0x1001 : offset
    }
    if isInside {
      lab.run(1)
      #expect(lab.registers.rip == Lab.code + 3)
    } else {
      #expect(try fault(lab) == [13, 0])
    }
  }

  @Test func pushOfASegmentRegisterAndPopThatFaults() throws {
    // PUSH DS writes 16 bits of its slot.
    let push = try self.lab([0x1e])
    try push.poke(Lab.userStack - 4, UInt32(0x5555_5555))
    push.run(1)
    #expect(try push.slot32(0) == 0x5555_0000 | UInt32(Lab.kernelData))
    // POP DS of a bad selector leaves ESP.
    let pop = try self.lab([0x1f])
    try pop.poke(Lab.userStack, UInt32(0x178))
    #expect(try fault(pop) == [13, 0x178])
    #expect(pop.registers[.rsp] == Lab.userStack - 16)
  }

  /// 32-bit and PAE paging: error code and CR2 (SDM 3A, "Page-Fault Exceptions").
  @Test(
    arguments: [
      (false, 0, [0x8b, 0x03], 4), (false, 0, [0x89, 0x03], 6), (false, 1, [0x8b, 0x03], 5),
      (false, 5, [0x89, 0x03], 7), (true, 0, [0x8b, 0x03], 4), (true, 5, [0x89, 0x03], 7),
      (true, 1 << 50 | 7, [0x8b, 0x03], 0xd), (true, 1 << 63 | 7, [0xff, 0xe3], 0x15),
      (true, 1, [0xff, 0xe3], 0x15), (false, 1, [0xff, 0xe3], 5),
    ] as [(Bool, UInt64, [UInt8], UInt32)])
  func pageFaultCodes(_ isPAE: Bool, _ entry: UInt64, _ code: [UInt8], _ error: UInt32) throws {
    let lab = try self.lab(code, isUser: true)
    let address: UInt64 = 0x2_0000
    for page in UInt64(0)..<256 {
      let value = page << 12 == address ? (entry == 0 ? 0 : entry | address) : page << 12 | 7
      if isPAE {
        try lab.poke(0x1_2000 + page * 8, value)
      } else {
        try lab.poke(0x1_1000 + page * 4, UInt32(truncatingIfNeeded: value))
      }
    }
    if isPAE {
      try lab.poke(0x1_0000, UInt64(0x1_1001))
      try lab.poke(0x1_1000, UInt64(0x1_2007))
    } else {
      try lab.poke(0x1_0000, UInt32(0x1_1007))
    }
    lab.edit {
      $0.cr0 |= CR0.pg | CR0.wp
      $0.cr3 = 0x1_0000
      $0.cr4 = isPAE ? CR4.pae : 0
      $0.efer = isPAE ? EFER.nxe : 0
      $0[.rbx] = address + 0x10
    }
    lab.processor.pdptes = (0x1_1001, 0, 0, 0)
    lab.run(10)
    #expect(lab.vector() == 14 && lab.registers.cr2 == address + 0x10)
    #expect(try lab.slot32(0) == error)
  }

  @Test func doubleFaultKeepsTheSecondAddress() throws {
    // A page fault whose handler's stack page is absent: #DF on another stack, CR2 of the second.
    let lab = try Lab()
    try lab.long([0x8b, 0x03])
    try lab.poke(lab.entryAddress(0x2_0000), UInt64(0))
    try lab.poke(lab.entryAddress(0x2_2000), UInt64(0))
    try lab.pokeGate(8, isLong: true, interruptStack: 1)
    lab.edit { ($0[.rbx], $0[.rsp]) = (0x2_0000, 0x2_3000) }
    lab.run(10)
    #expect(lab.vector() == 8 && lab.registers.cr2 == 0x2_2ff8)
  }
}
