import Testing
import X86

@testable import Simulator

/// Virtual-8086 mode and virtual interrupts (SDM 3A, "8086 Emulation").
@Suite struct Virtual8086Tests {
  private static let vif: UInt64 = 1 << 19
  private static let vip: UInt64 = 1 << 20

  private func lab(_ code: [UInt8], iopl: UInt64 = 0, vme: Bool = true) throws -> Lab {
    let lab = try Lab()
    try lab.virtual8086(code, iopl: iopl, vme: vme)
    return lab
  }

  /// #GP(0) of a virtual-8086 program: its frame is ERROR, EIP, CS, EFLAGS, ESP, SS, ES, DS, FS, GS.
  private func faults(_ lab: Lab) throws -> Bool {
    lab.run(10)
    let frame = (try lab.slot32(0), try lab.slot32(1))
    return lab.vector() == 13 && lab.registers.cpl == 0 && frame == (0, UInt32(Lab.code))
  }

  @Test(arguments: [[0xfa], [0xfb], [0x9c], [0x9d], [0xcf], [0xcd, 0x40]] as [[UInt8]])
  func sensitiveInstructionsWithoutVME(_ code: [UInt8]) throws {
    #expect(try faults(try lab(code, iopl: 0, vme: false)))
    #expect(try !faults(try lab(code, iopl: 3, vme: false)))
  }

  @Test func interruptFlagIsVirtual() throws {
    // STI; CLI
    let lab = try self.lab([0xfb, 0xfa])
    lab.run(1)
    #expect(lab.registers.rflags.rawValue == 0x2_0002 | Self.vif)
    lab.run(1)
    #expect(lab.registers.rflags.rawValue == 0x2_0002)
    // IOPL 3: the real IF.
    let plain = try self.lab([0xfb], iopl: 3)
    plain.run(1)
    #expect(plain.registers.rflags.rawValue == 0x2_3202)
  }

  @Test func pendingInterruptFaults() throws {
    let sti = try lab([0xfb])
    sti.edit { $0.rflags.insert(.vip) }
    #expect(try faults(sti))
    for (code, image): ([UInt8], UInt16) in [([0x9d], 0x202), ([0x9d], 0x102)] {
      let lab = try self.lab(code)
      lab.edit { $0.rflags.insert(.vip) }
      try lab.poke(Lab.userStack, image)
      #expect(try faults(lab))
      #expect(try lab.slot32(4) == UInt32(Lab.userStack))
    }
  }

  @Test func pushedAndPoppedFlags() throws {
    // PUSHF with VIF: IF is set, IOPL reads 3.
    let push = try lab([0x9c])
    push.edit { $0.rflags.insert(.vif) }
    push.run(1)
    #expect(try push.peek(Lab.userStack - 2, as: UInt16.self) == 0x3202)
    // POPF moves IF into VIF and leaves IF and IOPL.
    let pop = try lab([0x9d])
    try pop.poke(Lab.userStack, UInt16(0x3ed7))
    pop.run(1)
    #expect(pop.registers.rflags.rawValue == 0x2_0cd7 | Self.vif)
    // Operands of 32 bits fault.
    #expect(try faults(try lab([0x66, 0x9c])))
    #expect(try faults(try lab([0x66, 0x9d])))
    // IRET.
    let iret = try lab([0xcf])
    try iret.poke(Lab.userStack, UInt16(0x1234))
    try iret.poke(Lab.userStack + 2, UInt16(0x5678))
    try iret.poke(Lab.userStack + 4, UInt16(0x0203))
    iret.run(1)
    let now = iret.registers
    #expect(now.rip == 0x1234 && now[.cs].base == 0x5_6780)
    #expect(now.rflags.rawValue == 0x2_0003 | Self.vif)
  }

