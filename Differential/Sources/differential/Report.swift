import X86

/// What is printed about one case.
enum Report {
  static func text(
    _ test: TestCase, _ title: String, expected: Outcome, actual: Outcome, differences: [String]
  ) -> String {
    var lines = [title, "  \(test.mode.rawValue)-bit code"]
    lines += disassembly(test).map { "  " + $0 }
    var state: [String] = []
    for number in 0..<test.mode.registerCount {
      let name = GeneralRegister(rawValue: UInt8(number))?.name ?? "?"
      state.append("\(name) \(hex(test.registers[number]))")
    }
    for row in stride(from: 0, to: state.count, by: 4) {
      lines.append("  " + state[row..<row + 4].joined(separator: ", "))
    }
    lines.append("  rflags " + names(test.rflags))
    lines.append("  after, expected:  " + end(expected))
    lines.append("  after, simulator: " + end(actual))
    return (lines + differences.map { "  ! " + $0 }).joined(separator: "\n")
  }

  private static func names(_ flags: UInt64) -> String {
    hex(flags) + " " + RFLAGS(rawValue: flags).setNames.joined(separator: " ")
  }

  private static func end(_ outcome: Outcome) -> String {
    if outcome.vector == Outcome.timeout { return "it did not end" }
    if outcome.vector == Outcome.crash { return "the process was lost" }
    var text = "vector \(outcome.vector)"
    if outcome.hasErrorCode { text += " (\(hex(outcome.errorCode)))" }
    if outcome.vector == 14 { text += " cr2 \(hex(outcome.address))" }
    return text + " at rip \(hex(outcome.rip)), rflags " + names(outcome.rflags)
  }

  static func disassembly(_ test: TestCase) -> [String] {
    var lines: [String] = []
    var offset = 0
    while offset < test.code.count {
      let rest = InstructionBytes(test.code[offset...])
      let address = test.rip &+ UInt64(offset)
      guard let decoded = try? Decoder.decode(rest, test.mode.codeSize) else {
        lines.append("\(hex(address)): \(bytes(test.code[offset...])) (undefined)")
        break
      }
      let length = Int(decoded.length)
      let text = Disassembler.text(decoded, at: address, bytes: rest)
      lines.append("\(hex(address)): \(bytes(test.code[offset..<offset + length]))  \(text)")
      offset += length
    }
    return lines
  }

  private static func bytes(_ slice: ArraySlice<UInt8>) -> String {
    slice.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
  }
}
