import Testing
import X86

@testable import Simulator

/// Hardware task switches (SDM 3A, "Task Management").
@Suite struct TaskSwitchTests {
  static let newTSS: UInt64 = 0x5000
  static let thirdTSS: UInt64 = 0x6000
  static let newCode: UInt64 = 0x9000
  static let newStack: UInt64 = 0xc000
  static let new: UInt16 = 0x40
  static let third: UInt16 = 0x48
  static let gate: UInt16 = 0x50

  /// 32-bit code that runs in the task of selector 28H, and a second task at 40H.
  private func lab(_ code: [UInt8], newCode: [UInt8] = [0xf4]) throws -> Lab {
    let lab = try Lab()
    try lab.protected(code)
    try lab.pokeDescriptor(Lab.taskState, base: Lab.tss, limit: 0x67, access: 0x8b, flags: 0)
    try lab.pokeDescriptor(Self.new, base: Self.newTSS, limit: 0x67, access: 0x89, flags: 0)
    try lab.pokeDescriptor(Self.third, base: Self.thirdTSS, limit: 0x67, access: 0x89, flags: 0)
    // A task gate of DPL 0 to 40H.
    try lab.poke(Lab.gdt + UInt64(Self.gate), UInt64(Self.new) << 16 | 0x8500 << 32)
    try pokeTask(lab, Self.newTSS, eip: Self.newCode)
    try pokeTask(lab, Self.thirdTSS, eip: Self.newCode + 0x100)
    try lab.poke(Self.newCode, newCode)
    lab.edit {
      $0.gdtr.limit = 0xff
      $0[.rax] = 0x1111
      $0[.rdi] = 0x7777
    }
    return lab
  }

  private func pokeTask(_ lab: Lab, _ base: UInt64, eip: UInt64, eflags: UInt32 = 2) throws {
    try lab.poke(base + 0x20, UInt32(eip))
    try lab.poke(base + 0x24, eflags)
    for number in UInt64(0)..<8 { try lab.poke(base + 0x28 + number * 4, UInt32(number + 0xa0)) }
    try lab.poke(base + 0x38, UInt32(Self.newStack))
    for number in UInt64(0)..<6 {
      try lab.poke(base + 0x48 + number * 4, UInt32(Lab.kernelData))
    }
    try lab.poke(base + 0x4c, UInt32(Lab.kernelCode))
  }

  private let jump: [UInt8] = [0xea, 0, 0, 0, 0, 0x40, 0]
  private let call: [UInt8] = [0x9a, 0, 0, 0, 0, 0x40, 0]

  @Test func jumpToTSS() throws {
    let lab = try self.lab(jump)
    lab.edit { $0.rflags.insert(.cf) }
    lab.run(1)
    let now = lab.registers
    #expect(now.rip == Self.newCode && now[.rax] == 0xa0 && now[.rdi] == 0xa7)
    #expect(now[.rsp] == Self.newStack && now[.ss].selector == Lab.kernelData)
    #expect(now.tr.selector == Self.new && now.tr.base == Self.newTSS)
    #expect(now.cr0 & CR0.ts != 0 && now.rflags.rawValue == 2)
    // The old task is available, the new one busy, and not nested.
    #expect(try lab.accessByte(Lab.taskState) == 0x89)
    #expect(try lab.accessByte(Self.new) == 0x8b)
    #expect(try lab.peek(Self.newTSS, as: UInt16.self) == 0)
    // What the old task left.
    #expect(try lab.peek(Lab.tss + 0x20) == UInt32(Lab.code) + 7)
    #expect(try lab.peek(Lab.tss + 0x24) == 3)
    #expect(try lab.peek(Lab.tss + 0x28) == 0x1111)
    #expect(try lab.peek(Lab.tss + 0x44) == 0x7777)
    #expect(try lab.peek(Lab.tss + 0x4c, as: UInt16.self) == Lab.kernelCode)
    #expect(try lab.peek(Lab.tss + 0x50, as: UInt16.self) == Lab.kernelData)
  }

