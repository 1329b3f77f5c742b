import Testing
import X86

@testable import Simulator

/// Gates, far transfers and stacks of IA-32e mode (SDM 3A, "64-Bit Mode Stack Switching", "IA-32e Mode
/// Call Gates").
@Suite struct LongModeTransferTests {
  static let target: UInt64 = 0x9000
  static let nonCanonical: UInt64 = 1 << 47

  private func lab(_ code: [UInt8], isUser: Bool = true) throws -> Lab {
    let lab = try Lab()
    try lab.long(code, isUser: isUser)
    lab.edit {
      $0.gdtr.limit = 0xff
      $0[.rbx] = Lab.data
    }
    return lab
  }

  /// LCALL [RBX] through gate 43H.
  private func gateLab(
    code: UInt16 = Lab.kernelCode, offset: UInt64 = target, upper: UInt64? = nil
  ) throws -> Lab {
    let lab = try self.lab([0xff, 0x1b])
    try lab.poke(Lab.data, [0, 0, 0, 0, 0x43, 0])
    try lab.pokeCallGate(0x40, code: code, offset: offset & 0xffff_ffff)
    try lab.poke(Lab.gdt + 0x48, upper ?? offset >> 32)
    return lab
  }

  @Test func callGate() throws {
    let lab = try gateLab()
    lab.run(1)
    let now = lab.registers
    #expect(now.rip == Self.target && now.cpl == 0 && now[.ss].selector == 0)
    #expect(now[.rsp] == Lab.kernelStack - 32)
    #expect(try lab.slot64(0) == Lab.code + 2)
    #expect(try lab.slot64(1) == UInt64(Lab.userCode))
    #expect(try lab.slot64(2) == Lab.userStack)
    #expect(try lab.slot64(3) == UInt64(Lab.userData))
    // REX.W RETF
    try lab.poke(Self.target, [0x48, 0xcb])
    lab.run(1)
    #expect(lab.registers.rip == Lab.code + 2 && lab.registers[.rsp] == Lab.userStack)
    #expect(lab.registers[.ss].selector == Lab.userData)
  }

  @Test func callGateFaults() throws {
    let faults: [(Lab, [UInt64])] = [
      (try gateLab(offset: Self.nonCanonical), [13, 0]),
      // A type in the upper half; a target that is not 64-bit code.
      (try gateLab(upper: 1 << 40), [13, 0x40]), (try gateLab(code: 0x50), [13, 0x50]),
    ]
    try faults[2].0.pokeDescriptor(0x50, access: 0x9b)
    for (lab, expected) in faults {
      lab.run(10)
      #expect(lab.vector() == expected[0])
      #expect(try lab.slot64(0) == expected[1])
    }
    // The upper half is beyond the table.
    let lab = try gateLab()
    lab.edit { $0.gdtr.limit = 0x47 }
    lab.run(10)
    #expect(lab.vector() == 13)
    #expect(try lab.slot64(0) == 0x40)
  }

  @Test func nonCanonicalStacks() throws {
    // PUSH, POP, CALL, RET and ENTER with RSP outside: #SS(0), on the stack that the gate names.
    for code: [UInt8] in [
      [0x50], [0x58], [0xe8, 0, 0, 0, 0], [0xc3], [0x9c], [0x48, 0xcf], [0xc9],
    ] {
      let lab = try self.lab(code, isUser: false)
      try lab.pokeGate(12, isLong: true, interruptStack: 1)
      let outside = Self.nonCanonical + 0x100
      lab.edit { ($0[.rsp], $0[.rbp]) = (outside, outside) }
      lab.run(10)
      #expect(lab.vector() == 12, "\(code)")
      #expect(try lab.slot64(0) == 0)
      #expect(try lab.slot64(4) == outside)
    }
  }

  @Test func badStackOfTheTSS() throws {
    // RSP0 is not canonical: #SS with EXT for a fault, without for INT n.
    for (code, external): ([UInt8], UInt64) in [([0xcd, 0x40], 0), ([0x0f, 0x0b], 1)] {
      let lab = try self.lab(code)
      try lab.poke(Lab.tss + 4, Self.nonCanonical)
      try lab.pokeGate(12, isLong: true, interruptStack: 1)
      lab.run(10)
      #expect(lab.vector() == 12)
      #expect(try lab.slot64(0) == external)
    }
  }

