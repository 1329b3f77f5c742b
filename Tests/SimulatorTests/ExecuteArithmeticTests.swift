import Testing
import X86

@testable import Simulator

private let c: UInt64 = 1
private let p: UInt64 = 4
private let a: UInt64 = 0x10
private let z: UInt64 = 0x40
private let s: UInt64 = 0x80
private let o: UInt64 = 0x800
private let all: UInt64 = 0x8d5

/// One instruction with registers and flags before and after, worked out by hand from the manual.
struct InstructionRow: CustomTestStringConvertible, Sendable {
  var testDescription: String
  var code: [UInt8]
  var before: [GeneralRegister: UInt64] = [:]
  var flags: UInt64 = 0
  var after: [GeneralRegister: UInt64] = [:]
  /// Flags that are set afterwards, among those of `mask`.
  var sets: UInt64 = 0
  var mask: UInt64 = 0

  init(
    _ name: String, _ code: [UInt8], _ before: [GeneralRegister: UInt64] = [:], flags: UInt64 = 0,
    _ after: [GeneralRegister: UInt64] = [:], sets: UInt64 = 0, of mask: UInt64 = 0
  ) {
    testDescription = name
    (self.code, self.before, self.flags) = (code, before, flags)
    (self.after, self.sets, self.mask) = (after, sets, mask)
  }

  func check(_ lab: Lab) {
    var value = lab.registers
    for (register, number) in before { value[register] = number }
    value.rflags = RFLAGS(rawValue: flags | 2)
    lab.registers = value
    lab.run()
    let now = lab.registers
    for (register, number) in after {
      #expect(now[register] == number, "\(testDescription): \(register)")
    }
    #expect(now.rflags.rawValue & mask == sets, "\(testDescription): flags")
    #expect(now.rip == Lab.code + UInt64(code.count), "\(testDescription): RIP")
  }
}

@Suite struct ExecuteArithmeticTests {
  static let long: [InstructionRow] = [
    .init("ADD to the sign", [0x04, 0x01], [.rax: 0x7f], [.rax: 0x80], sets: o | s | a, of: all),
    .init(
      "ADD r32 zero-extends", [0x01, 0xd8], [.rax: ~0, .rbx: 1], [.rax: 0], sets: c | z | p | a,
      of: all),
    .init(
      "ADC", [0x14, 0x00], [.rax: 0xff], flags: c, [.rax: 0], sets: c | z | p | a, of: all),
    .init("SUB below 0", [0x2c, 0x01], [.rax: 0], [.rax: 0xff], sets: c | s | p | a, of: all),
    .init(
      "SBB of all ones", [0x1c, 0xff], [.rax: 0], flags: c, [.rax: 0], sets: c | z | p | a,
      of: all),
    .init("CMP overflows", [0x3c, 0x80], [.rax: 0x7f], [.rax: 0x7f], sets: c | s | o | p, of: all),
    .init(
      "AND", [0x24, 0x80], [.rax: 0xff], flags: c | o, [.rax: 0x80], sets: s, of: all & ~a),
    .init("TEST", [0xa8, 0x03], [.rax: 0x0c], flags: c | o, sets: z | p, of: all & ~a),
    .init("XOR with itself", [0x31, 0xc0], [.rax: ~0], [.rax: 0], sets: z | p, of: all & ~a),
    .init(
      "OR r16 keeps the rest", [0x66, 0x09, 0xd8], [.rax: 0xffff_ffff_ffff_0000, .rbx: 0x8001],
      [.rax: 0xffff_ffff_ffff_8001], sets: s, of: all & ~a),
    .init(
      "INC keeps CF", [0xfe, 0xc0], [.rax: 0xff], flags: c, [.rax: 0], sets: c | z | p | a,
      of: all),
    .init("DEC overflows", [0xfe, 0xc8], [.rax: 0x80], [.rax: 0x7f], sets: o | a, of: all),
    .init("NEG of the lowest", [0xf6, 0xd8], [.rax: 0x80], [.rax: 0x80], sets: c | o | s, of: all),
    .init("NEG of 0", [0xf6, 0xd8], [.rax: 0], [.rax: 0], sets: z | p, of: all),
    .init(
      "NOT keeps flags", [0xf6, 0xd0], [.rax: 0x55], flags: c | z, [.rax: 0xaa], sets: c | z,
      of: all),
    .init(
      "MUL too wide", [0xf6, 0xe3], [.rax: 0x80, .rbx: 2], [.rax: 0x100], sets: c | o, of: c | o),
    .init("MUL fits", [0xf6, 0xe3], [.rax: 2, .rbx: 3], flags: c | o, [.rax: 6], of: c | o),
    .init(
      "MUL 64", [0x48, 0xf7, 0xe3], [.rax: ~0, .rbx: ~0], [.rax: 1, .rdx: ~0 - 1], sets: c | o,
      of: c | o),
    .init("IMUL -1 * -1", [0xf6, 0xeb], [.rax: 0xff, .rbx: 0xff], [.rax: 1], of: c | o),
    .init(
      "IMUL r32 loses bits", [0x0f, 0xaf, 0xc3], [.rax: 0x10000, .rbx: 0x10000], [.rax: 0],
      sets: c | o, of: c | o),
    .init(
      "IMUL r32, r32, imm8", [0x6b, 0xc3, 0xfe], [.rax: ~0, .rbx: 3], [.rax: 0xffff_fffa], of: c | o
    ),
    .init("DIV 8", [0xf6, 0xf3], [.rax: 0x105, .rbx: 2], [.rax: 0x182]),
    .init("IDIV truncates", [0xf6, 0xfb], [.rax: 0xfff9, .rbx: 2], [.rax: 0xfffd]),
    .init(
      "DIV 64", [0x48, 0xf7, 0xf3], [.rax: 0, .rdx: 1, .rbx: 2], [.rax: 1 << 63, .rdx: 0]),
    .init(
      "XADD", [0x0f, 0xc1, 0xd8], [.rax: 1, .rbx: 2], [.rax: 3, .rbx: 1], sets: p, of: all),
    .init("XADD with itself", [0x0f, 0xc1, 0xc0], [.rax: 2], [.rax: 4], of: all),
    .init(
      "CMPXCHG equal", [0x0f, 0xb1, 0xd9], [.rax: 5, .rcx: 5, .rbx: 7], [.rax: 5, .rcx: 7],
      sets: z, of: z),
    .init(
      "CMPXCHG unequal", [0x0f, 0xb1, 0xd9], [.rax: 5, .rcx: 1 << 40 | 6, .rbx: 7],
      [.rax: 6, .rcx: 1 << 40 | 6], of: z),
  ]

