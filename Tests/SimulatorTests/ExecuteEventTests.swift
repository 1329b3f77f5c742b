import Testing
import X86

@testable import Simulator

/// Exceptions, their delivery, and the state between instructions.
@Suite struct ExecuteEventTests {
  /// Runs `code` in 64-bit mode until a handler halts; the frame is on the kernel's stack.
  private func fault(
    _ code: [UInt8], isUser: Bool = false, _ edit: (inout Registers) -> Void = { _ in }
  ) throws -> (lab: Lab, vector: UInt64?, error: UInt64, rip: UInt64) {
    let lab = try Lab()
    try lab.long(code, isUser: isUser)
    var value = lab.registers
    edit(&value)
    lab.registers = value
    lab.run(10)
    let stack = lab.registers[.rsp]
    let vector = lab.vector()
    let hasError = [8, 10, 11, 12, 13, 14, 17].contains(vector ?? 0)
    let error = hasError ? try lab.peek(stack, as: UInt64.self) : 0
    let rip = try lab.peek(stack + (hasError ? 8 : 0), as: UInt64.self)
    return (lab, vector, error, rip)
  }

  @Test func divideError() throws {
    let found = try fault([0xf7, 0xf1]) { $0[.rcx] = 0 }
    #expect(found.vector == 0 && found.rip == Lab.code)
    // The quotient 1 << 32 does not fit.
    let wide = try fault([0xf7, 0xf1]) { ($0[.rdx], $0[.rax], $0[.rcx]) = (1, 0, 1) }
    #expect(wide.vector == 0)
    // -1 << 31 divided by -1.
    let signed = try fault([0xf7, 0xf9]) { ($0[.rdx], $0[.rax], $0[.rcx]) = (~0, 1 << 31, ~0) }
    #expect(signed.vector == 0)
  }

  @Test func undefinedAndPrivileged() throws {
    #expect(try fault([0x0f, 0x0b]).vector == 6)
    // LOCK on a register operand, and POPA, which 64-bit code has not.
    #expect(try fault([0xf0, 0x01, 0xc0]).vector == 6)
    #expect(try fault([0x61]).vector == 6)
    for code: [UInt8] in [
      [0xf4], [0xfa], [0x0f, 0x20, 0xc0], [0x0f, 0x32], [0x0f, 0x06], [0xe4, 0x60],
    ] {
      let found = try fault(code, isUser: true)
      #expect(found.vector == 13 && found.error == 0 && found.rip == Lab.code, "\(code)")
    }
  }

  @Test func nonCanonicalAddresses() throws {
    let data = try fault([0x8b, 0x03]) { $0[.rbx] = 1 << 47 }
    #expect(data.vector == 13 && data.error == 0)
    let stack = try fault([0x8b, 0x45, 0x00]) { $0[.rbp] = 1 << 47 }
    #expect(stack.vector == 12 && stack.error == 0)
  }

  /// SDM 3A, "Page-Fault Exceptions": P 0, W/R 1, U/S 2, RSVD 3, I/D 4.
  @Test(
    arguments: [
      (0, false, [0x8b, 0x03], 0), (0, false, [0x89, 0x03], 2), (0, true, [0x8b, 0x03], 4),
      (5, true, [0x89, 0x03], 7), (5, false, [0x89, 0x03], 3), (3, true, [0x8b, 0x03], 5),
      (1 << 51 | 7, false, [0x8b, 0x03], 9), (1 << 63 | 7, true, [0xff, 0xe3], 0x15),
      (0, false, [0xff, 0xe3], 0x10),
    ] as [(UInt64, Bool, [UInt8], UInt64)])
  func pageFaultCodes(_ entry: UInt64, _ isUser: Bool, _ code: [UInt8], _ error: UInt64) throws {
    let lab = try Lab()
    try lab.long(code, isUser: isUser)
    let address: UInt64 = 0x2_0000
    try lab.poke(lab.entryAddress(address), entry == 0 ? 0 : entry | address)
    var value = lab.registers
    value[.rbx] = address + 0x123
    lab.registers = value
    lab.run(10)
    #expect(lab.vector() == 14)
    #expect(lab.registers.cr2 == address + 0x123)
    #expect(try lab.peek(lab.registers[.rsp], as: UInt64.self) == error)
  }

