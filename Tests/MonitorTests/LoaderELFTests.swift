import Testing

@testable import Monitor

private let memory: UInt64 = 16 << 20

@Suite struct LoaderELFTests {
  @Test(arguments: [false, true])
  func segmentsGoToTheirPhysicalAddresses(_ is64: Bool) throws {
    let file = ELFBuilder(
      is64: is64, entry: 0x10_0002,
      segments: [
        .init(at: 0x20_0000, [9, 8], memorySize: 0x1_0000), .init(at: 0x10_0000, [1, 2, 3, 0xf4]),
      ])
    let image = try ELFLoader.load(file.build(), name: "k", memorySize: memory)
    #expect(
      image.segments == [
        GuestImage.Segment(address: 0x10_0000, bytes: [1, 2, 3, 0xf4]),
        GuestImage.Segment(address: 0x20_0000, bytes: [9, 8], memorySize: 0x1_0000),
      ])
    #expect(image.entry == 0x10_0002)
    #expect(image.mode == (is64 ? .long : .protected))
    #expect(image.name == "k")
  }

  @Test func aVirtualEntryIsTranslated() throws {
    let file = ELFBuilder(
      is64: true, entry: 0xffff_ffff_8010_0010,
      segments: [
        .init(at: 0x10_0000, virtual: 0xffff_ffff_8010_0000, [UInt8](repeating: 1, count: 64))
      ])
    #expect(try ELFLoader.load(file.build(), name: "k", memorySize: memory).entry == 0x10_0010)
  }

  @Test func aPhysicalEntryIsTakenAsItIs() throws {
    let file = ELFBuilder(
      is64: true, entry: 0x10_0010,
      segments: [
        .init(at: 0x10_0000, virtual: 0xffff_ffff_8010_0000, [UInt8](repeating: 1, count: 64))
      ])
    #expect(try ELFLoader.load(file.build(), name: "k", memorySize: memory).entry == 0x10_0010)
  }

  @Test func optionsOverrideEntryAndModeButNotThePlace() throws {
    let file = ELFBuilder(
      is64: false, entry: 0x9000, segments: [.init(at: 0x9000, [0x90, 0xf4])]
    ).build()
    let image = try ELFLoader.load(
      file, name: "k", options: LoadOptions(entry: 0x9001, mode: .real), memorySize: memory)
    #expect(image.entry == 0x9001 && image.mode == .real)
    #expect(throws: LoaderError.self) {
      try ELFLoader.load(file, name: "k", options: LoadOptions(at: 0x9000), memorySize: memory)
    }
  }

  @Test func aSegmentWithoutBytesMayHaveAnyOffset() throws {
    let builder = ELFBuilder(
      is64: true, entry: 0x9000,
      segments: [.init(at: 0x9000, [0xf4]), .init(at: 0xa000, [], memorySize: 0x1000)])
    var file = builder.build()
    let offset = builder.programHeader(1) + 8
    file.replaceSubrange(offset..<offset + 8, with: little(.max, 8))
    let image = try ELFLoader.load(file, name: "k", memorySize: memory)
    #expect(image.segments.map(\.memorySize) == [1, 0x1000])
    #expect(image.segments[1].bytes.isEmpty)
  }

  /// A field overwritten in a good ELF64 file with two segments, and the error it must give.
  struct Damage: CustomTestStringConvertible, Sendable {
    var offset: Int
    var bytes: [UInt8]
    var field: String
    /// Where the error must point; nil for `offset`.
    var at: UInt64?
    var testDescription: String { "\(field) at \(offset)" }
  }

  /// Program header 0 stands at 64, program header 1 at 120.
  static let damages = [
    Damage(offset: 4, bytes: [3], field: "EI_CLASS"),
    Damage(offset: 5, bytes: [2], field: "EI_DATA"),
    Damage(offset: 6, bytes: [0], field: "EI_VERSION"),
    Damage(offset: 16, bytes: [3, 0], field: "e_type"),
    Damage(offset: 18, bytes: [3, 0], field: "e_machine"),
    Damage(offset: 20, bytes: [2, 0, 0, 0], field: "e_version"),
    Damage(offset: 24, bytes: little(0x1234_5678, 8), field: "e_entry"),
    Damage(offset: 32, bytes: little(.max, 8), field: "e_phoff"),
    Damage(offset: 32, bytes: little(.max - 100, 8), field: "e_phoff"),
    Damage(offset: 54, bytes: [32, 0], field: "e_phentsize"),
    Damage(offset: 56, bytes: [0, 0], field: "e_phnum"),
    Damage(offset: 56, bytes: [0xff, 0xff], field: "e_phnum"),
    Damage(offset: 56, bytes: [0xfe, 0xff], field: "e_phoff", at: 32),
    Damage(offset: 64, bytes: [3], field: "p_type"),
    Damage(offset: 72, bytes: little(.max, 8), field: "p_offset"),
    Damage(offset: 72, bytes: little(180, 8), field: "p_offset"),
    Damage(offset: 88, bytes: little(.max, 8), field: "p_paddr"),
    Damage(offset: 88, bytes: little(memory - 3, 8), field: "p_paddr"),
    Damage(offset: 96, bytes: little(5, 8), field: "p_filesz"),
    Damage(offset: 104, bytes: little(.max, 8), field: "p_paddr", at: 88),
    Damage(offset: 144, bytes: little(0x10_0003, 8), field: "p_paddr"),
  ]

  @Test(arguments: damages)
  func aWrongFieldIsNamedWithItsOffset(_ damage: Damage) {
    var file = ELFBuilder(
      is64: true, entry: 0x10_0000,
      segments: [.init(at: 0x10_0000, [1, 2, 3, 4]), .init(at: 0x20_0000, [5, 6])]
    ).build()
    file.replaceSubrange(damage.offset..<damage.offset + damage.bytes.count, with: damage.bytes)
    let error = #expect(throws: LoaderError.self) {
      try ELFLoader.load(file, name: "bad.elf", memorySize: memory)
    }
    #expect(error?.file == "bad.elf")
    #expect(error?.field == damage.field)
    #expect(error?.offset == damage.at ?? UInt64(damage.offset))
  }

  @Test func theMessageSaysWhereWhatAndWhatWouldBeRight() {
    var file = ELFBuilder(is64: true, entry: 0, segments: [.init(at: 0x9000, [0xf4])]).build()
    file[54] = 32
    let error = #expect(throws: LoaderError.self) {
      try ELFLoader.load(file, name: "bad.elf", memorySize: memory)
    }
    #expect(error?.description == "bad.elf: e_phentsize at offset 0x36: found 32, expected 56")
  }

  @Test(
    arguments: [(false, 0x580), (true, 0x580), (true, 0x2000), (true, 0x6fff)] as [(Bool, UInt64)])
  func contentsWhereTheMonitorBuildsAreRefused(_ is64: Bool, _ address: UInt64) {
    let file = ELFBuilder(is64: is64, entry: address, segments: [.init(at: address, [0xf4])])
    let error = #expect(throws: LoaderError.self) {
      try ELFLoader.load(file.build(), name: "k", memorySize: memory)
    }
    #expect(error?.expected == "load it at 0x8000 or above")
  }

  @Test func paddingWhereTheMonitorBuildsIsHarmless() throws {
    // What GNU ld makes of -Ttext 0x1000: a segment from 0 on with the headers, zeros and the code.
    let bytes = [UInt8](repeating: 1, count: 0x100) + [UInt8](repeating: 0, count: 0xf00) + [0xf4]
    let file = ELFBuilder(is64: true, entry: 0x1000, segments: [.init(at: 0, bytes)])
    #expect(try ELFLoader.load(file.build(), name: "k", memorySize: memory).entry == 0x1000)
    let bss = ELFBuilder(
      is64: true, entry: 0x1000, segments: [.init(at: 0, bytes, memorySize: 0x2001)])
    #expect(throws: LoaderError.self) {
      try ELFLoader.load(bss.build(), name: "k", memorySize: memory)
    }
  }
}
