import Testing
import X86

@Suite struct DecoderRandomTests {
  /// Any bytes decode to an instruction of 1 to 15 bytes or to an error, and always to the same.
  @Test(arguments: CodeSize.allCases)
  func takesAnyBytes(_ size: CodeSize) {
    var random = SplitMix64(state: 0x5eed + UInt64(size.rawValue))
    var wrong = 0
    for round in 0..<200_000 {
      var bytes = InstructionBytes()
      var word = random.next()
      for index in 0..<15 {
        if index == 8 { word = random.next() }
        bytes.append(UInt8(truncatingIfNeeded: word))
        word >>= 8
      }
      let first = decode(bytes, size)
      if first != decode(bytes, size) { wrong += 1 }
      // A full buffer never asks for more.
      if first == .failure(.truncated) { wrong += 1 }
      if case .success(let instruction) = first {
        if !(1...15).contains(instruction.length) { wrong += 1 }
        if round % 8 == 0 && !dependsOnlyOnItsBytes(instruction, bytes, size) { wrong += 1 }
      }
    }
    #expect(wrong == 0)
  }

  /// The bytes that an instruction has suffice to decode it; one byte less does not.
  private func dependsOnlyOnItsBytes(
    _ instruction: Instruction, _ bytes: InstructionBytes, _ size: CodeSize
  ) -> Bool {
    var exact = InstructionBytes()
    for index in 0..<Int(instruction.length) - 1 { exact.append(bytes[index]) }
    guard decode(exact, size) == .failure(.truncated) else { return false }
    exact.append(bytes[Int(instruction.length) - 1])
    return decode(exact, size) == .success(instruction)
  }

  private func decode(
    _ bytes: InstructionBytes, _ size: CodeSize
  ) -> Result<Instruction, DecodeError> {
    do {
      return .success(try Decoder.decode(bytes, size))
    } catch {
      return .failure(error)
    }
  }

  private struct SplitMix64 {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9e37_79b9_7f4a_7c15
      var mixed = state
      mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
      mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
      return mixed ^ (mixed >> 31)
    }
  }
}