  @Test func callNestsAndIRETReturns() throws {
    let lab = try self.lab(call, newCode: [0xcf])
    lab.run(1)
    #expect(lab.registers.rflags.contains(.nt))
    #expect(try lab.peek(Self.newTSS, as: UInt16.self) == Lab.taskState)
    #expect(try lab.accessByte(Lab.taskState) == 0x8b)
    lab.run(1)
    let now = lab.registers
    #expect(now.tr.selector == Lab.taskState && now.rip == Lab.code + 7 && now[.rax] == 0x1111)
    #expect(!now.rflags.contains(.nt))
    // The task that was left is available, and its saved NT is 0.
    #expect(try lab.accessByte(Self.new) == 0x89)
    #expect(try lab.peek(Self.newTSS + 0x24) & 0x4000 == 0)
    #expect(try lab.peek(Self.newTSS + 0x20) == UInt32(Self.newCode) + 1)
  }

  @Test func nestedTwice() throws {
    let lab = try self.lab(call, newCode: [0x9a, 0, 0, 0, 0, 0x48, 0, 0xcf])
    try lab.poke(Self.newCode + 0x100, [0xcf])
    lab.run(2)
    #expect(lab.registers.tr.selector == Self.third)
    #expect(try lab.peek(Self.thirdTSS, as: UInt16.self) == Self.new)
    lab.run(1)
    #expect(lab.registers.tr.selector == Self.new && lab.registers.rflags.contains(.nt))
    lab.run(1)
    #expect(lab.registers.tr.selector == Lab.taskState && lab.registers.rip == Lab.code + 7)
  }

  @Test func throughATaskGate() throws {
    let lab = try self.lab([0xea, 0, 0, 0, 0, 0x50, 0])
    lab.run(1)
    #expect(lab.registers.tr.selector == Self.new && lab.registers.rip == Self.newCode)
  }

  @Test func sixteenBitTSS() throws {
    let lab = try self.lab(jump)
    try lab.pokeDescriptor(Self.new, base: Self.newTSS, limit: 0x2b, access: 0x81, flags: 0)
    for offset in UInt64(0)..<0x16 { try lab.poke(Self.newTSS + offset * 2, UInt16(0)) }
    try lab.poke(Self.newTSS + 0x0e, UInt16(Self.newCode))
    try lab.poke(Self.newTSS + 0x10, UInt16(0x0803))
    try lab.poke(Self.newTSS + 0x12, UInt16(0x1234))
    try lab.poke(Self.newTSS + 0x1a, UInt16(Self.newStack))
    for offset in [UInt64(0x22), 0x26, 0x28] { try lab.poke(Self.newTSS + offset, Lab.kernelData) }
    try lab.poke(Self.newTSS + 0x24, Lab.kernelCode)
    lab.run(1)
    let now = lab.registers
    #expect(now.rip == Self.newCode && now[.rax] & 0xffff == 0x1234)
    #expect(now.rflags.rawValue == 0x803 && now[.fs].isUnusable && now[.fs].selector == 0)
    #expect(try lab.accessByte(Self.new) == 0x83)
    // And back: the 16-bit TSS is written.
    try lab.poke(Self.newCode, [0xea, 0, 0, 0, 0, 0x28, 0])
    lab.run(1)
    #expect(lab.registers.tr.selector == Lab.taskState && lab.registers[.rax] == 0x1111)
    #expect(try lab.peek(Self.newTSS + 0x0e, as: UInt16.self) == UInt16(Self.newCode) + 7)
  }

