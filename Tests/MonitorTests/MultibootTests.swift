import Devices
import Testing
import X86

@testable import Monitor

/// Expected values: Multiboot Specification 0.6.96.
@Suite struct MultibootTests {
  /// A header at the start of a file: magic, flags, checksum, address fields.
  private static func header(_ flags: UInt32, addresses: [UInt32] = [], error: UInt32 = 0)
    -> [UInt8]
  {
    let magic: UInt32 = 0x1bad_b002
    return ([magic, flags, 0 &- magic &- flags &+ error] + addresses).flatMap { littleEndian($0) }
  }

  private static func image(_ bytes: [UInt8], _ options: LoadOptions = LoadOptions()) throws
    -> GuestImage
  {
    try BareLoader.image(bytes, name: "k", options: options, memorySize: 64 << 20)
  }

  /// Prints the command line at port 0xe9 and writes 21 to port 0xf4:
  /// mov esi,[ebx+16]; 1: lodsb; test al,al; jz 2f; out 0xe9,al; jmp 1b; 2: mov al,21; out 0xf4,al
  private static let printer: [UInt8] = [
    0x8b, 0x73, 0x10, 0xac, 0x84, 0xc0, 0x74, 0x04, 0xe6, 0xe9, 0xeb, 0xf7, 0xb0, 0x15, 0xe6, 0xf4,
  ]

  private static func machine(memorySize: UInt64 = 16 << 20) throws -> Monitor {
    var configuration = Monitor.Configuration()
    configuration.isBare = true
    configuration.memorySize = memorySize
    return try Monitor(configuration)
  }

  /// A raw kernel at 1 MiB behind its header.
  private static func kernel(_ code: [UInt8]) -> [UInt8] {
    let base: UInt32 = 0x10_0000
    return header(1 << 16, addresses: [base, base, 0, 0, base + 32]) + code
  }

  @Test func addressFieldsDescribeARawKernel() throws {
    // The header is 16 bytes behind the start of what is loaded.
    let file =
      [UInt8](repeating: 0xaa, count: 32)
      + Self.header(1 << 16, addresses: [0x20_0010, 0x20_0000, 0x20_0034, 0x20_1000, 0x20_0030])
      + [1, 2, 3, 4, 5, 6, 7, 8]
    let image = try Self.image(file)
    #expect(image.segments.map(\.address) == [0x20_0000])
    #expect(image.segments[0].bytes == Array(file[16..<16 + 0x34]))
    #expect(image.segments[0].memorySize == 0x1000)
    #expect(image.entry == 0x20_0030 && image.mode == .protected)
    #expect(image.bare?.start == .multiboot(nil))
  }

  @Test func theHeaderMayStandAnywhereInTheFirst8KiB() {
    let header = Self.header(0)
    #expect(MultibootHeader.find(in: [UInt8](repeating: 0, count: 8180) + header)?.offset == 8180)
    #expect(MultibootHeader.find(in: [UInt8](repeating: 0, count: 8192) + header) == nil)
    #expect(MultibootHeader.find(in: [0, 0] + header) == nil, "not at a multiple of 4")
    #expect(MultibootHeader.find(in: Self.header(0, error: 1)) == nil, "the checksum is wrong")
    #expect(MultibootHeader.find(in: [1, 2, 3]) == nil)
  }

  @Test(
    arguments: [
      ("flags", Self.header(0x8)),
      ("flags", Self.header(0)),
      ("load_addr", Self.header(1 << 16, addresses: [0x1000, 0xf00, 0, 0, 0])),
      ("load_end_addr", Self.header(1 << 16, addresses: [0x1000, 0x1000, 0x9000, 0, 0])),
      ("bss_end_addr", Self.header(1 << 16, addresses: [0x1000, 0x1000, 0, 0x1001, 0])),
    ])
  func badHeadersAreNamed(_ field: String, _ file: [UInt8]) {
    let error = #expect(throws: LoaderError.self) { try Self.image(file) }
    #expect(error?.field == field)
  }

  @Test func modeAndPlaceOverrideTheHeader() throws {
    let image = try Self.image(Self.kernel([0xf4]), LoadOptions(at: 0x9000, mode: .real))
    #expect(image.bare == nil && image.segments[0].address == 0x9000)
  }

  @Test(arguments: [false, true]) func elfKernelsStartInProtectedMode(_ is64: Bool) throws {
    let code = Self.header(0x3) + [0xf4]
    let file = ELFBuilder(is64: is64, entry: 0x10_000c, segments: [.init(at: 0x10_0000, code)])
    let monitor = try Self.machine()
    try monitor.load(try Self.image(file.build()))
    let registers = try monitor.machine.cpu.registers()
    #expect(registers[.rax] == 0x2bad_b002 && registers.rip == 0x10_000c)
    #expect(registers.cr0 & 0x8000_0001 == 1 && registers.rflags.rawValue & 0x2_0200 == 0)
    #expect(registers[.cs].base == 0 && registers[.cs].limit == 0xffff_ffff)
    #expect(registers[.cs].is32Bit)
  }