  @Test func supervisorProtection() throws {
    // SMAP: a user page. Without CR0.WP a read-only page is written.
    let smap = try fault([0x8b, 0x03]) { ($0.cr4, $0[.rbx]) = (CR4.pae | CR4.smap, Lab.data) }
    // The stack of the handlers is a user page, too: delivery itself faults, and so on.
    #expect(smap.lab.processor.activity == .shutdown)
    let lab = try Lab()
    try lab.long([0x89, 0x03])
    try lab.poke(lab.entryAddress(Lab.data), Lab.data | 5)
    var value = lab.registers
    (value.cr0, value[.rbx], value[.rax]) = (value.cr0 & ~CR0.wp, Lab.data, 0x77)
    lab.registers = value
    lab.run()
    #expect(try lab.peek(Lab.data) == 0x77)
  }

  @Test func accessedAndDirty() throws {
    let lab = try Lab()
    try lab.long([0x8b, 0x03, 0x89, 0x03])
    var value = lab.registers
    value[.rbx] = Lab.data
    lab.registers = value
    lab.run(1)
    #expect(try lab.peek(lab.entryAddress(Lab.data)) & 0x60 == 0x20)
    lab.run(1)
    #expect(try lab.peek(lab.entryAddress(Lab.data)) & 0x60 == 0x60)
  }

  @Test func staleUntilInvalidated() throws {
    // MOV EAX, [RBX]; MOV EAX, [RBX]; INVLPG [RBX]; MOV EAX, [RBX]
    let lab = try Lab()
    try lab.long([0x8b, 0x03, 0x8b, 0x03, 0x0f, 0x01, 0x3b, 0x8b, 0x03])
    try lab.poke(Lab.data, UInt32(1))
    try lab.poke(Lab.data + 0x1000, UInt32(2))
    var value = lab.registers
    value[.rbx] = Lab.data
    lab.registers = value
    lab.run(1)
    try lab.poke(lab.entryAddress(Lab.data), (Lab.data + 0x1000) | 7)
    lab.run(1)
    #expect(lab.registers[.rax] == 1)
    lab.run(2)
    #expect(lab.registers[.rax] == 2)
  }

  @Test func privilegeChangeAndReturn() throws {
    let lab = try Lab()
    try lab.long([0xcd, 0x40], isUser: true)
    try lab.poke(Lab.handlers + 0x400, [0x48, 0xcf])
    let before = lab.registers
    lab.run(1)
    var now = lab.registers
    #expect(now.cpl == 0 && now.rip == Lab.handlers + 0x400)
    // SS, RSP, RFLAGS, CS, RIP below RSP0; SS is null at the new level.
    #expect(now[.rsp] == Lab.kernelStack - 40 && now[.ss].selector == 0)
    #expect(try lab.peek(now[.rsp], as: UInt64.self) == Lab.code + 2)
    #expect(try lab.peek(now[.rsp] + 8, as: UInt64.self) == UInt64(Lab.userCode))
    lab.run(1)
    now = lab.registers
    #expect(now.cpl == 3 && now.rip == Lab.code + 2 && now[.rsp] == before[.rsp])
    #expect(now[.ss].selector == Lab.userData)
  }

  @Test func interruptStackTable() throws {
    let lab = try Lab()
    try lab.long([0xcd, 0x40])
    try lab.pokeGate(0x40, isLong: true, interruptStack: 1)
    lab.run(1)
    #expect(lab.registers[.rsp] == Lab.interruptStack - 40)
  }