  /// A task gate in the IDT for #GP: the error code lies on the new task's stack.
  @Test func exceptionThroughATaskGate() throws {
    let lab = try self.lab([0x8e, 0xd8])
    try lab.poke(Lab.idt + 13 * 8, UInt64(Self.new) << 16 | 0x8500 << 32)
    lab.edit { $0[.rax] = 0x178 }
    lab.run(1)
    let now = lab.registers
    #expect(now.tr.selector == Self.new && now.rflags.contains(.nt))
    #expect(now[.rsp] == Self.newStack - 4)
    #expect(try lab.slot32(0) == 0x178)
    // A fault saves its own instruction, with RF set.
    #expect(try lab.peek(Lab.tss + 0x20) == UInt32(Lab.code))
    #expect(try lab.peek(Lab.tss + 0x24) == 0x1_0002)
  }

  @Test func softwareInterruptThroughATaskGate() throws {
    let lab = try self.lab([0xcd, 0x40])
    try lab.poke(Lab.idt + 0x40 * 8, UInt64(Self.new) << 16 | 0x8500 << 32)
    lab.run(1)
    #expect(lab.registers.tr.selector == Self.new && lab.registers[.rsp] == Self.newStack)
    #expect(try lab.peek(Lab.tss + 0x20) == UInt32(Lab.code) + 2)
  }

  /// SDM 3A, "Exception Conditions Checked During a Task Switch", those of the old task.
  @Test(
    arguments: [
      ("busy", 0x8b, 0x67, 13), ("absent", 0x09, 0x67, 11), ("short", 0x89, 0x66, 10),
      ("an LDT", 0x82, 0x67, 13), ("reserved", 0x80, 0x67, 13),
    ] as [(String, UInt64, UInt64, UInt64)])
  func faultsOfTheOldTask(_ what: String, _ access: UInt64, _ limit: UInt64, _ vector: UInt64)
    throws
  {
    let lab = try self.lab(jump)
    try lab.pokeDescriptor(Self.new, base: Self.newTSS, limit: limit, access: access, flags: 0)
    lab.run(10)
    #expect(lab.vector() == vector, "\(what)")
    #expect(try lab.slot32(0) == UInt32(Self.new))
    #expect(try lab.slot32(1) == UInt32(Lab.code))
    #expect(lab.registers.tr.selector == Lab.taskState && lab.registers.cr0 & CR0.ts == 0)
  }

  @Test func privilegeOfTSSAndGate() throws {
    let lab = try self.lab(jump)
    try lab.protected(jump, isUser: true)
    try lab.pokeDescriptor(Self.new, base: Self.newTSS, limit: 0x67, access: 0x89, flags: 0)
    lab.edit { $0.gdtr.limit = 0xff }
    lab.run(10)
    #expect(lab.vector() == 13)
    #expect(try lab.slot32(0) == UInt32(Self.new))
  }

  @Test func returnToATaskThatIsNotBusy() throws {
    let lab = try self.lab([0xcf])
    try lab.poke(Lab.tss, Self.new)
    lab.edit { $0.rflags.insert(.nt) }
    lab.run(10)
    #expect(lab.vector() == 10)
    #expect(try lab.slot32(0) == UInt32(Self.new))
  }

  /// Those of the new task: raised in front of its first instruction.
  @Test(
    arguments: [
      (0x54, 0x178, 10), (0x58, 0x60, 11), (0x5c, 0x28, 10),
    ] as [(UInt64, UInt16, UInt64)])
  func faultsOfTheNewTask(_ offset: UInt64, _ selector: UInt16, _ vector: UInt64) throws {
    let lab = try self.lab(jump)
    // 60H: absent data.
    try lab.pokeDescriptor(0x60, access: 0x13)
    try lab.poke(Self.newTSS + offset, selector)
    lab.run(10)
    #expect(lab.vector() == vector)
    #expect(try lab.slot32(0) == UInt32(selector))
    #expect(try lab.slot32(1) == UInt32(Self.newCode))
    #expect(lab.registers.tr.selector == Self.new)
    #expect(try lab.accessByte(Lab.taskState) == 0x89)
  }

