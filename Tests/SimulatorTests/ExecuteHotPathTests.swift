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
    while pairs < 6000 {
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
    // All but a few of the rarest must have come.
    #expect(seen.count > 170, "\(seen.count) handlers")
  }

  /// A comparison and a conditional branch in one go do what they do one after the other, and a limit
  /// between them holds.
  @Test func pairsEqualTheirParts() throws {
    let lab = try Lab()
    try lab.long([0x90])
    let image = try lab.machine.readPhysical(0, count: 1 << 20)
    var random = SplitMix(seed: 0xfa12)
    // CMP, TEST and DEC in the forms that have pairs: ECX with EBX or an immediate, a byte in memory.
    let firsts: [[UInt8]] = [
      [0x39, 0xd9], [0x48, 0x39, 0xd9], [0x83, 0xf9, 0x05], [0x48, 0x83, 0xf9, 0x80],
      [0x80, 0xf9, 0x7f], [0x80, 0x3e, 0x31], [0x85, 0xd9], [0x48, 0x85, 0xd9], [0x84, 0xd9],
      [0xff, 0xc9], [0x48, 0xff, 0xc9],
    ]
    for first in firsts {
      for condition in UInt8(0)..<16 {
        for _ in 0..<6 {
          let code = first + [0x70 | condition, 0x10]
          var state = Self.state(lab, &random)
          state[.rsi] = Lab.data
          if random.next() & 3 == 0 { state[.rcx] = state[.rbx] }
          if random.next() & 7 == 0 { state[.rcx] = 1 }
          let together = try Self.step(lab, image, code, state, general: false, count: 2)
          let apart = try Self.step(lab, image, code, state, general: true, count: 2)
          let isEqual = together == apart
          #expect(isEqual, "\(code)")
          let one = try Self.step(lab, image, code, state, general: false, count: 1)
          #expect(one.registers.rip == Lab.code + UInt64(first.count))
        }
      }
    }
  }

  /// A loop of several blocks, in one run and instruction by instruction.
  @Test func chainedBlocksEqualSingleSteps() throws {
    // mov ecx, 300; again: test cl, 3; jz skip; add eax, ecx; skip: call next; dec ecx; jnz again; hlt
    // next: lea rbx, [rip + 5]; ret
    let code: [UInt8] = [
      0xb9, 0x2c, 0x01, 0x00, 0x00, 0xf6, 0xc1, 0x03, 0x74, 0x02, 0x01, 0xc8, 0xe8, 0x05, 0x00,
      0x00, 0x00, 0xff, 0xc9, 0x75, 0xf0, 0xf4, 0x48, 0x8d, 0x1d, 0x05, 0x00, 0x00, 0x00, 0xc3,
    ]
    let whole = try Lab()
    try whole.long(code)
    whole.processor.retired = 0
    #expect(whole.run(1_000_000) == .halted)
    let stepped = try Lab()
    try stepped.long(code)
    stepped.processor.retired = 0
    var steps = 0
    while stepped.run(1) == .limit, steps < 1_000_000 { steps += 1 }
    #expect(whole.registers == stepped.registers)
    #expect(whole.processor.retired == stepped.processor.retired)
    // The sum of 1...300 without the multiples of 4.
    #expect(whole.registers[.rax] & 0xffff_ffff == 45150 - 11400)
    #expect(whole.registers[.rbx] == Lab.code + 34)
  }

  /// REP MOVS and STOS leave what one repetition after the other leaves, page edges and overlap
  /// included.
  @Test(arguments: [0xa4, 0xa5, 0xaa, 0xab] as [UInt8])
  func repeatedStringsEqualSingleOnes(_ opcode: UInt8) throws {
    var random = SplitMix(seed: UInt64(opcode))
    let bytes = (0..<0x3000).map { UInt8(truncatingIfNeeded: $0 &* 13 ^ $0 >> 8) }
    for round in 0..<40 {
      let count = random.next() % 900
      let source = Lab.data + random.next() % 0x1400
      let target = round & 1 == 0 ? Lab.data + random.next() % 0x1400 : source &+ random.next() % 9
      let isBackward = round % 5 == 4
      let outcomes = try [true, false].map { isWhole in
        let lab = try Lab()
        try lab.long(isWhole ? [0xf3, opcode, 0xf4] : [opcode, 0xff, 0xc9, 0x75, 0xfb, 0xf4])
        try lab.poke(Lab.data, bytes)
        var state = lab.registers
        (state[.rcx], state[.rsi], state[.rdi]) = (count + 1, source, target)
        state[.rax] = 0x8877_6655_4433_2211
        if isBackward { state.rflags.insert(.df) }
        lab.registers = state
        #expect(lab.run(10_000) == .halted)
        let end = lab.registers
        return [
          UInt64(end[.rcx]), end[.rsi], end[.rdi],
        ] + (try lab.machine.readPhysical(Lab.data - 0x1000, count: 0x5000)).map(UInt64.init)
      }
      let isEqual = outcomes[0] == outcomes[1]
      #expect(isEqual, "\(opcode) \(count) \(source) \(target)")
    }
  }

  /// Opcodes of the hot path, with and without REX and 0F.
  private static func likely(_ code: [UInt8], _ random: inout SplitMix) -> [UInt8] {
    let one: [UInt8] = [
      0x00, 0x02, 0x04, 0x08, 0x0a, 0x10, 0x11, 0x13, 0x14, 0x15, 0x18, 0x19, 0x1b, 0x20, 0x22,
      0x28, 0x2a, 0x30, 0x32, 0x98, 0x99, 0xc2, 0xc9, 0xd3, 0x01, 0x03, 0x09, 0x0b, 0x21, 0x23,
      0x29, 0x2b, 0x31, 0x33, 0x38, 0x39, 0x3a, 0x3b, 0x3c,
      0x50, 0x58, 0x63, 0x68, 0x69, 0x6a, 0x6b, 0x70, 0x7c, 0x80, 0x81, 0x83, 0x84, 0x85, 0x88,
      0x89, 0x8a, 0x8b, 0x8d, 0x90, 0xa8, 0xa9, 0xb8, 0xc1, 0xc3, 0xc6, 0xc7, 0xd1, 0xe8, 0xe9,
      0xeb, 0xf6, 0xf7, 0xff,
    ]
    let two: [UInt8] = [0x40, 0x80, 0x8f, 0x90, 0xaf, 0xb6, 0xb7, 0xbe, 0xbf]
    var bytes: [UInt8] = []
    let pick = random.next()
    if pick & 1 != 0 { bytes.append(0x40 | UInt8(truncatingIfNeeded: pick >> 8) & 15) }
    if pick & 0x70 == 0 { bytes.insert(0x66, at: 0) }
    if pick & 6 == 0 {
      let opcode = two[Int(random.next() % UInt64(two.count))]
      bytes += [
        0x0f,
        opcode
          | ([0x40, 0x80, 0x90].contains(opcode & 0xf0)
            ? UInt8(truncatingIfNeeded: pick >> 16) & 15 : 0),
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
    _ lab: Lab, _ image: [UInt8], _ code: [UInt8], _ state: Registers, general: Bool,
    count: UInt64 = 1
  ) throws -> Outcome {
    try lab.machine.memory.write(0, image)
    lab.processor.blocks.flushEverything()
    try lab.poke(Lab.code, code)
    lab.registers = state
    if general {
      let block = try unsafe lab.processor.currentBlock()
      // SAFETY: the block has `count` ops from the first.
      for index in 0..<min(count, UInt64(unsafe block.pointee.count)) {
        unsafe lab.processor.blocks.ops[Int(block.pointee.firstOp) + Int(index)].handler = .general
      }
    }
    lab.run(count)
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
