import Devices
import Testing
import X86

@testable import Monitor

/// The bare machine as boot sectors, ROMs and kernels find it.
@Suite struct BareMachineTests {
  private static func machine(processors: Int = 1) throws -> Monitor {
    var configuration = Monitor.Configuration()
    configuration.isBare = true
    configuration.processorCount = processors
    return try Monitor(configuration)
  }

  private static func bootSector(_ code: [UInt8]) throws -> GuestImage {
    let sector = code + [UInt8](repeating: 0, count: 510 - code.count) + [0x55, 0xaa]
    return try BareLoader.image(
      sector, name: "boot", options: LoadOptions(), memorySize: 1 << 20)
  }

  private static func run(_ image: GuestImage, _ monitor: Monitor? = nil) throws -> Completion {
    try (monitor ?? machine()).runToCompletion(image, until: RunLimit(instructions: 10_000))
  }

  @Test func aBootSectorStartsAsABIOSWouldStartIt() throws {
    let monitor = try Self.machine()
    try monitor.load(try Self.bootSector([0xf4]))
    let registers = try monitor.machine.cpu.registers()
    #expect(registers.rip == 0x7c00 && registers[.cs].base == 0 && registers.cr0 & 1 == 0)
    #expect(registers[.rdx] & 0xff == 0x80 && registers.rflags.contains(.if))
    // The extended BIOS data area's segment and KiB of memory.
    #expect(try monitor.machine.readPhysical(0x40e, count: 2) == [0xc0, 0x9f])
    #expect(try monitor.machine.readPhysical(0x413, count: 2) == [0x7f, 0x02])
  }

  @Test func theSimplestServicesOfABIOS() throws {
    // mov ax,0x0e42; int 0x10; int 0x12; out 0xf4,ax
    let done = try Self.run(
      Self.bootSector([0xb8, 0x42, 0x0e, 0xcd, 0x10, 0xcd, 0x12, 0xe7, 0xf4]))
    #expect(done.console == [0x42])
    #expect(done.exitStatus == UInt8(truncatingIfNeeded: 639 << 1 | 1))
    // stc/clc by INT 13h: int 0x13; sbb al,al; out 0xf4,al
    #expect(try Self.run(Self.bootSector([0xcd, 0x13, 0x18, 0xc0, 0xe6, 0xf4])).exitStatus == 0xff)
  }

  @Test func theTimerWakesAHaltedProcessor() throws {
    // mov al,0xfe; out 0x21,al; hlt; hlt; mov al,7; out 0xf4,al
    let code: [UInt8] = [0xb0, 0xfe, 0xe6, 0x21, 0xf4, 0xf4, 0xb0, 7, 0xe6, 0xf4]
    let monitor = try Self.machine()
    #expect(try Self.run(Self.bootSector(code), monitor).exitStatus == 15)
    // Two periods of 65536 ticks of 1.193182 MHz.
    let time = try #require(monitor.simulated?.time)
    #expect(54_925_000...110_000_000 ~= time)
  }

  @Test func nothingWakesAHaltedProcessorWhenAllIsMasked() throws {
    let done = try Self.run(Self.bootSector([0xf4]))
    #expect(done.stopped == .halt && done.exitStatus == 0)
    #expect(done.explanation.contains("nothing can wake it"))
  }

  @Test func aROMStartsAtTheResetVectorAndCannotBeWritten() throws {
    var rom = [UInt8](repeating: 0xff, count: 0x10000)
    // mov al,'R'; out 0xe9,al; mov byte cs:[0x100],0x55; mov al,cs:[0x100]; out 0xf4,al
    let code: [UInt8] = [
      0xb0, 0x52, 0xe6, 0xe9, 0x2e, 0xc6, 0x06, 0x00, 0x01, 0x55, 0x2e, 0xa0, 0x00, 0x01, 0xe6,
      0xf4,
    ]
    rom.replaceSubrange(0..<code.count, with: code)
    rom[0x100] = 0x11
    // jmp 0xf000:0
    rom.replaceSubrange(0xfff0..<0xfff5, with: [0xea, 0x00, 0x00, 0x00, 0xf0])
    let image = GuestImage(
      name: "rom", segments: [], entry: 0, mode: .real)
    var started = image
    started.bare = BareBoot(start: .rom, rom: rom)
    let monitor = try Self.machine()
    try monitor.load(started)
    let registers = try monitor.machine.cpu.registers()
    #expect(registers[.cs].base == 0xffff_0000 && registers.rip == 0xfff0)
    let done = try Self.run(started, monitor)
    #expect(done.console == [0x52] && done.exitStatus == 0x23)
    // mov al,0x77; out 0x80,al; hlt
    started.bare?.rom.replaceSubrange(0..<5, with: [0xb0, 0x77, 0xe6, 0x80, 0xf4])
    #expect(try Self.run(started, monitor).explanation.hasSuffix("its last POST code was 0x77"))
  }

