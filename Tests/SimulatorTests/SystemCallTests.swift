import Testing
import X86

@testable import Simulator

/// Fast system calls, MONITOR, user-mode prevention and alignment checks.
@Suite struct SystemCallTests {
  private func lab(
    _ code: [UInt8], isLong: Bool = true, isUser: Bool = true, cs: UInt64 = 0x40
  ) throws -> Lab {
    let lab = try Lab()
    if isLong {
      try lab.long(code, isUser: isUser)
    } else {
      try lab.protected(code, isUser: isUser)
    }
    lab.processor.msrs.sysenterCS = cs
    lab.processor.msrs.sysenterESP = 0xc000
    lab.processor.msrs.sysenterEIP = 0x9000
    return lab
  }

  @Test(arguments: [true, false])
  func enter(_ isLong: Bool) throws {
    let lab = try self.lab([0x0f, 0x34], isLong: isLong)
    lab.edit { $0.rflags.insert(.if) }
    lab.run(1)
    let now = lab.registers
    #expect(now.rip == 0x9000 && now[.rsp] == 0xc000 && now.cpl == 0)
    #expect(!now.rflags.contains(.if))
    #expect(now[.cs].selector == 0x40 && now[.ss].selector == 0x48)
    #expect(now[.cs].access == (isLong ? 0xa09b : 0xc09b) && now[.ss].access == 0xc093)
  }

  @Test func enterNeedsACodeSegment() throws {
    let lab = try self.lab([0x0f, 0x34], cs: 3)
    lab.run(10)
    #expect(lab.vector() == 13)
    #expect(try lab.slot64(0) == 0)
  }

  @Test func exitToEachMode() throws {
    // SYSEXIT to 32-bit code: CS is at +16; REX.W SYSEXIT at +32.
    for (code, selector, access): ([UInt8], UInt16, UInt32) in [
      ([0x0f, 0x35], 0x53, 0xc0fb), ([0x48, 0x0f, 0x35], 0x63, 0xa0fb),
    ] {
      let lab = try self.lab(code, isUser: false)
      lab.edit { ($0[.rcx], $0[.rdx]) = (0x1_0000_e000, 0x1_0000_8000) }
      lab.run(1)
      let now = lab.registers
      #expect(now[.cs].selector == selector && now[.cs].access == access && now.cpl == 3)
      #expect(now[.ss].selector == selector + 8 && now[.ss].access == 0xc0f3)
      let high: UInt64 = code.count == 3 ? 1 << 32 : 0
      #expect(now.rip == 0x8000 | high && now[.rsp] == 0xe000 | high)
    }
  }

  @Test func exitFaults() throws {
    let user = try lab([0x0f, 0x35])
    user.run(10)
    #expect(user.vector() == 13)
    let wide = try lab([0x48, 0x0f, 0x35], isUser: false)
    wide.edit { $0[.rdx] = 1 << 47 }
    wide.run(10)
    #expect(wide.vector() == 13)
  }

  @Test func returnToANonCanonicalAddress() throws {
    // REX.W SYSRET faults before it changes anything, on the kernel's stack.
    let lab = try self.lab([0x48, 0x0f, 0x07], isUser: false)
    lab.edit { $0[.rcx] = 1 << 47 }
    lab.run(10)
    #expect(lab.vector() == 13 && lab.registers.cpl == 0)
    #expect(try lab.slot64(1) == Lab.code)
    #expect(try lab.slot64(2) == UInt64(Lab.kernelCode))
  }

  @Test func onlyIn64BitMode() throws {
    for code: [UInt8] in [[0x0f, 0x05], [0x0f, 0x07]] {
      let lab = try self.lab(code, isLong: false)
      lab.edit { $0.efer = EFER.sce }
      lab.run(10)
      #expect(lab.vector() == 6)
    }
  }

  @Test func monitorAndWait() throws {
    let lab = try self.lab([0x0f, 0x01, 0xc8, 0x0f, 0x01, 0xc9], isUser: false)
    lab.edit { ($0[.rax], $0[.rcx]) = (Lab.data, 0) }
    lab.run(1)
    #expect(lab.processor.isMonitorArmed)
    lab.run(1)
    #expect(lab.registers.rip == Lab.code + 6 && !lab.processor.isMonitorArmed)
    for (code, isUser, rax, rcx, vector): ([UInt8], Bool, UInt64, UInt64, UInt64) in [
      ([0x0f, 0x01, 0xc8], true, Lab.data, 0, 6), ([0x0f, 0x01, 0xc9], true, 0, 0, 6),
      ([0x0f, 0x01, 0xc8], false, Lab.data, 1, 13), ([0x0f, 0x01, 0xc8], false, 1 << 47, 0, 13),
      ([0x0f, 0x01, 0xc9], false, 0, 2, 13),
    ] {
      let lab = try self.lab(code, isUser: isUser)
      lab.edit { ($0[.rax], $0[.rcx]) = (rax, rcx) }
      lab.run(10)
      #expect(lab.vector() == vector)
    }
  }

