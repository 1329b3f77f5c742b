import Testing

@testable import Monitor

/// Damaged files give an error or an image that fits; nothing traps.
@Suite struct LoaderHostileTests {
  /// SplitMix64, so that the same files are tried each time.
  private struct Generator: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state &+= 0x9e37_79b9_7f4a_7c15
      var z = state
      z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
      z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
      return z ^ (z >> 31)
    }
  }

  private static let memory: UInt64 = 1 << 20

  private func good(_ is64: Bool) -> ELFBuilder {
    ELFBuilder(
      is64: is64, entry: 0x1_0000,
      segments: [
        .init(at: 0x1_0000, [UInt8](repeating: 0x90, count: 40)),
        .init(at: 0x2_0000, [1, 2, 3], memorySize: 0x800), .init(at: 0x3_0000, [], memorySize: 64),
      ])
  }

  private static let values: [UInt64] = [
    0, 1, 0x7f, 0x80, 0xff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, .max, .max - 1, .max >> 1,
    1 << 63,
    memory, memory - 1,
  ]

  /// Damages 1 to 4 fields of the headers, or single bytes, and sometimes cuts the file.
  private func damaged(_ bytes: [UInt8], headers: Int, _ generator: inout Generator) -> [UInt8] {
    var bytes = bytes
    for _ in 0..<Int.random(in: 1...4, using: &generator) {
      let size = [1, 2, 4, 8].randomElement(using: &generator) ?? 1
      let slots = 0...(headers - size) / size
      let offset = Int.random(in: slots, using: &generator) * size
      let value =
        Bool.random(using: &generator)
        ? generator.next() : LoaderHostileTests.values.randomElement(using: &generator) ?? 0
      bytes.replaceSubrange(offset..<offset + size, with: little(value, size))
    }
    // Most files keep their magic, or the loader would not look any further.
    if Int.random(in: 0..<16, using: &generator) > 0 {
      bytes.replaceSubrange(0..<4, with: [0x7f, 0x45, 0x4c, 0x46])
    }
    if Int.random(in: 0..<8, using: &generator) == 0 {
      bytes.removeLast(Int.random(in: 0...bytes.count, using: &generator))
    }
    return bytes
  }

  private func isSound(_ image: GuestImage) -> Bool {
    var end: UInt64 = 0
    for segment in image.segments {
      guard segment.address >= end, UInt64(segment.bytes.count) <= segment.memorySize,
        segment.memorySize <= LoaderHostileTests.memory,
        segment.address <= LoaderHostileTests.memory - segment.memorySize
      else { return false }
      end = segment.address + segment.memorySize
    }
    return !image.segments.isEmpty && image.entry < LoaderHostileTests.memory
  }

  @Test(arguments: [false, true])
  func damagedFilesGiveAnErrorOrASoundImage(_ is64: Bool) {
    let builder = good(is64)
    let file = builder.build()
    #expect((try? ELFLoader.load(file, name: "k", memorySize: LoaderHostileTests.memory)) != nil)
    var generator = Generator(state: is64 ? 64 : 32)
    var loaded = 0
    var unsound = 0
    for _ in 0..<10_000 {
      let bytes = damaged(file, headers: builder.programHeader(3), &generator)
      do {
        let image = try ELFLoader.load(bytes, name: "k", memorySize: LoaderHostileTests.memory)
        loaded += 1
        if !isSound(image) { unsound += 1 }
      } catch {
        if error.found.isEmpty || error.expected.isEmpty { unsound += 1 }
      }
    }
    #expect(unsound == 0)
    // Both outcomes must occur, or the damage tests only one of them.
    #expect(loaded > 100 && loaded < 9_900)
  }

  @Test(arguments: [false, true])
  func everyTruncationIsAnError(_ is64: Bool) {
    let file = good(is64).build()
    for count in 0..<file.count {
      #expect(throws: LoaderError.self) {
        try ELFLoader.load(
          Array(file[..<count]), name: "k", memorySize: LoaderHostileTests.memory)
      }
    }
  }

  @Test func manyOverlappingSegmentsAreRefusedBeforeTheyAreCopied() {
    let file = ELFBuilder(
      is64: false, entry: 0x1_0000,
      segments: (0..<5_000).map { _ in .init(at: 0x1_0000, [0xf4]) })
    #expect(throws: LoaderError.self) {
      try ELFLoader.load(file.build(), name: "k", memorySize: LoaderHostileTests.memory)
    }
  }
}
