import Testing
import X86

@testable import Simulator

/// Breakpoints, single steps and the debug registers (SDM 3B, "Debug, Branch Profile, ... Features").
@Suite struct DebugRegisterTests {
  private func lab(_ code: [UInt8], _ edit: (inout Registers) -> Void) throws -> Lab {
    let lab = try Lab()
    try lab.long(code)
    lab.edit {
      $0[.rbx] = Lab.data
      edit(&$0)
    }
    return lab
  }

  /// DR7 with breakpoint 0 of kind `kind` (R/W0) and length code `length` (LEN0).
  private func dr7(_ kind: UInt64, _ length: UInt64 = 0) -> UInt64 {
    0x402 | kind << 16 | length << 18
  }

  private func dr6(_ bits: UInt64) -> UInt64 { 0xffff_0ff0 | bits }

  @Test func instructionBreakpointIsAFault() throws {
    let lab = try self.lab([0x90, 0x90, 0x90]) {
      ($0[debug: 0], $0[debug: 7]) = (Lab.code + 1, 0x402)
      $0[debug: 6] = 0xffff_4ff2
    }
    lab.run(10)
    // B3 to B0 are replaced, BS is left as it was.
    #expect(lab.vector() == 1 && lab.registers[debug: 6] == dr6(0x4001))
    #expect(try lab.slot64(0) == Lab.code + 1)
    #expect(try lab.slot64(2) & 0x1_0000 == 0)
  }

  @Test func resumeFlagHoldsForOneInstruction() throws {
    // OR dword [RSP + 16], RF; IRETQ in the handler. Two breakpoints in a row.
    let lab = try self.lab([0x90, 0x90, 0xf4]) {
      ($0[debug: 0], $0[debug: 1], $0[debug: 7]) = (Lab.code, Lab.code + 1, 0x40a)
    }
    try lab.poke(Lab.handlers + 16, [0xff, 0xc1, 0x81, 0x4c, 0x24, 0x10, 0, 0, 1, 0, 0x48, 0xcf])
    lab.edit { $0[.rcx] = 0 }
    #expect(lab.run(20) == .halted)
    #expect(lab.registers.rip == Lab.code + 3 && lab.registers[.rcx] == 2)
    #expect(!lab.registers.rflags.contains(.rf))
  }

  @Test func faultsSaveRF() throws {
    let lab = try self.lab([0x0f, 0x0b]) { _ in }
    lab.run(10)
    #expect(lab.vector() == 6)
    #expect(try lab.slot64(2) & 0x1_0000 != 0)
  }

  /// R/W 1 is writes, 3 reads and writes. LEN 0 is 1 byte, 1 two, 3 four, 2 eight.
  @Test(
    arguments: [
      (1, 0, 0, true, true), (1, 0, 0, false, false), (3, 0, 0, false, true),
      // MOV of 4 bytes at +0 against a byte at +3, a byte at +4, a word at +4, eight bytes at +0.
      (1, 0, 3, true, true), (1, 0, 4, true, false), (3, 1, 4, false, false), (1, 2, 7, true, true),
      (1, 3, 5, true, false),
    ] as [(UInt64, UInt64, UInt64, Bool, Bool)])
  func dataBreakpoints(
    _ kind: UInt64, _ length: UInt64, _ offset: UInt64, _ isWrite: Bool, _ hits: Bool
  ) throws {
    let lab = try self.lab([isWrite ? 0x89 : 0x8b, 0x03, 0xf4]) {
      ($0[debug: 0], $0[debug: 7]) = (Lab.data + offset, dr7(kind, length))
    }
    lab.run(10)
    if hits {
      #expect(lab.vector() == 1 && lab.registers[debug: 6] == dr6(1))
      #expect(try lab.slot64(0) == Lab.code + 2)
      #expect(try lab.slot64(2) & 0x1_0000 == 0)
    } else {
      #expect(lab.registers.rip == Lab.code + 3)
    }
  }

