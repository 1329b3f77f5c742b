import Testing
import X86

/// Encodings checked by hand against the manual.
@Suite struct DecoderTests {
  private func decode(_ text: String, _ size: CodeSize) throws -> Instruction {
    let bytes = text.split(separator: " ").compactMap { UInt8($0, radix: 16) }
    return try Decoder.decode(InstructionBytes(bytes), size)
  }

  struct Case: CustomTestStringConvertible, Sendable {
    let size: CodeSize
    let bytes: String
    let text: String
    var testDescription: String { "\(size) \(bytes)" }

    init(_ size: CodeSize, _ bytes: String, _ text: String) {
      (self.size, self.bytes, self.text) = (size, bytes, text)
    }
  }

  static let cases: [Case] = [
    Case(.bits16, "b8 34 12", "mov ax, 0x1234"),
    Case(.bits16, "66 b8 78 56 34 12", "mov eax, 0x12345678"),
    Case(.bits16, "8b 46 fe", "mov ax, word ptr [bp - 0x2]"),
    Case(.bits16, "8b 1e 34 12", "mov bx, word ptr [0x1234]"),
    Case(.bits16, "67 8b 44 8b 08", "mov ax, word ptr [ebx + 4*ecx + 0x8]"),
    Case(.bits16, "26 8a 07", "mov al, byte ptr es:[bx]"),
    Case(.bits16, "eb fe", "jmp 0x1000"),
    Case(.bits16, "ea 00 7c 34 12", "ljmp 0x1234, 0x7c00"),
    Case(.bits16, "62 07", "bound ax, word ptr [bx]"),
    Case(.bits16, "c5 37", "lds si, [bx]"),
    Case(.bits16, "d6", "salc"),
    Case(.bits32, "40", "inc eax"),
    Case(.bits32, "8d 84 83 00 01 00 00", "lea eax, [ebx + 4*eax + 0x100]"),
    Case(.bits32, "63 c8", "arpl ax, cx"),
    Case(.bits32, "0f 20 c0", "mov eax, cr0"),
    Case(.bits32, "f3 a5", "rep movsd dword ptr es:[edi], dword ptr [esi]"),
    Case(.bits32, "f0 0f c7 0f", "lock cmpxchg8b qword ptr [edi]"),
    Case(.bits32, "c4 e2 70 f2 c2", "andn eax, ecx, edx"),
    Case(.bits64, "48 89 e5", "mov rbp, rsp"),
    Case(.bits64, "40 88 f8", "mov al, dil"),
    Case(.bits64, "88 f8", "mov al, bh"),
    Case(.bits64, "48 b8 88 77 66 55 44 33 22 11", "movabs rax, 0x1122334455667788"),
    Case(.bits64, "48 8b 05 f8 ff ff ff", "mov rax, qword ptr [rip - 0x8]"),
    Case(.bits64, "64 48 8b 04 25 28 00 00 00", "mov rax, qword ptr fs:[0x28]"),
    Case(.bits64, "43 8b 04 ec", "mov eax, dword ptr [r12 + 8*r13]"),
    Case(.bits64, "48 63 c8", "movsxd rcx, eax"),
    Case(.bits64, "41 90", "xchg eax, r8d"),
    Case(.bits64, "f3 90", "pause"),
    Case(.bits64, "90", "nop"),
    Case(.bits64, "49 0f c7 09", "cmpxchg16b xmmword ptr [r9]"),
    Case(.bits64, "f3 48 0f b8 c1", "popcnt rax, rcx"),
    Case(.bits64, "0f 01 c1", "vmcall"),
    Case(.bits64, "0f 01 c2", "vmlaunch"),
    Case(.bits64, "f3 0f c7 30", "vmxon qword ptr [rax]"),
    Case(.bits64, "66 0f c7 30", "vmclear qword ptr [rax]"),
    Case(.bits64, "0f 78 c8", "vmread rax, rcx"),
    Case(.bits64, "0f 79 c8", "vmwrite rcx, rax"),
    Case(.bits64, "66 0f 38 80 08", "invept rcx, xmmword ptr [rax]"),
    Case(.bits64, "44 0f 22 c0", "mov cr8, rax"),
    Case(.bits64, "0f 94 c0", "sete al"),
    Case(.bits64, "c4 e2 f3 f6 c2", "mulx rax, rcx, rdx"),
    Case(.bits64, "c4 e3 fb f0 c1 07", "rorx rax, rcx, 0x7"),
    Case(.bits64, "48 cf", "iretq"),
    Case(.bits32, "db e3", "fninit"),
    Case(.bits32, "d9 7d fe", "fnstcw word ptr [ebp - 0x2]"),
    Case(.bits32, "df e0", "fnstsw ax"),
    Case(.bits32, "dc c1", "fadd st(1), st"),
    Case(.bits32, "db 28", "fld tbyte ptr [eax]"),
    Case(.bits64, "66 e8 00 00 00 00", "call 0x1006"),
    Case(.bits64, "f2 66 0f 38 f1 c1", "crc32 eax, cx"),
  ]