  /// The LDT comes first, so that there is no stack yet: #TS has a task of its own.
  @Test func badLDTOfTheNewTask() throws {
    let lab = try self.lab(jump)
    try lab.poke(Self.newTSS + 0x60, Lab.userCode)
    try lab.poke(Lab.idt + 10 * 8, UInt64(Self.third) << 16 | 0x8500 << 32)
    lab.run(2)
    let now = lab.registers
    #expect(now.tr.selector == Self.third && now.rip == Self.newCode + 0x100)
    #expect(try lab.slot32(0) == 0x18)
    #expect(try lab.peek(Self.thirdTSS, as: UInt16.self) == Self.new)
    #expect(try lab.peek(Self.newTSS + 0x20) == UInt32(Self.newCode))
  }

  /// A double fault has a task of its own, as kernels give it one.
  @Test func doubleFaultTask() throws {
    // PUSH EAX with a stack outside SS: #SS cannot be delivered on it.
    let lab = try self.lab([0x50])
    try lab.poke(Lab.idt + 8 * 8, UInt64(Self.new) << 16 | 0x8500 << 32)
    lab.edit { ($0[.ss].limit, $0[.rsp]) = (0xff, 0x1000) }
    lab.run(2)
    #expect(lab.registers.tr.selector == Self.new && lab.registers[.rsp] == Self.newStack - 4)
    #expect(try lab.slot32(0) == 0)
    #expect(try lab.peek(Lab.tss + 0x20) == UInt32(Lab.code))
  }

  @Test func trapFlagOfTheTSSAndLocalBreakpoints() throws {
    let lab = try self.lab(jump)
    try lab.poke(Self.newTSS + 0x64, UInt16(1))
    lab.edit { $0[debug: 7] = 0x7ff }
    lab.run(10)
    let now = lab.registers
    #expect(lab.vector() == 1 && now[debug: 6] == 0xffff_8ff0)
    #expect(try lab.slot32(0) == UInt32(Self.newCode))
    // L0 to L3 and LE are cleared, G0 to G3 and GE are not.
    #expect(now[debug: 7] == 0x6aa)
  }

  @Test func pageDirectoryOfTheNewTask() throws {
    let lab = try self.lab(jump)
    // 4-MiB pages; in the new task 400000H is 0.
    try lab.poke(0x1_0000, UInt32(0x83))
    try lab.poke(0x1_1000, UInt32(0x83))
    try lab.poke(0x1_1004, UInt32(0x83))
    try lab.poke(Self.newTSS + 0x1c, UInt32(0x1_1000))
    // MOV EAX, [EBX]
    try lab.poke(Self.newCode, [0x8b, 0x03])
    try lab.poke(Self.newTSS + 0x34, UInt32(0x40_a000))
    try lab.poke(Lab.data, UInt32(0x5a5a))
    lab.edit { ($0.cr0, $0.cr3, $0.cr4) = ($0.cr0 | CR0.pg, 0x1_0000, CR4.pse) }
    lab.run(2)
    #expect(lab.registers.cr3 == 0x1_1000 && lab.registers[.rax] == 0x5a5a)
  }

  @Test func virtual8086Task() throws {
    let lab = try self.lab(jump)
    try pokeTask(lab, Self.newTSS, eip: 0x123, eflags: 0x2_0002)
    for number in UInt64(0)..<6 { try lab.poke(Self.newTSS + 0x48 + number * 4, UInt32(0x900)) }
    lab.run(1)
    let now = lab.registers
    #expect(now.mode == .virtual8086 && now.rip == 0x123 && now[.ds].base == 0x9000)
  }

  @Test func notInIA32eMode() throws {
    // LJMP [RBX] to a TSS.
    let lab = try Lab()
    try lab.long([0xff, 0x2b])
    try lab.pokeDescriptor(Self.new, base: Self.newTSS, limit: 0x67, access: 0x89, flags: 0)
    try lab.poke(Lab.data, [0, 0, 0, 0, 0x40, 0])
    lab.edit { ($0.gdtr.limit, $0[.rbx]) = (0xff, Lab.data) }
    lab.run(10)
    #expect(lab.vector() == 13)
    #expect(try lab.slot64(0) == UInt64(Self.new))
  }
}