  static let shifts: [InstructionRow] = [
    .init("SHL by 1", [0xd0, 0xe0], [.rax: 0x81], [.rax: 2], sets: c | o, of: all & ~a),
    .init(
      "SHL by 0 keeps flags", [0xc0, 0xe0, 0], [.rax: 0x81], flags: all, [.rax: 0x81], sets: all,
      of: all),
    .init("SHL count modulo 32", [0xc1, 0xe0, 0x21], [.rax: 1], [.rax: 2], of: c),
    .init(
      "SHL r64 by 63", [0x48, 0xc1, 0xe0, 0x3f], [.rax: 1], [.rax: 1 << 63], sets: s | p,
      of: s | p | c),
    .init("SHR by 1", [0xd0, 0xe8], [.rax: 0x81], [.rax: 0x40], sets: c | o, of: all & ~a),
    .init("SAR by 1", [0xd0, 0xf8], [.rax: 0x81], [.rax: 0xc0], sets: c | s | p, of: all & ~a),
    .init(
      "SAR by 31", [0xc1, 0xf8, 31], [.rax: 0x8000_0000], [.rax: 0xffff_ffff], sets: s | p,
      of: c | s | p | z),
    .init(
      "ROL", [0xc0, 0xc0, 4], [.rax: 0x12], flags: z | s, [.rax: 0x21], sets: c | z | s,
      of: all & ~o),
    .init("ROR", [0xc0, 0xc8, 4], [.rax: 0x12], [.rax: 0x21], of: c),
    .init("RCL by 1", [0xd0, 0xd0], [.rax: 0x80], [.rax: 0], sets: c | o, of: c | o),
    .init("RCL r8 by 9", [0xc0, 0xd0, 9], [.rax: 0x5a], flags: c, [.rax: 0x5a], sets: c, of: c),
    .init("RCR by 1", [0xd0, 0xd8], [.rax: 1], flags: c, [.rax: 0x80], sets: c | o, of: c | o),
    .init(
      "SHLD", [0x0f, 0xa4, 0xd8, 4], [.rax: 0x1234_5678, .rbx: 0xabcd_ef01], [.rax: 0x2345_678a],
      sets: c, of: c | z | s),
    .init(
      "SHRD", [0x0f, 0xac, 0xd8, 4], [.rax: 0x1234_5678, .rbx: 0xabcd_ef01], [.rax: 0x1123_4567],
      sets: c, of: c | z | s),
    .init("BT", [0x0f, 0xba, 0xe0, 31], [.rax: 1 << 31], [.rax: 1 << 31], sets: c, of: c),
    .init("BTS", [0x0f, 0xba, 0xe8, 0], [.rax: 0], [.rax: 1], of: c),
    .init("BTR", [0x0f, 0xba, 0xf0, 0], [.rax: 3], [.rax: 2], sets: c, of: c),
    .init("BTC", [0x0f, 0xba, 0xf8, 33], [.rax: 3], [.rax: 1], sets: c, of: c),
    .init("BSF", [0x0f, 0xbc, 0xc3], [.rbx: 0x90], [.rax: 4], of: z),
    .init("BSF of 0", [0x0f, 0xbc, 0xc3], [.rax: 9, .rbx: 0], sets: z, of: z),
    .init("BSR", [0x0f, 0xbd, 0xc3], [.rbx: 0x90], [.rax: 7], of: z),
  ]

