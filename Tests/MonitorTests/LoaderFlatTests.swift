import Testing

@testable import Monitor

private let memory: UInt64 = 1 << 20

@Suite struct LoaderFlatTests {
  private func sectors(_ count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0x90, count: 512 * count)
    bytes[510] = 0x55
    bytes[511] = 0xaa
    return bytes
  }

  @Test(arguments: [1, 2, 18])
  func wholeSectorsWithASignatureAreABootSector(_ count: Int) throws {
    let image = try FlatLoader.load(sectors(count), name: "boot", memorySize: memory)
    #expect(image.segments.map(\.address) == [0x7c00])
    #expect(image.entry == 0x7c00 && image.mode == .real)
    #expect(image.note == "boot sector")
  }

  @Test func withoutSignatureOrWholeSectorsItIsPlainRealModeCode() throws {
    var unsigned = sectors(1)
    unsigned[510] = 0
    for bytes in [unsigned, sectors(1) + [0], [0xf4]] {
      let image = try FlatLoader.load(bytes, name: "flat", memorySize: memory)
      #expect(image.segments == [GuestImage.Segment(address: 0x1000, bytes: bytes)])
      #expect(image.entry == 0x1000 && image.mode == .real)
    }
  }

  @Test func optionsDecide() throws {
    let image = try FlatLoader.load(
      sectors(1), name: "flat",
      options: LoadOptions(at: 0x9000, entry: 0x9010, mode: .long), memorySize: memory)
    #expect(image.segments.map(\.address) == [0x9000])
    #expect(image.entry == 0x9010 && image.mode == .long)
    let other = try FlatLoader.load(
      [0xf4], name: "flat", options: LoadOptions(mode: .protected), memorySize: memory)
    #expect(other.entry == 0x8000)
  }

  @Test(arguments: [
    LoadOptions(at: .max), LoadOptions(at: memory), LoadOptions(at: memory - 1),
    LoadOptions(entry: memory), LoadOptions(entry: .max), LoadOptions(at: 0x2000, mode: .long),
    LoadOptions(at: 0x4ff, mode: .protected),
  ])
  func whatCannotWorkIsRefused(_ options: LoadOptions) {
    #expect(throws: LoaderError.self) {
      try FlatLoader.load([1, 2], name: "flat", options: options, memorySize: memory)
    }
  }

  @Test func realModeCannotReachBeyondOneMegabyte() {
    let error = #expect(throws: LoaderError.self) {
      try FlatLoader.load(
        [0xf4], name: "flat", options: LoadOptions(at: 1 << 20), memorySize: 16 << 20)
    }
    #expect(error?.found == "the entry 0x100000 cannot be reached in real mode")
  }

  @Test func emptyFilesAndTinyMemoriesAreRefused() {
    #expect(throws: LoaderError.self) {
      try FlatLoader.load([], name: "empty", memorySize: memory)
    }
    #expect(throws: LoaderError.self) {
      try FlatLoader.load([0xf4], name: "flat", memorySize: 0x7fff)
    }
  }
}