  @Test func doubleAndTripleFault() throws {
    let lab = try Lab()
    try lab.long([0x0f, 0x0b, 0x8b, 0x03])
    // #UD is benign: its absent gate gives #NP(6 * 8 + IDT), not a double fault.
    try lab.pokeGate(6, isLong: true, isPresent: false)
    lab.run(10)
    #expect(lab.vector() == 11)
    #expect(try lab.peek(lab.registers[.rsp], as: UInt64.self) == 6 << 3 | 2 | 1)
    // #DE, then #NP on the way to its handler: contributory twice.
    try lab.long([0xf7, 0xf1])
    try lab.pokeGate(0, isLong: true, isPresent: false)
    var value = lab.registers
    value[.rcx] = 0
    lab.registers = value
    lab.run(10)
    #expect(lab.vector() == 8)
    #expect(try lab.peek(lab.registers[.rsp], as: UInt64.self) == 0)
    // No IDT at all.
    value.idtr.limit = 0
    value.rip = Lab.code
    lab.registers = value
    #expect(lab.run(10) == .shutdown)
  }

  @Test func singleStep() throws {
    let lab = try Lab()
    try lab.long([0x90, 0x90])
    var value = lab.registers
    value.rflags.insert(.tf)
    lab.registers = value
    lab.run(10)
    let now = lab.registers
    #expect(lab.vector() == 1 && now[debug: 6] & 0x4000 != 0 && !now.rflags.contains(.tf))
    #expect(try lab.peek(now[.rsp], as: UInt64.self) == Lab.code + 1)
  }

  @Test func repetitionsUnderTrapFlagAndFaults() throws {
    let lab = try Lab()
    try lab.long([0xf3, 0xaa])
    var value = lab.registers
    (value[.rcx], value[.rdi]) = (3, Lab.data)
    value.rflags.insert(.tf)
    lab.registers = value
    lab.run(10)
    // One repetition a step: RIP is still at the instruction.
    #expect(lab.vector() == 1 && lab.registers[.rcx] == 2)
    #expect(try lab.peek(lab.registers[.rsp], as: UInt64.self) == Lab.code)
    // STOSQ across the end of a page whose successor is absent.
    try lab.long([0xf3, 0x48, 0xab])
    try lab.poke(lab.entryAddress(0x2_1000), UInt64(0))
    (value[.rcx], value[.rdi], value.rip) = (8, 0x2_0ff0, Lab.code)
    value.rflags.remove(.tf)
    lab.registers = value
    lab.run(10)
    let now = lab.registers
    #expect(lab.vector() == 14 && now[.rcx] == 6 && now[.rdi] == 0x2_1000)
  }

  @Test func interruptShadowOfSTI() throws {
    let lab = try Lab()
    try lab.long([0xfb, 0x90, 0x90])
    lab.processor.requestInterrupt(0x50)
    lab.run(2)
    #expect(lab.registers.rip == Lab.code + 2)
    lab.run(1)
    #expect(lab.vector() == 0x50)
    #expect(try lab.peek(lab.registers[.rsp], as: UInt64.self) == Lab.code + 2)
  }

  @Test func selfModifyingCode() throws {
    // MOV byte [RIP + 1], 0xC3 changes INC EAX (FF C0) into INC EBX (FF C3).
    let lab = try Lab()
    try lab.long([0xc6, 0x05, 1, 0, 0, 0, 0xc3, 0xff, 0xc0])
    lab.run(2)
    #expect(lab.registers[.rbx] == 1 && lab.registers[.rax] == 0)
  }

  @Test func codeAcrossPages() throws {
    let lab = try Lab()
    // MOV EAX, 0x12345678 with three bytes on the second page, which is mapped elsewhere.
    try lab.long([0xb8, 0x78], at: 0x8ffe)
    try lab.poke(0x2_0000, [0x56, 0x34, 0x12])
    try lab.poke(lab.entryAddress(0x9000), UInt64(0x2_0007))
    lab.run(1)
    #expect(lab.registers[.rax] == 0x1234_5678)
  }