  @Test(arguments: cases)
  func decodes(_ form: Case) throws {
    let instruction = try decode(form.bytes, form.size)
    #expect(Int(instruction.length) == form.bytes.split(separator: " ").count)
    #expect(Disassembler.text(instruction, at: 0x1000) == form.text)
  }

  @Test(arguments: [
    // Invalid in 64-bit code.
    (CodeSize.bits64, "06"), (.bits64, "27"), (.bits64, "60"), (.bits64, "82 c0 01"),
    (.bits64, "9a 00 00 00 00 00 00"), (.bits64, "ce"), (.bits64, "d4 0a"), (.bits64, "d6"),
    // Valid only there.
    (.bits32, "0f 05"), (.bits32, "0f 01 f8"), (.bits32, "f3 0f ae c0"),
    // A register where memory is needed.
    (.bits32, "8d c0"), (.bits32, "ff d8"), (.bits32, "ff e8"),
    (.bits32, "0f c7 c8"), (.bits32, "0f b2 c0"), (.bits32, "0f 01 f8"),
    // Empty rows.
    (.bits32, "8f c8"), (.bits32, "c6 c8 00"), (.bits32, "fe d0"), (.bits32, "ff f8"),
    (.bits32, "0f ba c0 00"), (.bits32, "0f 00 f0"), (.bits32, "0f 04"), (.bits32, "0f b8 c0"),
    // Registers that do not exist.
    (.bits32, "8e c8"), (.bits32, "8c f0"), (.bits32, "8e f8"), (.bits32, "0f 20 c8"),
    (.bits32, "f0 0f 20 c0"), (.bits64, "44 0f 23 c0"),
    // LOCK: not this instruction, not this destination.
    (.bits32, "f0 90"), (.bits32, "f0 8b 00"), (.bits32, "f0 01 c0"), (.bits32, "f0 03 00"),
    (.bits32, "f0 38 00"), (.bits32, "f0 0f ba 20 01"), (.bits32, "f0 a4"),
    // VEX after a prefix that it does not take, with L, and with an unused vvvv.
    (.bits64, "66 c4 e2 70 f2 c2"), (.bits64, "40 c4 e2 70 f2 c2"), (.bits64, "c4 e2 74 f2 c2"),
    (.bits64, "c4 e3 73 f0 c1 07"),
  ])
  func refuses(_ size: CodeSize, _ bytes: String) {
    #expect(throws: DecodeError.undefined) { try decode(bytes, size) }
  }

  @Test(arguments: [
    "f0 01 00", "f0 ff 00", "f0 0f ba 28 01", "f0 87 00", "f0 0f c1 00", "f0 f7 10",
  ])
  func locks(_ bytes: String) throws {
    #expect(try decode(bytes, .bits32).prefixes.contains(.lock))
  }

  @Test func limitsTheLength() throws {
    let prefixes = { (count: Int) in Array(repeating: "3e", count: count).joined(separator: " ") }
    #expect(try decode(prefixes(14) + " 90", .bits32).length == 15)
    #expect(throws: DecodeError.tooLong) { try decode(prefixes(15), .bits32) }
    #expect(throws: DecodeError.tooLong) { try decode(prefixes(14) + " b0 00", .bits32) }
    #expect(throws: DecodeError.truncated) { try decode(prefixes(14), .bits32) }
  }

  @Test(arguments: [
    "", "66", "0f", "0f 38", "8b", "8b 84", "8b 84 24 00 00 00", "b8 00 00 00", "c8 00",
  ])
  func asksForMore(_ bytes: String) {
    #expect(throws: DecodeError.truncated) { try decode(bytes, .bits32) }
  }

