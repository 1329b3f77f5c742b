import Testing
import X86

@testable import Simulator

private let c: UInt64 = 1
private let z: UInt64 = 0x40
private let o: UInt64 = 0x800

/// Corners of instructions: counts of 0, upper halves of registers, implicit sizes. The values are the
/// manual's, and those of a physical processor.
@Suite struct ExecuteEdgeTests {
  static let rows: [InstructionRow] = [
    .init(
      "SHL r32 by CL = 0 zero-extends", [0xd3, 0xe0], [.rax: ~0, .rcx: 0], [.rax: 0xffff_ffff]),
    .init("SHL r32 by 0 zero-extends", [0xc1, 0xe0, 0], [.rax: ~0], [.rax: 0xffff_ffff]),
    .init("SAR r32 by 32 zero-extends", [0xc1, 0xf8, 32], [.rax: ~0], [.rax: 0xffff_ffff]),
    .init("ROL r32 by 32 zero-extends", [0xd3, 0xc0], [.rax: ~0, .rcx: 32], [.rax: 0xffff_ffff]),
    .init(
      "ROL r8 by 8 sets CF", [0xc0, 0xc0, 8], [.rax: 0x81], [.rax: 0x81], sets: c, of: c),
    .init(
      "SHLD r32 by CL = 0 zero-extends", [0x0f, 0xa5, 0xc0], [.rax: ~0, .rcx: 0], flags: c,
      [.rax: 0xffff_ffff], sets: c, of: c),
    .init(
      "RCR r16 by 17", [0x66, 0xc1, 0xd8, 17], [.rax: 0x1234], flags: c, [.rax: 0x1234], sets: c,
      of: c),
    .init("SHL r8 by 9", [0xc0, 0xe0, 9], [.rax: 0xff], flags: c, [.rax: 0], sets: z, of: z),
    .init("SHL by /6", [0xc0, 0xf0, 1], [.rax: 0x40], [.rax: 0x80], sets: o, of: c | o),
    .init("TEST by /1", [0xf6, 0xc8, 0x10], [.rax: 0x0f], sets: z, of: z),
    .init(
      "REP MOVSB of 32 bits with ECX = 0", [0x67, 0xf3, 0xa4],
      [.rcx: 1 << 32, .rsi: ~0, .rdi: ~1], [.rcx: 1 << 32, .rsi: ~0, .rdi: ~1]),
    .init(
      "LOOP of 32 bits", [0x67, 0xe2, 0x10], [.rcx: ~0 << 32 | 1], [.rcx: 0]),
    .init(
      "CMPXCHG r32, unequal", [0x0f, 0xb1, 0xd9], [.rax: ~0 << 32 | 5, .rcx: ~0 << 32 | 6],
      [.rax: 6, .rcx: ~0 << 32 | 6], of: z),
    .init(
      "CMPXCHG r32, equal", [0x0f, 0xb1, 0xd9], [.rax: ~0 << 32 | 5, .rcx: ~0 << 32 | 5, .rbx: 7],
      [.rax: ~0 << 32 | 5, .rcx: 7], sets: z, of: z),
    .init(
      "MOVSXD r16", [0x66, 0x63, 0xc1], [.rax: 0x1111_1111, .rcx: 0x2222_8000],
      [.rax: 0x1111_8000]),
    .init("MOVSXD r32", [0x63, 0xc1], [.rax: ~0, .rcx: 0x8000_0000], [.rax: 0x8000_0000]),
    .init("CMOV, false, zero-extends", [0x0f, 0x44, 0xc1], [.rax: ~0], [.rax: 0xffff_ffff]),
    .init("PUSH RSP", [0x54], [.rsp: 0xe000], [.rsp: 0xdff8]),
    .init("XCHG r32 with itself", [0x87, 0xc0], [.rax: ~0], [.rax: 0xffff_ffff]),
    .init("NOP with F2", [0xf2, 0x90], [.rax: ~0], [.rax: ~0]),
    .init(
      "REX that is not last", [0x48, 0x66, 0x89, 0xd8], [.rax: ~0, .rbx: 1], [.rax: ~0 << 16 | 1]),
    .init("near JMP with 66", [0x66, 0xe9, 0, 0, 0, 0]),
    .init("LEA with 32-bit address", [0x67, 0x48, 0x8d, 0x40, 1], [.rax: ~0], [.rax: 0]),
    .init("reserved NOP", [0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0]),
    .init("reserved NOP 0F 19", [0x0f, 0x19, 0xff]),
    .init("prefetch of an absent page", [0x0f, 0x0d, 0x08], [.rax: 1 << 40]),
    .init("SERIALIZE", [0x0f, 0x01, 0xe8]),
  ]

  @Test(arguments: rows)
  func obeysTheManual(_ row: InstructionRow) throws {
    let lab = try Lab()
    try lab.long(row.code)
    row.check(lab)
  }

  /// One instruction on `Lab.data`, and what is there afterwards.
  private func onMemory(
    _ code: [UInt8], _ value: UInt64, _ change: (inout Registers) -> Void
  ) throws -> (memory: UInt64, registers: Registers) {
    let lab = try Lab()
    try lab.long(code)
    try lab.poke(Lab.data, value)
    var registers = lab.registers
    registers[.rsi] = Lab.data
    change(&registers)
    lab.registers = registers
    lab.run()
    return (try lab.peek(Lab.data, as: UInt64.self), lab.registers)
  }