  @Test func afterTheTranslationIsCached() throws {
    // MOV [RBX], EAX; MOV DR7, RCX; MOV [RBX], EAX
    let lab = try self.lab([0x89, 0x03, 0x0f, 0x23, 0xf9, 0x89, 0x03]) {
      ($0[debug: 0], $0[.rcx]) = (Lab.data, dr7(1, 3))
    }
    lab.run(10)
    #expect(lab.vector() == 1)
    #expect(try lab.slot64(0) == Lab.code + 7)
  }

  @Test func acrossAPageAndOnTheStack() throws {
    let across = try self.lab([0x89, 0x03]) {
      ($0[debug: 0], $0[debug: 7], $0[.rbx]) = (0x2_1000, dr7(1), 0x2_0ffe)
    }
    across.run(10)
    #expect(across.vector() == 1)
    let push = try self.lab([0x50]) {
      ($0[debug: 0], $0[debug: 7]) = (Lab.userStack - 8, dr7(1, 2))
    }
    push.run(10)
    #expect(push.vector() == 1)
    #expect(try push.slot64(0) == Lab.code + 1)
  }

  @Test func anAccessThatFaultsIsNoMatch() throws {
    let lab = try self.lab([0x89, 0x03]) {
      ($0[debug: 0], $0[debug: 7], $0[.rbx]) = (0x2_0000, dr7(1), 0x2_0000)
    }
    try lab.poke(lab.entryAddress(0x2_0000), UInt64(0))
    lab.run(10)
    #expect(lab.vector() == 14 && lab.registers[debug: 6] == dr6(0))
  }

  @Test func pushesOfADelivery() throws {
    // INT 40H writes its frame: the trap comes at the handler's first instruction.
    let lab = try self.lab([0xcd, 0x40]) {
      ($0[debug: 0], $0[debug: 7]) = (Lab.userStack - 8, dr7(1, 2))
    }
    lab.run(10)
    #expect(lab.vector() == 1)
    #expect(try lab.slot64(0) == Lab.handlers + 0x400)
  }

  @Test func repeatedMoves() throws {
    let lab = try self.lab([0xf3, 0xa5]) {
      ($0[debug: 0], $0[debug: 7]) = (Lab.data + 0x104, dr7(1, 3))
      ($0[.rsi], $0[.rdi], $0[.rcx]) = (Lab.data, Lab.data + 0x100, 4)
    }
    lab.run(10)
    // After the second of four repetitions, with RF for the rest.
    #expect(lab.vector() == 1 && lab.registers[.rcx] == 2)
    #expect(try lab.slot64(0) == Lab.code)
    #expect(try lab.slot64(2) & 0x1_0000 != 0)
  }

