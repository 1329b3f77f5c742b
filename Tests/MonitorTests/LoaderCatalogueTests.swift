import Testing
import X86

@testable import Monitor

@Suite struct LoaderCatalogueTests {
  @Test func theGuestsOfTheFirstVersionAreThere() {
    #expect(
      GuestCatalogue.guests.map(\.name) == [
        "hello", "count", "cpuid", "paging", "ports", "hypercall", "triple", "mmio",
      ])
  }

  @Test(arguments: GuestCatalogue.guests.map(\.name))
  func everyGuestIsSane(_ name: String) throws {
    let guest = try #require(GuestCatalogue.guest(named: name))
    #expect(guest.bytes.count > 0 && guest.bytes.count <= 64 << 10)
    #expect(guest.entry >= guest.loadAddress)
    #expect(guest.entry - guest.loadAddress < UInt64(guest.bytes.count))
    #expect(guest.loadAddress >= (guest.mode == .real ? 0x1000 : 0x8000))
    #expect(guest.loadAddress + UInt64(guest.bytes.count) <= 1 << 20)
    #expect(!guest.summary.isEmpty && !guest.notes.isEmpty)
    #expect(guest.summary.utf8.count <= 60)
    let image = try GuestCatalogue.image(of: guest, memorySize: 1 << 20)
    #expect(image.mode == guest.mode && image.bootParameter == 0)
  }

  /// A guest's labels are computed for its load address, not for its place in this program: the
  /// instruction or table that names its text holds load address + offset of the text.
  @Test(
    arguments: [
      ("hello", "Hello from the guest!\n", [0xbe], 2),  // mov si, imm16
      ("ports", "The same text either way", [0xbe], 2),
      ("hypercall", "The same text either way", [0xbb], 4),  // mov ebx, imm32
      ("mmio", "The device kept", [0xbe], 4),  // mov esi, imm32
      ("paging", "Page fault at 0x", [0xbe], 4),
    ] as [(String, String, [UInt8], Int)])
  func labelsAreComputedForTheLoadAddress(
    _ name: String, _ text: String, _ opcode: [UInt8], _ size: Int
  ) throws {
    let guest = try #require(GuestCatalogue.guest(named: name))
    let position = try #require(offset(of: Array(text.utf8), in: guest.bytes))
    let instruction = opcode + little(guest.loadAddress + UInt64(position), size)
    #expect(offset(of: instruction, in: guest.bytes) != nil)
  }

  private func offset(of needle: [UInt8], in bytes: [UInt8]) -> Int? {
    bytes.indices.first { bytes[$0...].starts(with: needle) }
  }

  @Test func theSecondInstructionOfCPUIDIsCPUID() throws {
    let guest = try #require(GuestCatalogue.guest(named: "cpuid"))
    #expect(guest.bytes.starts(with: [0x66, 0xb8, 0, 0, 0, 0, 0x0f, 0xa2]))
  }

  @Test func portsAndHypercallPrintTheSameText() throws {
    let texts = try ["ports", "hypercall"].map { name in
      let bytes = try #require(GuestCatalogue.guest(named: name)).bytes
      let start = try #require(offset(of: Array("The same text".utf8), in: bytes))
      return Array(bytes[start...])
    }
    #expect(texts[0] == texts[1])
    #expect((50...70).contains(texts[0].count))
  }

  @Test func builtInGuestsKeepTheirPlaceAndMode() throws {
    let guest = try #require(GuestCatalogue.guest(named: "hello"))
    for options in [LoadOptions(at: 0x2000), LoadOptions(mode: .long)] {
      #expect(throws: LoaderError.self) {
        try GuestCatalogue.image(of: guest, options: options, memorySize: 1 << 20)
      }
    }
    let same = LoadOptions(at: 0x1000, entry: 0x1004, mode: .real, bootParameter: 1)
    let image = try GuestCatalogue.image(of: guest, options: same, memorySize: 1 << 20)
    #expect(image.entry == 0x1004 && image.bootParameter == 1)
  }

  @Test(arguments: [
    ("helo", "hello"), ("hallo", "hello"), ("cpud", "cpuid"), ("hypercal", "hypercall"),
    ("linux.img", nil), ("", nil), ("a", nil),
  ])
  func aSlipNamesTheNearestGuest(_ typed: String, _ meant: String?) {
    #expect(GuestCatalogue.nearest(to: typed) == meant)
  }

  @Test func placingWritesSegmentsZerosAndTheBootParameter() throws {
    let machine = FakeMachine(memorySize: 4 << 20)
    let image = GuestImage(
      name: "k",
      segments: [
        .init(address: 0x1000, bytes: [1, 2], memorySize: 4),
        .init(address: 0x10_0000, bytes: [3], memorySize: 0x20_0001),
      ], entry: 0x1000, mode: .real, note: "", bootParameter: 1)
    try image.place(in: machine)
    #expect(machine.memory[0xfff..<0x1005].elementsEqual([0xcc, 1, 2, 0, 0, 0xcc]))
    #expect(machine.memory[0x7000] == 1)
    #expect(machine.memory[0x10_0000] == 3)
    #expect(machine.memory[0x10_0001..<0x30_0001].allSatisfy { $0 == 0 })
    #expect(machine.memory[0x30_0001] == 0xcc)
    #expect(throws: MachineError.self) { try image.place(in: FakeMachine(memorySize: 0x1000)) }
  }
}

/// Memory full of 0xcc, and no CPU to speak of.
private final class FakeMachine: VirtualMachine {
  var memory: [UInt8]
  init(memorySize: Int) { memory = [UInt8](repeating: 0xcc, count: memorySize) }

  var backendName: String { "fake" }
  var capabilities: Set<Capability> { [] }
  var memorySize: UInt64 { UInt64(memory.count) }
  var cpu: any VirtualCPU { FakeCPU() }

  func readPhysical(_ address: UInt64, count: Int) throws -> [UInt8] {
    Array(memory[Int(address)..<Int(address) + count])
  }
  func writePhysical(_ address: UInt64, _ bytes: [UInt8]) throws {
    guard GuestImage.fits(address, UInt64(bytes.count), within: memorySize) else {
      throw MachineError.outsideMemory(
        address: address, count: bytes.count, memorySize: memorySize)
    }
    memory.replaceSubrange(Int(address)..<Int(address) + bytes.count, with: bytes)
  }
  func save() throws -> any MachineSnapshot { Nothing() }
  func restore(_ snapshot: any MachineSnapshot) throws {}
  private struct Nothing: MachineSnapshot {}
}

private final class FakeCPU: VirtualCPU {
  func registers() throws -> Registers { Registers() }
  func setRegisters(_ registers: Registers) throws {}
  func readMSR(_ index: UInt32) throws -> UInt64? { nil }
  func writeMSR(_ index: UInt32, _ value: UInt64) throws -> Bool { false }
  func run(until limit: RunLimit) throws -> Exit { .limit }
  func step() throws -> Exit { .stepped }
  func complete(_ exit: VMExit, on bus: any DeviceBus) throws {}
  func skip(_ exit: VMExit) throws {}
  func inject(_ event: InjectedEvent) throws {}
  var instructionsRetired: UInt64? { nil }
}