  /// Bit n of the redirection bitmap is 0: INT n goes to the program's own vector table.
  @Test(arguments: [0, 3] as [UInt64])
  func redirectedInterrupt(_ iopl: UInt64) throws {
    let lab = try self.lab([0xcd, 0x40], iopl: iopl)
    try lab.poke(0x100, [0x21, 0x43, 0x00, 0x09])
    lab.edit { $0.rflags.formUnion([.vif, .if, .nt]) }
    lab.run(1)
    let now = lab.registers
    #expect(now.mode == .virtual8086 && now.rip == 0x4321 && now[.cs].selector == 0x900)
    #expect(now[.rsp] == Lab.userStack - 6)
    #expect(try lab.peek(now[.rsp], as: UInt16.self) == UInt16(Lab.code) + 2)
    // Below IOPL 3 VIF is saved as IF, and IOPL as 3.
    #expect(try lab.peek(now[.rsp] + 4, as: UInt16.self) == 0x7202)
    #expect(now.rflags.contains(.vif) == (iopl == 3) && now.rflags.contains(.if) == (iopl == 0))
  }

  @Test func interruptThroughTheIDT() throws {
    // Bit 40H is 1: with IOPL 3 through the IDT, with less #GP(0).
    let lab = try self.lab([0xcd, 0x40], iopl: 3)
    try lab.poke(Lab.tss + 0x68 + 8, [1])
    lab.edit { $0[.gs] = Segment(selector: 0x77, base: 0x770, limit: 0xffff, access: 0xf3) }
    lab.run(10)
    let now = lab.registers
    #expect(lab.vector() == 0x40 && now[.rsp] == Lab.kernelStack - 36)
    #expect(now[.gs].isUnusable && now[.gs].selector == 0 && now.mode == .protected)
    #expect(try lab.slot32(2) == 0x2_3002)
    #expect(try lab.slot32(3) == UInt32(Lab.userStack))
    #expect(try lab.slot32(8) == 0x77)
    let less = try self.lab([0xcd, 0x40])
    try less.poke(Lab.tss + 0x68 + 8, [1])
    #expect(try faults(less))
  }

  @Test func interruptsNeedAHandlerOfLevelZero() throws {
    let lab = try self.lab([0xcd, 0x40], iopl: 3, vme: false)
    // The gate leads to conforming code: #GP(selector).
    try lab.pokeDescriptor(0x40, access: 0x9e)
    try lab.poke(Lab.idt + 0x40 * 8, UInt64(0x40) << 16 | 0xee00 << 32 | 0x4000)
    lab.run(10)
    #expect(lab.vector() == 13)
    #expect(try lab.slot32(0) == 0x40)
  }

  @Test func returnToVirtual8086Mode() throws {
    let lab = try Lab()
    try lab.protected([0xcf])
    let frame: [UInt32] = [0x123, 0x900, 0x1a_0202, 0x456, 0x800, 1, 2, 3, 4]
    for (index, word) in frame.enumerated() {
      try lab.poke(Lab.userStack + UInt64(index) * 4, word)
    }
    // Without VM it is an ordinary return; with it the frame has nine words.
    try lab.poke(Lab.userStack + 8, UInt32(0x3a_0202))
    lab.run(1)
    let now = lab.registers
    #expect(now.mode == .virtual8086 && now.rip == 0x123 && now[.rsp] == 0x456)
    #expect(now[.es].selector == 1 && now[.ds].selector == 2 && now[.fs].selector == 3)
    #expect(now[.gs].base == 0x40 && now[.ss].base == 0x8000 && now.cpl == 3)
    #expect(now.rflags.rawValue == 0x3a_0202)
  }

  @Test func protectedModeVirtualInterrupts() throws {
    for (cr4, flags, ends): (UInt64, RFLAGS, Bool) in [
      (CR4.pvi, [], true), (CR4.pvi, [.vip], false), (0, [], false),
    ] {
      let lab = try Lab()
      try lab.protected([0xfb], isUser: true)
      lab.edit {
        $0.cr4 = cr4
        $0.rflags.formUnion(flags)
      }
      lab.run(1)
      #expect(lab.registers.rflags.contains(.vif) == ends)
      #expect((lab.registers.rip == Lab.code + 1) == ends)
    }
  }
}