  @Test func bitOffsetsReachBeyondTheOperand() throws {
    // BTS [RSI + 8], RAX with RAX = -1: bit 63 of the quadword below.
    let below = try onMemory([0x48, 0x0f, 0xab, 0x46, 8], 0) { $0[.rax] = ~0 }
    #expect(below.memory == 1 << 63)
    // BTC word [RSI - 2], AX with AX = 17.
    let above = try onMemory([0x66, 0x0f, 0xbb, 0x46, 0xfe], 2) { $0[.rax] = 17 }
    #expect(above.memory == 0 && above.registers.rflags.contains(.cf))
    // BTR dword [RSI], 33: an immediate stays within the operand.
    let within = try onMemory([0x0f, 0xba, 0x36, 33], 0x2_0000_0002) { _ in }
    #expect(within.memory == 0x2_0000_0000)
  }

  @Test func popComputesItsAddressAfterwards() throws {
    // POP [RSP]: the address is that of the incremented RSP.
    let popped = try onMemory([0x8f, 0x04, 0x24], 5) { $0[.rsp] = Lab.data }
    #expect(popped.memory == 5 && popped.registers[.rsp] == Lab.data + 8)
    // PUSH RSP stores the old value.
    let pushed = try onMemory([0x54], 0) { $0[.rsp] = Lab.data + 8 }
    #expect(pushed.memory == Lab.data + 8)
    // POP RSP ends with the value.
    let pointer = try onMemory([0x5c], 0x1234) { $0[.rsp] = Lab.data }
    #expect(pointer.registers[.rsp] == 0x1234)
  }

  @Test func stringsOf32BitAddressesClearUpperHalves() throws {
    let stored = try onMemory([0x67, 0xf3, 0xaa], 0) {
      ($0[.rcx], $0[.rdi], $0[.rax]) = (~0 << 32 | 2, ~0 << 32 | Lab.data, 0x55)
    }
    #expect(stored.memory == 0x5555)
    #expect(stored.registers[.rcx] == 0 && stored.registers[.rdi] == Lab.data + 2)
  }

  @Test func xaddAndCmpxchgOfMemory() throws {
    // LOCK XADD [RSI], EAX
    let added = try onMemory([0xf0, 0x0f, 0xc1, 0x06], 7) { $0[.rax] = ~0 << 32 | 3 }
    #expect(added.memory == 10 && added.registers[.rax] == 7)
    // MOVBE [RSI], AX
    let swapped = try onMemory([0x66, 0x0f, 0x38, 0xf1, 0x06], 0) { $0[.rax] = 0x1234 }
    #expect(swapped.memory == 0x3412)
  }

  @Test func enterCopiesFramePointers() throws {
    let lab = try Lab()
    // ENTER 0x20, 3
    try lab.long([0xc8, 0x20, 0, 3])
    var value = lab.registers
    (value[.rsp], value[.rbp]) = (Lab.data + 0x100, Lab.data + 0x80)
    lab.registers = value
    try lab.poke(Lab.data + 0x78, UInt64(0x11))
    try lab.poke(Lab.data + 0x70, UInt64(0x22))
    lab.run()
    let frame = Lab.data + 0xf8
    #expect(lab.registers[.rbp] == frame && lab.registers[.rsp] == frame - 0x18 - 0x20)
    let words = try (0..<4).map { try lab.peek(frame - 8 * UInt64($0), as: UInt64.self) }
    #expect(words == [Lab.data + 0x80, 0x11, 0x22, frame])
  }

  /// #UD, or #GP(0) for more than 15 bytes.
  @Test(
    arguments: [
      ([0xf0, 0x90], 6), ([0xf0, 0x8b, 0x06], 6), ([0xf0, 0x01, 0xc0], 6),
      ([0xf0, 0x0f, 0x22, 0xc0], 6),
      ([0x0f, 0x20, 0xc8], 6), ([0x44, 0x0f, 0x20, 0xc8], 6), ([0x60], 6), ([0x37], 6), ([0x62], 6),
      ([0x0f, 0xff, 0xc0], 6), ([0x0f, 0xb9, 0xc0], 6), ([0x0f, 0x0b], 6), ([0x0f, 0x37], 6),
      ([0x0f, 0xaa], 6), ([0x0f, 0xc3, 0x06], 6), ([0x0f, 0x10, 0xc0], 6), ([0x0f, 0x77], 6),
      ([0xc5, 0xf8, 0x77], 6), ([0x0f, 0xae, 0x06], 6), ([0xd9, 0xe8], 6), ([0x0f, 0x01, 0xd4], 6),
      ([UInt8](repeating: 0x2e, count: 15) + [0x90], 13),
      ([UInt8](repeating: 0x66, count: 12) + [0xe9, 0, 0, 0, 0], 13),
    ] as [([UInt8], UInt64)])
  func refuses(_ code: [UInt8], _ vector: UInt64) throws {
    let lab = try Lab()
    try lab.long(code)
    var value = lab.registers
    value[.rsi] = Lab.data
    lab.registers = value
    lab.run(2)
    #expect(lab.vector() == vector)
    #expect(try lab.peek(lab.registers[.rsp] + (vector == 13 ? 8 : 0), as: UInt64.self) == Lab.code)
  }
}