  @Test func extendsImmediates() throws {
    #expect(try decode("83 c0 ff", .bits32).immediate == .max)
    #expect(try decode("48 81 c0 00 00 00 80", .bits64).immediate == 0xffff_ffff_8000_0000)
    #expect(try decode("6a 80", .bits64).immediate == 0xffff_ffff_ffff_ff80)
    #expect(try decode("cd 80", .bits32).immediate == 0x80)
    #expect(try decode("e4 f4", .bits32).immediate == 0xf4)
    #expect(try decode("c2 00 80", .bits32).immediate == 0x8000)
    #expect(try decode("c1 e0 ff", .bits32).immediate == 0xff)
    let enter = try decode("c8 34 92 85", .bits32)
    #expect(enter.immediate == 0x9234)
    #expect(enter.immediate2 == 0x85)
    let far = try decode("ea 78 56 34 92 0f f0", .bits32)
    #expect(far.immediate == 0x9234_5678)
    #expect(far.immediate2 == 0xf00f)
  }

  @Test func choosesSegments() throws {
    #expect(try decode("8b 45 00", .bits32).segment == .ss)
    #expect(try decode("8b 04 24", .bits32).segment == .ss)
    #expect(try decode("8b 05 00 00 00 00", .bits32).segment == .ds)
    #expect(try decode("8b 04 6d 00 00 00 00", .bits32).segment == .ds)
    #expect(try decode("8b 03", .bits16).segment == .ss)
    #expect(try decode("3e 8b 45 00", .bits32).segment == .ds)
    #expect(try decode("2e d7", .bits32).segment == .cs)
    #expect(try decode("64 2e 8b 00", .bits64).segment == .fs)
    #expect(try decode("2e 8b 00", .bits64).prefixes.isEmpty)
    // A base of r13 is no stack register.
    #expect(try decode("41 8b 45 00", .bits64).segment == .ds)
  }

  @Test func sizesOperands() throws {
    #expect(try decode("50", .bits64).operandSize == 8)
    #expect(try decode("66 50", .bits64).operandSize == 2)
    #expect(try decode("ff 15 00 00 00 00", .bits64).operand0.size == 8)
    #expect(try decode("0f 01 10", .bits64).operand0.size == 10)
    #expect(try decode("0f 01 10", .bits32).operand0.size == 6)
    #expect(try decode("48 ff 28", .bits64).operand0.size == 10)
    #expect(try decode("0f 00 c0", .bits32).operand0.size == 4)
    #expect(try decode("0f 00 00", .bits32).operand0.size == 2)
    #expect(try decode("66 0f b6 c0", .bits32).operand1.size == 1)
    #expect(try decode("67 e3 00", .bits64).addressSize == 4)
    #expect(try decode("98", .bits16).mnemonic == .cbw)
    #expect(try decode("48 99", .bits64).mnemonic == .cqo)
  }

  @Test func ignoresAREXPrefixThatIsNotLast() throws {
    let instruction = try decode("48 66 89 c0", .bits64)
    #expect(instruction.operandSize == 2)
    #expect(!instruction.prefixes.contains(.rex))
  }

  @Test func ordersStringOperands() throws {
    let movs = try decode("a4", .bits32)
    #expect(movs.operand0.kind == .stringDestination)
    #expect(movs.operand1.kind == .stringSource)
    let cmps = try decode("64 a7", .bits32)
    #expect(cmps.operand0 == Operand(kind: .stringSource, size: 4))
    #expect(cmps.operand1.kind == .stringDestination)
    #expect(cmps.segment == .fs)
    let outs = try decode("6e", .bits32)
    #expect(outs.operand0 == Operand(kind: .register, size: 2, number: 2))
  }

  @Test func listsBytes() {
    let rows = Disassembler.decodeAndPrint(
      [0xf4, 0x0f, 0x04, 0xeb, 0xfb, 0xb8], at: 0x7c00, .bits16)
    #expect(rows.map(\.text) == ["hlt", "(bad)", "add al, -0x15", "sti", "(bad)"])
    #expect(rows.map(\.address) == [0x7c00, 0x7c01, 0x7c02, 0x7c04, 0x7c05])
    #expect(rows.map(\.bytes.count) == [1, 1, 2, 1, 1])
  }

  @Test func namesInstructionsAsTheManualDoes() {
    #expect(Mnemonic.cmovcc.manualName == "CMOVcc")
    #expect(Mnemonic.jmpFar.manualName == "JMP far")
    #expect(Mnemonic.in.manualName == "IN")
    #expect(Mnemonic.fxsave.manualName == "FXSAVE")
  }
}