  @Test func aResetStartsTheROMAgain() throws {
    var rom = [UInt8](repeating: 0xff, count: 0x1000)
    // mov ax,0; mov ds,ax; inc byte [0x500]; cmp byte [0x500],2; je 1f; mov al,0xfe; out 0x64,al;
    // 1: mov al,9; out 0xf4,al
    let code: [UInt8] = [
      0xb8, 0x00, 0x00, 0x8e, 0xd8, 0xfe, 0x06, 0x00, 0x05, 0x80, 0x3e, 0x00, 0x05, 0x02, 0x74,
      0x04,
      0xb0, 0xfe, 0xe6, 0x64, 0xb0, 0x09, 0xe6, 0xf4,
    ]
    rom.replaceSubrange(0xf00..<0xf00 + code.count, with: code)
    rom.replaceSubrange(0xff0..<0xff5, with: [0xea, 0x00, 0xff, 0x00, 0xf0])
    var image = GuestImage(name: "rom", segments: [], entry: 0, mode: .real)
    image.bare = BareBoot(start: .rom, rom: rom)
    let monitor = try Self.machine()
    let done = try Self.run(image, monitor)
    #expect(done.exitStatus == 19)
    #expect(try monitor.machine.readPhysical(0x500, count: 1) == [2], "memory survives")
  }

  @Test func theMultiprocessorTableHasEveryProcessor() throws {
    let bytes = MultiprocessorTable.bytes(at: 0xf_8000, processors: 2)
    // "MP Floating Pointer Structure" and "MP Configuration Table Header": both add up to 0.
    #expect(bytes.starts(with: Array("_MP_".utf8)) && bytes[..<16].reduce(0, &+) == 0)
    #expect(littleEndian(bytes[4..<8]) == 0xf_8010)
    let table = Array(bytes[16...])
    #expect(table.starts(with: Array("PCMP".utf8)) && table.reduce(0, &+) == 0)
    #expect(littleEndian(table[4..<6]) == UInt64(table.count))
    var (offset, counts) = (44, [UInt8: Int]())
    while offset < table.count {
      counts[table[offset], default: 0] += 1
      offset += table[offset] == 0 ? 20 : 8
    }
    #expect(offset == table.count && counts == [0: 2, 1: 1, 2: 1, 3: 15, 4: 2])
    #expect(littleEndian(table[34..<36]) == 21)
  }

  @Test func resetAndSoftOffEndARunWithoutAROM() throws {
    // mov al,0xfe; out 0x64,al
    let reset = try Self.run(Self.bootSector([0xb0, 0xfe, 0xe6, 0x64, 0xf4]))
    #expect(reset.stopped == .halt && reset.explanation.contains("reset"))
    // mov dx,0x604; mov ax,0x3400; out dx,ax
    let off = try Self.run(Self.bootSector([0xba, 0x04, 0x06, 0xb8, 0x00, 0x34, 0xef, 0xf4]))
    #expect(off.stopped == .halt && off.exitStatus == 0)
    #expect(off.explanation.contains("switched"))
  }

  @Test func theMachineIsDescribed() throws {
    // mov dx,0x510; mov ax,5; out dx,ax; inc dx; in al,dx; out 0xf4,al
    let code: [UInt8] = [0xba, 0x10, 0x05, 0xb8, 0x05, 0x00, 0xef, 0x42, 0xec, 0xe6, 0xf4]
    #expect(try Self.run(Self.bootSector(code), Self.machine(processors: 3)).exitStatus == 7)
  }

  @Test func aRestoredMachineGoesOnInTheSameWay() throws {
    // mov al,0xfe; out 0x21,al; 1: hlt; mov al,'.'; out 0xe9,al; jmp 1b
    let code: [UInt8] = [0xb0, 0xfe, 0xe6, 0x21, 0xf4, 0xb0, 0x2e, 0xe6, 0xe9, 0xeb, 0xf9]
    let monitor = try Self.machine()
    try monitor.load(try Self.bootSector(code))
    _ = try monitor.run(until: RunLimit(instructions: 100))
    let saved = try monitor.save()
    _ = try monitor.run(until: RunLimit(instructions: 100))
    let (console, time) = (monitor.consoleOutput, monitor.simulated?.time)
    #expect(console.count > 5)
    try monitor.restore(saved)
    _ = try monitor.run(until: RunLimit(instructions: 100))
    #expect(monitor.consoleOutput == console && monitor.simulated?.time == time)
  }

  @Test func modulesNeedAMultibootKernel() {
    let options = BareOptions(modules: ["/dev/null"])
    #expect(throws: LoaderError.self) {
      try BareLoader.load("hello", options: options, memorySize: 16 << 20)
    }
    #expect(throws: LoaderError.self) {
      try BareLoader.load(nil, options: BareOptions(), memorySize: 16 << 20)
    }
  }
}