  @Test func theInformationStructure() throws {
    var image = try Self.image(Self.kernel([0xf4]))
    image.bare?.arguments = "a=1 b"
    image.bare?.modules = [
      .init(text: "m one", bytes: [1, 2, 3]), .init(text: "n", bytes: []),
    ]
    let monitor = try Self.machine()
    try monitor.load(image)
    let address = try monitor.machine.cpu.registers()[.rbx]
    func word(_ at: UInt64) throws -> UInt64 {
      littleEndian(try monitor.machine.readPhysical(at, count: 4))
    }
    func text(_ at: UInt64) throws -> String {
      let bytes = try monitor.machine.readPhysical(at, count: 32)
      return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    // Memory, command line, modules, memory map, boot loader name.
    #expect(try word(address) == 0b10_0100_1101)
    #expect(try word(address + 4) == 639)
    #expect(try word(address + 8) == 15 << 10)
    #expect(try text(word(address + 16)) == "k a=1 b")
    #expect(try text(word(address + 64)) == "ringside")
    #expect(try word(address + 20) == 2)
    let modules = try word(address + 24)
    let (start, end) = (try word(modules), try word(modules + 4))
    #expect(start % 4096 == 0 && end == start + 3)
    #expect(try monitor.machine.readPhysical(start, count: 3) == [1, 2, 3])
    #expect(try text(word(modules + 8)) == "m one" && text(word(modules + 24)) == "n")
    #expect(try word(modules + 16) == word(modules + 20), "an empty module")
    var rows: [[UInt64]] = []
    var row = try word(address + 48)
    let last = try row + word(address + 44)
    while row < last {
      rows.append(try [0, 4, 8, 12, 16, 20].map { try word(row + $0) })
      row += try word(row) + 4
    }
    #expect(row == last)
    #expect(rows.first == [20, 0, 0, 0x9fc00, 0, 1])
    #expect(rows.contains([20, 0x10_0000, 0, 0xf0_0000, 0, 1]))
  }

  @Test func sectionHeadersAreHandedOn() throws {
    // An ELF32 file whose section table has a string table that no segment loads.
    var file = ELFBuilder(
      is64: false, entry: 0x10_000c, segments: [.init(at: 0x10_0000, Self.header(0) + [0xf4])]
    ).build()
    let names = file.count
    file += Array("\0.shstrtab\0".utf8)
    while file.count % 4 != 0 { file.append(0) }
    let table = file.count
    file += [UInt8](repeating: 0, count: 40)
    for value in [1, 3, 0, 0, UInt32(names), 11, 0, 0, 1, 0] as [UInt32] {
      file += littleEndian(value)
    }
    file.replaceSubrange(32..<36, with: littleEndian(UInt32(table)))
    file.replaceSubrange(46..<52, with: [40, 0, 2, 0, 1, 0])
    let monitor = try Self.machine()
    try monitor.load(try Self.image(file))
    let address = try monitor.machine.cpu.registers()[.rbx]
    func word(_ at: UInt64) throws -> UInt64 {
      littleEndian(try monitor.machine.readPhysical(at, count: 4))
    }
    #expect(try word(address) & 1 << 5 != 0)
    #expect(try [28, 32, 40].map { try word(address + $0) } == [2, 40, 1])
    let section = try word(address + 36) + 40
    let place = try word(section + 12)
    #expect(
      try monitor.machine.readPhysical(place, count: 11) == Array("\0.shstrtab\0".utf8))
  }

  @Test func aKernelPrintsItsCommandLineAndEndsTheRun() throws {
    var image = try Self.image(Self.kernel(Self.printer))
    image.bare?.arguments = "hello there"
    let completion = try Self.machine().runToCompletion(image, until: RunLimit(instructions: 1000))
    #expect(completion.console == Array("k hello there".utf8))
    #expect(completion.stopped == .halt && completion.exitStatus == 43)
  }

  @Test func modulesThatDoNotFitAreRefused() throws {
    var image = try Self.image(Self.kernel([0xf4]))
    image.bare?.modules = [.init(text: "m", bytes: [UInt8](repeating: 0, count: 15 << 20))]
    let monitor = try Self.machine()
    #expect(throws: LoaderError.self) { try monitor.load(image) }
  }

  @Test func randomFilesNeverTrap() {
    var random = SystemRandomNumberGenerator.Seeded(7)
    for _ in 0..<300 {
      let fields = (0..<5).map { _ in
        UInt32(truncatingIfNeeded: random.next() >> (random.next() % 64))
      }
      let file = Self.header(1 << 16, addresses: fields) + [UInt8](repeating: 0, count: 64)
      _ = try? Self.image(file)
    }
  }
}

extension SystemRandomNumberGenerator {
  /// A generator that gives the same numbers each time.
  fileprivate struct Seeded {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state ^ state >> 31
    }
  }
}
