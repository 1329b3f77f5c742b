import Testing
import X86

@testable import Simulator

private let c: UInt64 = 1
private let z: UInt64 = 0x40
private let s: UInt64 = 0x80
private let o: UInt64 = 0x800
private let all: UInt64 = 0x8d5

/// POPCNT, LZCNT, TZCNT, BMI1, BMI2, ADX, CRC32, MOVBE and RDPID. Values of PDEP, PEXT, MULX and
/// CRC32 are those of a physical processor.
@Suite struct ExecuteBitTests {
  static let counts: [InstructionRow] = [
    .init("POPCNT", [0xf3, 0x0f, 0xb8, 0xc3], [.rbx: 0xf0f], flags: all, [.rax: 8], of: all),
    .init("POPCNT of 0", [0xf3, 0x0f, 0xb8, 0xc3], [.rbx: 0], [.rax: 0], sets: z, of: all),
    .init("LZCNT", [0xf3, 0x0f, 0xbd, 0xc3], [.rbx: 1], flags: c, [.rax: 31], of: c | z),
    .init("LZCNT of 0", [0xf3, 0x0f, 0xbd, 0xc3], [.rbx: 0], [.rax: 32], sets: c, of: c | z),
    .init(
      "LZCNT r16", [0x66, 0xf3, 0x0f, 0xbd, 0xc3], [.rax: 1 << 16, .rbx: 0x8000], [.rax: 1 << 16],
      sets: z, of: c | z),
    .init("TZCNT", [0xf3, 0x48, 0x0f, 0xbc, 0xc3], [.rbx: 1 << 40], [.rax: 40], of: c | z),
    .init(
      "TZCNT of 0", [0xf3, 0x48, 0x0f, 0xbc, 0xc3], [.rbx: 0], [.rax: 64], sets: c, of: c | z),
    .init("TZCNT of 1", [0xf3, 0x0f, 0xbc, 0xc3], [.rbx: 1], [.rax: 0], sets: z, of: c | z),
    .init("BSF with F2", [0xf2, 0x0f, 0xbc, 0xc3], [.rbx: 8], [.rax: 3], of: z),
    .init("MOVBE load", [0x0f, 0x38, 0xf0, 0x01], [.rcx: 0x8000], [.rax: 0x0f38_f001]),
    .init(
      "CRC32 r32, r8", [0xf2, 0x0f, 0x38, 0xf0, 0xc3], [.rax: 0, .rbx: 0xef],
      [.rax: 0xbd23_943e]),
    .init(
      "CRC32 r32, r16", [0x66, 0xf2, 0x0f, 0x38, 0xf1, 0xc3],
      [.rax: 0xffff_ffff, .rbx: 0x0123_4567_89ab_cdef], [.rax: 0xee1d_3738]),
    .init(
      "CRC32 r32, r32", [0xf2, 0x0f, 0x38, 0xf1, 0xc3],
      [.rax: 0xdead_beef_ffff_ffff, .rbx: 0x0123_4567_89ab_cdef], [.rax: 0xee8c_8012]),
    .init(
      "CRC32 r64, r64", [0xf2, 0x48, 0x0f, 0x38, 0xf1, 0xc3],
      [.rax: 0xffff_ffff, .rbx: 0x0123_4567_89ab_cdef], flags: all, [.rax: 0x9a4f_27dc], sets: all,
      of: all),
    .init("RDPID", [0xf3, 0x0f, 0xc7, 0xf8], [.rax: ~0], [.rax: 0]),
  ]

  private static let word: UInt64 = 0x0123_4567_89ab_cdef
  private static let mask: UInt64 = 0x9249_2492_4924_9249

