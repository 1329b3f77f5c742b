import Testing
import X86

@testable import Simulator

/// Every instruction of the hot path gives the same in the general path.
@Suite struct ExecuteHotPathTests {
  @Test func hotPathEqualsGeneralPath() throws {
    let lab = try Lab()
    try lab.long([0x90])
    try lab.poke(Lab.data, (0..<0x1400).map { UInt8(truncatingIfNeeded: $0 &* 7) })
    let image = try lab.machine.readPhysical(0, count: 1 << 20)
    var random = SplitMix(seed: 0x5eed)
    var seen: Set<UInt16> = []
    var pairs = 0
    while pairs < 4000 {
      let code = (0..<15).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      let bytes = Self.likely(code, &random)
      guard let instruction = try? Decoder.decode(InstructionBytes(bytes), .bits64) else {
        continue
      }
      let handler = DecodedOp(instruction).handler
      guard handler != .general else { continue }
      seen.insert(handler.rawValue)
      pairs += 1
      let state = Self.state(lab, &random)
      let hot = try Self.step(lab, image, bytes, state, general: false)
      let general = try Self.step(lab, image, bytes, state, general: true)
      // Compared first: a difference of whole outcomes is not to be printed.
      let isEqual = hot == general
      #expect(isEqual, "\(bytes) \(handler)")
      if !isEqual { return }
    }
    // 24 handlers are MOV and MOVZX forms alone; all but a few of the rarest must have come.
    #expect(seen.count > 120)
  }

  /// Opcodes of the hot path, with and without REX and 0F.
  private static func likely(_ code: [UInt8], _ random: inout SplitMix) -> [UInt8] {
    let one: [UInt8] = [
      0x01, 0x03, 0x09, 0x0b, 0x21, 0x23, 0x29, 0x2b, 0x31, 0x33, 0x38, 0x39, 0x3a, 0x3b, 0x3c,
      0x50, 0x58, 0x63, 0x68, 0x69, 0x6a, 0x6b, 0x70, 0x7c, 0x80, 0x81, 0x83, 0x84, 0x85, 0x88,
      0x89, 0x8a, 0x8b, 0x8d, 0x90, 0xa8, 0xa9, 0xb8, 0xc1, 0xc3, 0xc6, 0xc7, 0xd1, 0xe8, 0xe9,
      0xeb, 0xf6, 0xf7, 0xff,
    ]
    let two: [UInt8] = [0x80, 0x8f, 0xaf, 0xb6, 0xb7, 0xbe, 0xbf]
    var bytes: [UInt8] = []
    let pick = random.next()
    if pick & 1 != 0 { bytes.append(0x40 | UInt8(truncatingIfNeeded: pick >> 8) & 15) }
    if pick & 0x70 == 0 { bytes.insert(0x66, at: 0) }
    if pick & 6 == 0 {
      let opcode = two[Int(random.next() % UInt64(two.count))]
      bytes += [
        0x0f, opcode | (opcode & 0xf0 == 0x80 ? UInt8(truncatingIfNeeded: pick >> 16) & 15 : 0),
      ]
    } else {
      let opcode = one[Int(random.next() % UInt64(one.count))]
      bytes.append(
        [0x50, 0x58, 0x70, 0xb8].contains(opcode) ? opcode | UInt8(pick >> 16 & 7) : opcode)
    }
    return Array((bytes + code).prefix(15))
  }

  private static func state(_ lab: Lab, _ random: inout SplitMix) -> Registers {
    var value = lab.registers
    for register in GeneralRegister.allCases {
      let pick = random.next()
      value[register] =
        pick & 3 == 0
        ? random.next() : pick & 3 == 1 ? random.next() & 0xff : Lab.data + (pick >> 8) & 0xfff
    }
    value[.rsp] = Lab.data + 0x800
    value.rip = Lab.code
    value.rflags = RFLAGS(rawValue: random.next() & 0x8d5 | 2)
    return value
  }

  private struct Outcome: Equatable {
    var registers: Registers
    var memory: [UInt8]
  }

  private static func step(
    _ lab: Lab, _ image: [UInt8], _ code: [UInt8], _ state: Registers, general: Bool
  ) throws -> Outcome {
    try lab.machine.memory.write(0, image)
    lab.processor.blocks.flushEverything()
    try lab.poke(Lab.code, code)
    lab.registers = state
    if general {
      let block = try unsafe lab.processor.currentBlock()
      // SAFETY: the block has at least one op.
      unsafe lab.processor.blocks.ops[Int(block.pointee.firstOp)].handler = .general
    }
    lab.run()
    let registers = lab.registers
    return Outcome(
      registers: registers, memory: try lab.machine.readPhysical(Lab.data - 0x1000, count: 0x4000))
  }
}

/// SplitMix64: a generator with a seed, for tests that must repeat.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64
  init(seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