  static let movement: [InstructionRow] = [
    .init("BSWAP", [0x0f, 0xc8], [.rax: ~0 << 32 | 0x1234_5678], [.rax: 0x7856_3412]),
    .init(
      "BSWAP r64", [0x48, 0x0f, 0xc8], [.rax: 0x0102_0304_0506_0708],
      [.rax: 0x0807_0605_0403_0201]),
    .init("XCHG AL, AH", [0x86, 0xe0], [.rax: 0x1234], [.rax: 0x3412]),
    .init(
      "XCHG EAX, R8D", [0x41, 0x90], [.rax: ~0, .r8: 1 << 32 | 5], [.rax: 5, .r8: 0xffff_ffff]),
    .init("MOV AH, BL", [0x88, 0xdc], [.rax: 0, .rbx: 0x77], [.rax: 0x7700]),
    .init(
      "MOV SPL, BL with REX", [0x40, 0x88, 0xdc], [.rsp: 0, .rbx: 0x77, .rax: 0],
      [.rsp: 0x77, .rax: 0]),
    .init("MOVZX", [0x0f, 0xb6, 0xc3], [.rax: ~0, .rbx: 0x1ff], [.rax: 0xff]),
    .init("MOVSX r64", [0x48, 0x0f, 0xbe, 0xc3], [.rbx: 0x80], [.rax: 0xffff_ffff_ffff_ff80]),
    .init(
      "MOVSX r16", [0x66, 0x0f, 0xbe, 0xc3], [.rax: 0x1111_0000, .rbx: 0x80], [.rax: 0x1111_ff80]),
    .init("MOVSXD", [0x48, 0x63, 0xc3], [.rbx: 0x8000_0000], [.rax: 0xffff_ffff_8000_0000]),
    .init("CBW", [0x66, 0x98], [.rax: 0x1_0080], [.rax: 0x1_ff80]),
    .init("CWDE", [0x98], [.rax: 0x8000], [.rax: 0xffff_8000]),
    .init("CDQE", [0x48, 0x98], [.rax: 0x8000_0000], [.rax: 0xffff_ffff_8000_0000]),
    .init("CWD", [0x66, 0x99], [.rax: 0x8000, .rdx: 1 << 16], [.rdx: 0x1_ffff]),
    .init("CDQ", [0x99], [.rax: 1 << 31, .rdx: ~0], [.rdx: 0xffff_ffff]),
    .init("CQO", [0x48, 0x99], [.rax: 1, .rdx: ~0], [.rdx: 0]),
    .init(
      "LEA r16", [0x66, 0x8d, 0x04, 0x5b], [.rax: 0x1_0000, .rbx: 0x1_8000], [.rax: 0x1_8000]),
    .init("LEA RIP-relative", [0x48, 0x8d, 0x05, 1, 0, 0, 0], [:], [.rax: 0x8008]),
    .init("LAHF", [0x9f], [.rax: 0], flags: z | c, [.rax: 0x4300]),
    .init("SAHF", [0x9e], [.rax: 0xff00], flags: o, sets: all, of: all),
    .init("SETZ", [0x0f, 0x94, 0xc0], [.rax: 0], flags: z, [.rax: 1]),
    .init(
      "CMOVZ not taken clears the upper half", [0x0f, 0x44, 0xc3], [.rax: ~0], [.rax: 0xffff_ffff]),
    .init("CMOVL", [0x0f, 0x4c, 0xc3], [.rbx: 7], flags: s, [.rax: 7]),
    .init("JRCXZ with ECX", [0x67, 0xe3, 0], [.rcx: 1 << 32]),
    .init("STC", [0xf9], sets: c, of: all),
    .init("CMC", [0xf5], flags: c | o, sets: o, of: all),
  ]

  @Test(arguments: long + shifts + movement)
  func instruction64(_ row: InstructionRow) throws {
    let lab = try Lab()
    try lab.long(row.code)
    row.check(lab)
  }

  static let only32: [InstructionRow] = [
    // The examples on the manual's pages of DAA and DAS.
    .init("DAA", [0x27], [.rax: 0xae], flags: o | s, [.rax: 0x14], sets: c | a | p, of: all & ~o),
    .init(
      "DAS", [0x2f], [.rax: 0xee], flags: c | a | s, [.rax: 0x88], sets: c | a | p | s, of: all & ~o
    ),
    .init("AAA", [0x37], [.rax: 0x0b], [.rax: 0x101], sets: c | a, of: c | a),
    .init("AAS", [0x3f], [.rax: 0x2ff], [.rax: 0x109], sets: c | a, of: c | a),
    .init("AAM", [0xd4, 10], [.rax: 63], [.rax: 0x603]),
    .init("AAD", [0xd5, 10], [.rax: 0x603], [.rax: 63]),
    .init("SALC", [0xd6], [.rax: 0], flags: c, [.rax: 0xff]),
    .init(
      "INC r32", [0x40], [.rax: 0xffff_ffff], flags: c, [.rax: 0], sets: c | z | p | a, of: all),
  ]

  @Test(arguments: only32)
  func instruction32(_ row: InstructionRow) throws {
    let lab = try Lab()
    try lab.protected(row.code)
    row.check(lab)
  }
}