  @Test func interruptGateFaults() throws {
    // Target not canonical; absent; DPL below CPL for INT n; a 32-bit code segment.
    let vector = Lab.idt + 0x40 * 16
    let good = Lab.handlers & 0xffff | 8 << 16 | 0xee00 << 32
    for (low, high, expected): (UInt64, UInt64, [UInt64]) in [
      (good, 0xffff, [13, 0]), (good & ~(0x8000 << 32), 0, [11, 0x202]),
      (good & ~(0x6000 << 32), 0, [13, 0x202]), (good | 0x40 << 16, 0, [13, 0x48]),
      (good & ~(0x200 << 32), 0, [13, 0x202]),
    ] {
      let lab = try self.lab([0xcd, 0x40])
      try lab.pokeDescriptor(0x48, access: 0x9b)
      try lab.poke(vector, low)
      try lab.poke(vector + 8, high)
      lab.run(10)
      #expect(lab.vector() == expected[0])
      #expect(try lab.slot64(0) == expected[1])
    }
  }

  @Test func returnToCompatibilityMode() throws {
    // IRETQ to 32-bit code of level 3, and a call back by INT 40H.
    let lab = try self.lab([0x48, 0xcf], isUser: false)
    try lab.pokeDescriptor(0x40, access: 0xfb)
    let frame: [UInt64] = [Self.target, 0x43, 0x202, 0x1_0000_c000, UInt64(Lab.userData)]
    for (index, word) in frame.enumerated() {
      try lab.poke(Lab.userStack + UInt64(index) * 8, word)
    }
    try lab.poke(Self.target, [0xcd, 0x40])
    lab.run(1)
    #expect(lab.registers.mode == .compatibility && lab.registers[.rsp] == 0xc000)
    lab.run(1)
    #expect(lab.registers.mode == .long && lab.registers[.rsp] == Lab.kernelStack - 40)
    #expect(try lab.slot64(3) == 0xc000)
  }

  @Test func nullStackSegment() throws {
    // MOV SS, AX with a null selector: in 64-bit mode below CPL 3, with RPL = CPL.
    for (isUser, selector, faults): (Bool, UInt64, Bool) in [
      (false, 0, false), (false, 1, true), (true, 3, true),
    ] {
      let lab = try self.lab([0x8e, 0xd0], isUser: isUser)
      lab.edit { $0[.rax] = selector }
      lab.run(1)
      #expect((lab.registers.rip == Lab.code + 2) == !faults)
    }
  }

  @Test func nestedTaskFlag() throws {
    let lab = try self.lab([0x48, 0xcf], isUser: false)
    lab.edit { $0.rflags.insert(.nt) }
    lab.run(10)
    #expect(lab.vector() == 13)
    #expect(try lab.slot64(0) == 0)
  }

  @Test func taskRegisterOf16Bytes() throws {
    // LTR AX: base 0xFFFF800000005000.
    let lab = try self.lab([0x0f, 0x00, 0xd8], isUser: false)
    try lab.pokeDescriptor(0x40, base: 0x5000, limit: 0x67, access: 0x89, flags: 0)
    try lab.poke(Lab.gdt + 0x48, UInt64(0xffff_8000))
    lab.edit { $0[.rax] = 0x40 }
    lab.run(1)
    #expect(lab.registers.tr.base == 0xffff_8000_0000_5000)
    // Not canonical, in the 57 bits that registers are checked by, and a 16-bit TSS.
    for (access, high): (UInt64, UInt64) in [(0x89, 0x100_0000), (0x81, 0)] {
      let other = try self.lab([0x0f, 0x00, 0xd8], isUser: false)
      try other.pokeDescriptor(0x40, base: 0x5000, limit: 0x67, access: access, flags: 0)
      try other.poke(Lab.gdt + 0x48, high)
      other.edit { $0[.rax] = 0x40 }
      other.run(10)
      #expect(other.vector() == 13)
      #expect(try other.slot64(0) == 0x40)
    }
  }
}