  @Test func realModeDelivery() throws {
    let lab = try Lab()
    try lab.real([0xcd, 0x21, 0x90])
    lab.run(1)
    var now = lab.registers
    #expect(now.rip == Lab.handlers + 0x210 && now[.rsp] == 0xeffa)
    #expect(try lab.peek(0xeffa, as: UInt16.self) == UInt16(Lab.code) + 2)
    try lab.poke(Lab.handlers + 0x210, [0xcf])
    lab.run(1)
    now = lab.registers
    #expect(now.rip == Lab.code + 2 && now[.rsp] == 0xf000)
  }

  @Test func unrealModeKeepsTheLimit() throws {
    let lab = try Lab()
    // MOV AX, 0; MOV ES, AX; MOV AL, ES:[EBX]
    try lab.real([0xb8, 0, 0, 0x8e, 0xc0, 0x26, 0x67, 0x8a, 0x03])
    try lab.poke(0x8_0000, [0x5a])
    var value = lab.registers
    value[.es].limit = ~0
    value[.rbx] = 0x8_0000
    lab.registers = value
    lab.run(3)
    #expect(lab.registers[.rax] & 0xff == 0x5a)
  }

  @Test func systemCallAndReturn() throws {
    let lab = try Lab()
    try lab.long([0x0f, 0x05], isUser: true)
    lab.processor.msrs.star = 0x0010_0008 << 32
    lab.processor.msrs.lstar = Lab.handlers
    lab.processor.msrs.fmask = 0x200
    lab.run(1)
    let now = lab.registers
    #expect(now.rip == Lab.handlers && now[.rcx] == Lab.code + 2 && now.cpl == 0)
    #expect(now[.cs].selector == 8 && now[.ss].selector == 0x10)
    try lab.poke(Lab.handlers, [0x48, 0x0f, 0x07])
    lab.run(1)
    #expect(lab.registers.rip == Lab.code + 2 && lab.registers.cpl == 3)
    #expect(lab.registers[.cs].selector == 0x23 && lab.registers[.ss].selector == 0x1b)
  }

  @Test func unknownMSRsAndUnimplementedInstructions() throws {
    let msr = try fault([0x0f, 0x32]) { $0[.rcx] = 0x1234_5678 }
    #expect(msr.vector == 13 && msr.error == 0)
    // MOVUPS: CPUID says absent, so #UD, and the processor says what it met.
    let missing = try fault([0x0f, 0x10, 0xc0])
    #expect(missing.vector == 6)
    #expect(missing.lab.processor.unimplementedInstructions[Lab.code] == .sse)
    let lines = missing.lab.processor.takeUnimplemented()
    #expect(lines.count == 1 && lines[0].hasPrefix("SSE instruction at 0x8000:"))
    #expect(missing.lab.processor.takeUnimplemented().isEmpty)
  }

  @Test func segmentFaults() throws {
    let lab = try Lab()
    // MOV DS, AX beyond the GDT, and an absent segment.
    for (selector, vector): (UInt64, UInt64) in [(0x78, 13), (0x30, 11)] {
      try lab.protected([0x8e, 0xd8])
      try lab.poke(Lab.gdt + 0x30, UInt64(0x00cf_1300_0000_ffff))
      var value = lab.registers
      value[.rax] = selector
      lab.registers = value
      lab.run(10)
      #expect(lab.vector() == vector)
      #expect(try lab.peek(lab.registers[.rsp]) == UInt32(selector))
    }
    // A limit violation on the stack is #SS(0).
    try lab.protected([0x8b, 0x45, 0])
    var value = lab.registers
    value[.ss].limit = 0xffff
    value[.rbp] = 0x1_0000
    lab.registers = value
    lab.run(10)
    #expect(lab.vector() == 12)
  }
}