  static let fields: [InstructionRow] = [
    .init(
      "ANDN", [0xc4, 0xe2, 0x70, 0xf2, 0xc2], [.rcx: 0xf0, .rdx: ~0], flags: c | o,
      [.rax: 0xffff_ff0f], sets: s, of: c | z | s | o),
    .init(
      "BLSR", [0xc4, 0xe2, 0xf8, 0xf3, 0xca], [.rdx: 5], flags: all, [.rax: 4], of: c | z | s | o),
    .init(
      "BLSR of 0", [0xc4, 0xe2, 0xf8, 0xf3, 0xca], [.rdx: 0], [.rax: 0], sets: c | z,
      of: c | z | s | o),
    .init(
      "BLSMSK", [0xc4, 0xe2, 0xf8, 0xf3, 0xd2], [.rdx: 8], flags: all, [.rax: 15],
      of: c | z | s | o),
    .init(
      "BLSMSK of 0", [0xc4, 0xe2, 0x78, 0xf3, 0xd2], [.rdx: 0], [.rax: 0xffff_ffff],
      sets: c | s, of: c | z | s | o),
    .init(
      "BLSI", [0xc4, 0xe2, 0xf8, 0xf3, 0xda], [.rdx: 3 << 62], [.rax: 1 << 62], sets: c,
      of: c | z | s | o),
    .init(
      "BLSI of 0", [0xc4, 0xe2, 0xf8, 0xf3, 0xda], [.rdx: 0], [.rax: 0], sets: z,
      of: c | z | s | o),
    .init(
      "BEXTR", [0xc4, 0xe2, 0x70, 0xf7, 0xc2], [.rcx: 0x0804, .rdx: 0x1234], flags: c | o,
      [.rax: 0x23], of: c | z | o),
    .init(
      "BEXTR beyond", [0xc4, 0xe2, 0x70, 0xf7, 0xc2], [.rcx: 0x0840, .rdx: ~0], [.rax: 0],
      sets: z, of: c | z | o),
    .init(
      "BZHI", [0xc4, 0xe2, 0x70, 0xf5, 0xc2], [.rcx: 0x103, .rdx: ~0], flags: o, [.rax: 7],
      of: c | z | s | o),
    .init(
      "BZHI of 32", [0xc4, 0xe2, 0x70, 0xf5, 0xc2], [.rcx: 32, .rdx: 1 << 31],
      [.rax: 1 << 31], sets: c | s, of: c | z | s | o),
    .init(
      "PDEP", [0xc4, 0xe2, 0xf3, 0xf5, 0xc2], [.rcx: word, .rdx: mask],
      [.rax: 0x8209_2402_4124_8249]),
    .init("PEXT", [0xc4, 0xe2, 0xf2, 0xf5, 0xc2], [.rcx: word, .rdx: mask], [.rax: 0x1_4ba7]),
    .init(
      "MULX", [0xc4, 0xe2, 0xf3, 0xf6, 0xc3], [.rdx: mask, .rbx: word], flags: all,
      [.rax: 0x00a6_70cd_733d_9a3f, .rcx: 0x6d8d_3f3a_5a0c_0727], sets: all, of: all),
    .init(
      "MULX with one destination", [0xc4, 0xe2, 0xfb, 0xf6, 0xc3], [.rdx: mask, .rbx: word],
      [.rax: 0x00a6_70cd_733d_9a3f]),
    .init(
      "MULX r32", [0xc4, 0xe2, 0x73, 0xf6, 0xc3], [.rdx: ~0, .rbx: ~0],
      [.rax: 0xffff_fffe, .rcx: 1]),
    .init(
      "RORX", [0xc4, 0xe3, 0x7b, 0xf0, 0xc1, 0x24], [.rcx: 0x1234_5678], flags: all,
      [.rax: 0x8123_4567], sets: all, of: all),
    .init("RORX by 0", [0xc4, 0xe3, 0xfb, 0xf0, 0xc1, 0x40], [.rcx: word], [.rax: word]),
    .init(
      "SARX", [0xc4, 0xe2, 0x72, 0xf7, 0xc2], [.rcx: 0x24, .rdx: 0x8000_0000],
      [.rax: 0xf800_0000]),
    .init("SHLX", [0xc4, 0xe2, 0xf1, 0xf7, 0xc2], [.rcx: 0x41, .rdx: 1 << 63 | 1], [.rax: 2]),
    .init("SHRX", [0xc4, 0xe2, 0x73, 0xf7, 0xc2], [.rcx: 31, .rdx: ~0], [.rax: 1]),
    .init(
      "ADCX", [0x66, 0x0f, 0x38, 0xf6, 0xc3], [.rax: 0xffff_ffff, .rbx: 0], flags: all,
      [.rax: 0], sets: all, of: all),
    .init(
      "ADCX without carry", [0x66, 0x0f, 0x38, 0xf6, 0xc3], [.rax: 1, .rbx: 1],
      flags: all & ~c, [.rax: 2], sets: all & ~c, of: all),
    .init(
      "ADOX", [0xf3, 0x48, 0x0f, 0x38, 0xf6, 0xc3], [.rax: ~0, .rbx: 1], flags: 0, [.rax: 0],
      sets: o, of: all),
    .init(
      "ADOX clears", [0xf3, 0x0f, 0x38, 0xf6, 0xc3], [.rax: 1, .rbx: 1], flags: o | c,
      [.rax: 3], sets: c, of: all),
  ]

  @Test(arguments: counts + fields)
  func computes(_ row: InstructionRow) throws {
    let lab = try Lab()
    try lab.long(row.code)
    row.check(lab)
  }

  /// VEX instructions do not exist in real mode.
  @Test func vexNeedsProtectedMode() throws {
    let lab = try Lab()
    try lab.real([0xc4, 0xe2, 0x70, 0xf2, 0xc2])
    lab.run(2)
    #expect(lab.vector() == 6)
    try lab.real([0xf3, 0x0f, 0xb8, 0xc3])
    lab.run()
    #expect(lab.registers.rip == Lab.code + 4)
  }

  @Test func cmpxchg16bWantsAlignment() throws {
    let lab = try Lab()
    for (address, vector) in [(Lab.data + 8, 13), (Lab.data, nil)] as [(UInt64, UInt64?)] {
      try lab.long([0x48, 0x0f, 0xc7, 0x0e])
      try lab.poke(Lab.data, UInt64(5))
      try lab.poke(Lab.data + 8, UInt64(6))
      var value = lab.registers
      (value[.rsi], value[.rax], value[.rdx]) = (address, 5, 6)
      (value[.rbx], value[.rcx]) = (7, 8)
      lab.registers = value
      lab.run(vector == nil ? 1 : 2)
      #expect(lab.vector() == vector)
    }
    #expect(try lab.peek(Lab.data, as: UInt64.self) == 7)
    #expect(try lab.peek(Lab.data + 8, as: UInt64.self) == 8)
    #expect(lab.registers.rflags.contains(.zf))
  }
}