  @Test(
    arguments: [
      [0x0f, 0x01, 0x03], [0x0f, 0x01, 0x0b], [0x0f, 0x00, 0xc0], [0x0f, 0x00, 0xc8],
      [0x0f, 0x01, 0xe0],
    ] as [[UInt8]])
  func userModePrevention(_ code: [UInt8]) throws {
    for (isUser, umip, faults) in [
      (true, CR4.umip, true), (true, 0, false), (false, CR4.umip, false),
    ] {
      let lab = try self.lab(code, isUser: isUser)
      lab.edit {
        $0.cr4 |= umip
        $0[.rbx] = Lab.data
      }
      lab.run(1)
      #expect((lab.registers.rip == Lab.code + 3) == !faults)
      #expect((lab.registers.rip == Lab.handlers + 0xd0) == faults)
    }
  }

  // MARK: Alignment

  @Test(
    arguments: [
      // MOV EAX, [RBX]; MOV AX, [RBX]; MOV RAX, [RBX]; MOV AL, [RBX]; MOV [RBX], EAX
      ([0x8b, 0x03], 2, true), ([0x8b, 0x03], 4, false), ([0x66, 0x8b, 0x03], 1, true),
      ([0x66, 0x8b, 0x03], 2, false), ([0x48, 0x8b, 0x03], 4, true), ([0x8a, 0x03], 1, false),
      ([0x89, 0x03], 3, true), ([0x01, 0x03], 1, true), ([0x48, 0xa5], 8, false),
    ] as [([UInt8], UInt64, Bool)])
  func alignment(_ code: [UInt8], _ offset: UInt64, _ faults: Bool) throws {
    for (isUser, am, ac) in [
      (true, true, true), (false, true, true), (true, false, true), (true, true, false),
    ] {
      let lab = try self.lab(code, isUser: isUser)
      lab.edit {
        $0.cr0 |= am ? CR0.am : 0
        if ac { $0.rflags.insert(.ac) }
        ($0[.rbx], $0[.rsi], $0[.rdi]) = (Lab.data + offset, Lab.data + offset, Lab.data)
      }
      lab.run(1)
      let expected = faults && isUser && am && ac
      #expect((lab.registers.rip == Lab.handlers + 17 * 16) == expected)
      if expected { #expect(try lab.slot64(0) == 0) }
    }
  }

  @Test func alignmentChecksFollowTheFlag() throws {
    // POPF sets AC; MOV EAX, [RBX] has run through the TLB before.
    let lab = try self.lab([0x8b, 0x03, 0x9d, 0x8b, 0x03])
    try lab.poke(Lab.userStack, UInt64(0x4_0002))
    lab.edit {
      $0.cr0 |= CR0.am
      $0[.rbx] = Lab.data + 1
    }
    lab.run(3)
    #expect(lab.registers.rip == Lab.handlers + 17 * 16)
    #expect(try lab.slot64(1) == Lab.code + 3)
  }

  @Test func pageFaultComesBeforeAlignment() throws {
    let lab = try self.lab([0x8b, 0x03])
    try lab.poke(lab.entryAddress(0x2_0000), UInt64(0))
    lab.edit {
      $0.cr0 |= CR0.am
      $0.rflags.insert(.ac)
      $0[.rbx] = 0x2_0001
    }
    lab.run(10)
    #expect(lab.vector() == 14)
  }

  @Test func implicitAccessesUnderSMAP() throws {
    // The tables lie in user pages: with SMAP, AC does not open them to a delivery at CPL 3.
    for (smap, stop): (UInt64, ProcessorStop) in [(0, .halted), (CR4.smap, .shutdown)] {
      let lab = try self.lab([0x0f, 0x0b])
      lab.edit {
        $0.cr4 |= smap
        $0.rflags.insert(.ac)
      }
      #expect(lab.run(10) == stop)
    }
  }

  // MARK: NMI

  @Test func returnThatFaultsUnblocksNMIs() throws {
    // IRETQ to a null CS while NMIs are blocked.
    let lab = try self.lab([0x48, 0xcf], isUser: false)
    lab.edit { $0[.rsp] = Lab.data }
    lab.processor.nmiBlocked = true
    lab.run(1)
    #expect(lab.registers.rip == Lab.handlers + 0xd0 && !lab.processor.nmiBlocked)
  }

  @Test func interruptStackWithoutAChangeOfLevelKeepsSS() throws {
    let lab = try self.lab([0xcd, 0x40], isUser: false)
    try lab.pokeGate(0x40, isLong: true, interruptStack: 1)
    lab.run(1)
    #expect(lab.registers[.ss].selector == Lab.kernelData)
    #expect(lab.registers[.rsp] == Lab.interruptStack - 40)
  }
}
