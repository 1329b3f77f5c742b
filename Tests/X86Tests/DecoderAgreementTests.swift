import Foundation
import Testing

@testable import X86

/// The decoder and the disassembler against llvm-objdump, over forms of every opcode.
@Suite struct DecoderAgreementTests {
  /// A form laid out in the code that both disassemble.
  private struct Form {
    var bytes: [UInt8]
    var address: Int
    var instruction: Instruction?
  }

  @Test(.enabled(if: DecoderLLVM.directory != nil), arguments: CodeSize.allCases)
  func agreesWithLLVM(_ size: CodeSize) throws {
    let (forms, code) = layOut(size)
    let theirs = try DecoderLLVM.disassemble(code, size)
    var compared = 0
    var differences: [String] = []
    for form in forms {
      let text = theirs[form.address] ?? "nothing"
      if let difference = difference(form, text, theirs, size) {
        differences.append(difference)
      } else {
        compared += 1
      }
    }
    #expect(differences.isEmpty, "\(differences.prefix(20).joined(separator: "\n"))")
    print("\(size): \(compared) forms agree with llvm-objdump")
    #expect(compared > 130_000)
  }

  /// Instructions follow each other without a gap, so that a wrong length shows; what LLVM may not
  /// know is followed by NOPs, after which any disassembler is in step again.
  private func layOut(_ size: CodeSize) -> ([Form], [UInt8]) {
    var forms: [Form] = []
    var code: [UInt8] = []
    for bytes in DecoderForms(size).forms {
      let encoding = InstructionBytes(bytes)
      let instruction = try? Decoder.decode(encoding, size)
      if DecoderExceptions.skips(bytes, instruction, size) { continue }
      forms.append(Form(bytes: bytes, address: code.count, instruction: instruction))
      if let instruction, !isVector(instruction), instruction.mnemonic != .x87 {
        code += bytes.prefix(Int(instruction.length))
      } else {
        code += bytes.prefix(Int(instruction?.length ?? 15))
        code += [UInt8](repeating: 0x90, count: 16)
      }
    }
    code.append(0x90)
    return (forms, code)
  }

  private func difference(
    _ form: Form, _ text: String, _ theirs: [Int: String], _ size: CodeSize
  ) -> String? {
    let place = form.bytes.map { String($0, radix: 16) }.joined(separator: " ")
    guard let instruction = form.instruction else {
      let isKnown = DecoderExceptions.isNotSimulated(text) || text == "<unknown>"
      return isKnown ? nil : "\(size): \(place): (bad), llvm has \(text)"
    }
    let end = form.address + Int(instruction.length)
    // LLVM prints LOCK as an instruction of its own.
    let isLock = text == "lock"
    let start = isLock ? form.address + 1 : form.address
    let text = isLock ? "lock " + (theirs[start] ?? "nothing") : text
    let hasLength = theirs[end] != nil && !(start + 1..<end).contains { theirs[$0] != nil }
    if isVector(instruction) {
      // Decoded for their length; which of them exist is not compared.
      if text == "<unknown>" || hasLength { return nil }
      return "\(size): \(place): length \(instruction.length), llvm has \(text)"
    }
    let bytes = InstructionBytes(form.bytes)
    let ours = Disassembler.text(instruction, at: UInt64(form.address), bytes: bytes)
    let isSame =
      DecoderExceptions.wraps(instruction) ? wrapped(ours) == wrapped(text) : ours == text
    return isSame && hasLength ? nil : "\(size): \(place): \(ours), llvm has \(text)"
  }

  private func isVector(_ instruction: Instruction) -> Bool {
    switch instruction.mnemonic {
    case .mmx, .sse, .avx: true
    default: false
    }
  }

  /// LLVM does not truncate a branch target to 16 bits, as the manual does for IP.
  private func wrapped(_ text: String) -> String {
    guard let range = text.range(of: "0x"),
      let target = UInt64(text[range.upperBound...], radix: 16)
    else { return text }
    return text[..<range.lowerBound] + String(target & 0xffff, radix: 16)
  }
}