  @Test(arguments: [(CR4.de, true), (0, false)] as [(UInt64, Bool)])
  func portBreakpoints(_ cr4: UInt64, _ hits: Bool) throws {
    let lab = try self.lab([0xe6, 0x80, 0xf4]) {
      ($0[debug: 0], $0[debug: 7], $0.cr4) = (0x80, dr7(2), $0.cr4 | cr4)
    }
    guard case .access(let access) = lab.run(1) else {
      Issue.record("no access")
      return
    }
    lab.machine.complete(access, on: DeafBus())
    lab.run(10)
    #expect(lab.vector() == (hits ? 1 : nil))
    if hits { #expect(try lab.slot64(0) == Lab.code + 2) }
  }

  @Test func singleStepOfAPortAccess() throws {
    let lab = try self.lab([0xe4, 0x80, 0xf4]) { $0.rflags.insert(.tf) }
    guard case .access(let access) = lab.run(1) else {
      Issue.record("no access")
      return
    }
    lab.machine.complete(access, on: DeafBus())
    lab.run(10)
    #expect(lab.vector() == 1 && lab.registers[debug: 6] == dr6(0x4000))
    #expect(try lab.slot64(0) == Lab.code + 2)
  }

  @Test func generalDetect() throws {
    let lab = try self.lab([0x0f, 0x23, 0xf0]) { $0[debug: 7] = 0x2400 }
    lab.run(10)
    #expect(lab.vector() == 1 && lab.registers[debug: 6] == dr6(0x2000))
    #expect(lab.registers[debug: 7] == 0x400)
    #expect(try lab.slot64(0) == Lab.code)
    #expect(try lab.slot64(2) & 0x1_0000 != 0)
  }

  @Test func aliasesAndReservedBits() throws {
    // MOV RAX, DR4
    let alias = try self.lab([0x0f, 0x21, 0xe0]) { $0[debug: 6] = 0xffff_4ff2 }
    alias.run(1)
    #expect(alias.registers[.rax] == 0xffff_4ff2)
    let extended = try self.lab([0x0f, 0x21, 0xe0]) { $0.cr4 |= CR4.de }
    extended.run(10)
    #expect(extended.vector() == 6)
    // MOV DR6, RAX; MOV DR7, RAX
    let write = try self.lab([0x0f, 0x23, 0xf0, 0x0f, 0x23, 0xf8]) { $0[.rax] = 0xffff_dfff }
    write.run(2)
    #expect(write.registers[debug: 6] == 0xffff_cfff)
    #expect(write.registers[debug: 7] == 0xffff_07ff)
    let wide = try self.lab([0x0f, 0x23, 0xf8]) { $0[.rax] = 1 << 32 }
    wide.run(10)
    #expect(wide.vector() == 13)
  }

  // MARK: MOV SS

  /// MOV SS, [RBX] with a data breakpoint on the selector, and what follows it.
  private func stackLoad(_ rest: [UInt8]) throws -> Lab {
    let lab = try self.lab([0x8e, 0x13] + rest) {
      ($0[debug: 0], $0[debug: 7]) = (Lab.data, dr7(3, 1))
    }
    try lab.poke(Lab.data, Lab.kernelData)
    return lab
  }

  @Test func stackLoadHoldsTrapsBack() throws {
    let nop = try stackLoad([0x90, 0x90])
    nop.run(10)
    #expect(nop.vector() == 1 && nop.registers[debug: 6] == dr6(1))
    #expect(try nop.slot64(0) == Lab.code + 3)
  }

  @Test func stackLoadAndSoftwareInterrupts() throws {
    // INT 40H is delivered first, and the trap comes at its handler.
    let interrupt = try stackLoad([0xcd, 0x40])
    interrupt.run(10)
    #expect(interrupt.vector() == 1)
    #expect(try interrupt.slot64(0) == Lab.handlers + 0x400)
    // INT1 is a debug exception itself.
    let icebp = try stackLoad([0xf1])
    icebp.run(10)
    #expect(icebp.vector() == 1 && icebp.registers[debug: 6] == dr6(0))
    #expect(try icebp.slot64(0) == Lab.code + 3)
  }

  @Test func stackLoadSuppressesAnInstructionBreakpoint() throws {
    // MOV SS, AX; NOP with a breakpoint; HLT
    let lab = try self.lab([0x8e, 0xd0, 0x90, 0xf4]) {
      ($0[debug: 0], $0[debug: 7], $0[.rax]) = (Lab.code + 2, 0x402, UInt64(Lab.kernelData))
    }
    #expect(lab.run(10) == .halted)
    #expect(lab.registers.rip == Lab.code + 4)
  }

  @Test func singleStepsAroundAStackLoad() throws {
    // MOV SS, AX; NOP; NOP under TF: one trap, behind the first NOP.
    let lab = try self.lab([0x8e, 0xd0, 0x90, 0x90]) {
      $0[.rax] = UInt64(Lab.kernelData)
      $0.rflags.insert(.tf)
    }
    lab.run(10)
    #expect(lab.vector() == 1 && lab.registers[debug: 6] == dr6(0x4000))
    #expect(try lab.slot64(0) == Lab.code + 3)
    // With INT1 or a general-detect fault instead there is no single step to report.
    for (code, bits): ([UInt8], UInt64) in [([0xf1], 0), ([0x0f, 0x23, 0xf0], 0x2000)] {
      let other = try self.lab([0x8e, 0xd0] + code) {
        $0[.rax] = UInt64(Lab.kernelData)
        $0.rflags.insert(.tf)
        if bits != 0 { $0[debug: 7] = 0x2400 }
      }
      other.run(10)
      #expect(other.vector() == 1 && other.registers[debug: 6] == dr6(bits))
    }
  }

  @Test func farPointerLoadInhibitsNothing() throws {
    // LSS ESP, [EBX]; NOP under TF.
    let lab = try Lab()
    try lab.protected([0x0f, 0xb2, 0x23, 0x90])
    try lab.poke(Lab.data, UInt32(Lab.userStack))
    try lab.poke(Lab.data + 4, Lab.kernelData)
    lab.edit {
      $0[.rbx] = Lab.data
      $0.rflags.insert(.tf)
    }
    lab.run(10)
    #expect(lab.vector() == 1)
    #expect(try lab.slot32(0) == UInt32(Lab.code) + 3)
  }

  // MARK: TF

  @Test func popfSetsTFOneInstructionLater() throws {
    let lab = try self.lab([0x9d, 0x90, 0x90]) { $0[.rsp] = Lab.data }
    try lab.poke(Lab.data, UInt64(0x102))
    lab.run(10)
    #expect(lab.vector() == 1)
    #expect(try lab.slot64(0) == Lab.code + 2)
  }

  @Test func softwareInterruptClearsTF() throws {
    let lab = try self.lab([0xcd, 0x40]) { $0.rflags.insert(.tf) }
    lab.run(10)
    #expect(lab.vector() == 0x40)
    #expect(try lab.slot64(2) & 0x100 != 0)
  }

  @Test func systemCallGoesByTheNewTF() throws {
    let lab = try Lab()
    try lab.long([0x0f, 0x05], isUser: true)
    lab.processor.msrs.star = 0x0010_0008 << 32
    lab.processor.msrs.lstar = Lab.handlers + 0x600
    lab.processor.msrs.fmask = 0x100
    lab.edit { $0.rflags.insert(.tf) }
    lab.run(10)
    #expect(lab.vector() == 0x60)
    // SYSRET sets TF and traps at once.
    try lab.poke(Lab.handlers + 0x600, [0x48, 0x0f, 0x07])
    lab.edit { $0.rip = Lab.handlers + 0x600 }
    lab.run(10)
    #expect(lab.vector() == 1)
    #expect(try lab.slot64(0) == Lab.code + 2)
  }

  @Test func stepsOnBranches() throws {
    // NOP; JZ, not taken; NOP; JMP over a NOP under TF and BTF: only the jump traps. BTF is cleared on
    // the way to the handler.
    let lab = try self.lab([0x90, 0x74, 0x01, 0x90, 0xeb, 0x01, 0x90, 0x90]) {
      $0.rflags.insert(.tf)
    }
    lab.processor.msrs.debugControl = 2
    lab.run(10)
    #expect(lab.vector() == 1)
    #expect(try lab.slot64(0) == Lab.code + 7)
    #expect(lab.processor.msrs.debugControl == 0)
  }

  @Test func trapsComeBeforeInterrupts() throws {
    let lab = try self.lab([0x90, 0x90]) {
      $0.rflags.insert(.tf)
      $0.rflags.insert(.if)
    }
    try lab.pokeGate(1, isLong: true, type: 15)
    lab.run(1)
    lab.processor.requestInterrupt(0x50)
    lab.run(10)
    // The interrupt found the processor at the first instruction of the debug handler.
    #expect(lab.vector() == 0x50)
    #expect(try lab.slot64(0) == Lab.handlers + 16)
  }
}
