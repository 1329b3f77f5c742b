import Monitor
import Testing
import X86

@testable import Shell

@Suite struct RenderingTests {
  /// Everything that has something to show.
  static let lines = [
    "help", "help x", "guests", "load hello", "info machine", "regs", "regs all", "info segments",
    "info control", "info msr", "stepi 2", "break exit cpuid", "info breakpoints", "run",
    "info exits", "walk 0x1000", "x/4xw 0x7c00", "x/3i 0x7c00", "disas", "info devices", "info idt",
    "info tlb",
    "info gdt", "vmxon", "vmptrld", "setup", "vmcs", "vmcs guest", "vmcs GUEST_RIP",
    "vmread 0x9999",
    "vmlaunch", "check", "explain \"HLT exiting\"", "handle", "compare", "doctor", "console",
    "apropos ept",
    "history", "set rax 5", "info time", "vmxoff",
  ]

  @Test func plainHasNeitherBoxesNorEscapes() {
    let session = fakeSession {
      $0.plain = true
      $0.colour = true
    }
    for line in Self.lines {
      let result = session.execute(line)
      #expect(result.error == nil, "\(line)")
      for scalar in result.output.unicodeScalars {
        #expect(scalar != "\u{1b}", "\(line)")
        #expect(!(0x2500...0x259f).contains(scalar.value), "\(line)")
        #expect(scalar != "→", "\(line)")
      }
    }
  }

  @Test func colourOnlyWhenItIsOn() {
    let colourless = fakeSession()
    let coloured = fakeSession { $0.colour = true }
    var hasColour = false
    for line in Self.lines {
      let plain = colourless.execute(line).output
      let bright = coloured.execute(line).output
      #expect(!plain.contains("\u{1b}"), "\(line)")
      hasColour = hasColour || bright.contains("\u{1b}")
      // Colour adds nothing but colour.
      #expect(bright.replacing(/\u{1b}\[[0-9;]*m/, with: "") == plain, "\(line)")
    }
    #expect(hasColour)
  }

  @Test func exitTableHasThePerfColumns() throws {
    var statistics = ExitStatistics()
    for cost in [100, 300] as [UInt64] { statistics.add(30, name: "io-instruction", cost: cost) }
    for cost in [50, 50] as [UInt64] { statistics.add(10, name: "cpuid", cost: cost) }
    let table = ExitTableRendering(statistics: statistics, unit: "cycles")
    let lines = table.lines(TextFormat())
    #expect(
      lines[0].split(separator: "  ").map { $0.trimming() } == [
        "exit", "samples", "samples %", "time %", "min", "max", "mean",
      ])
    #expect(table.rows.map(\.name) == ["cpuid", "io-instruction"])
    #expect(lines[2].contains("50.00%"))
    #expect(lines[2].contains("80.00%"))
    #expect(lines[2].contains("200.0"))
  }

  @Test func fixedNumbers() {
    #expect(Show.fixed(1.005, 2) == "1.00" || Show.fixed(1.005, 2) == "1.01")
    #expect(Show.fixed(0, 1) == "0.0")
    #expect(Show.fixed(-2.5, 1) == "-2.5")
    #expect(Show.fixed(.nan, 1) == "-")
    #expect(Show.fixed(1e300, 1) == "-")
    #expect(Show.fixed(2.04, 1) == "2.0")
  }

  @Test func consoleTextHidesControlCharacters() {
    #expect(Show.console(Array("a\u{1b}[31mb\r\n".utf8)) == "a\\x1b[31mb\n")
    #expect(!Show.console([0xff, 0x00]).contains("\u{0}"))
  }

  @Test func vmFailSaysWhyAndWhatToDo() {
    let session = fakeSession()
    let invalid = session.all("vmxon", "vmlaunch").output
    #expect(invalid.contains("VMfailInvalid"))
    #expect(invalid.contains("CF=1"))
    #expect(invalid.contains("next: "))
    let valid = session.all("vmptrld", "vmread 0x9999").output
    #expect(valid.contains("VMfailValid"))
    #expect(valid.contains("ZF=1"))
    #expect(valid.contains("12"))
  }

  @Test func coloursAreTakenOutOfTranscripts() {
    let text = Style(isEnabled: true)("a", .bold, .red) + " b"
    #expect(Style.removed(from: text) == "a b")
    #expect(Style.removed(from: "plain") == "plain")
    #expect(Style.removed(from: "cut \u{1b}[1") == "cut ")
  }

  @Test func emptyTextTable() {
    #expect(TextTable([("a", .left)], []).lines(TextFormat()) == ["a"])
    #expect(
      TextTable([("a", .left), ("b", .right)], [["x", "1"]]).lines(TextFormat(plain: true)) == [
        "x b: 1"
      ])
  }

  @Test func descriptorsOfTheGDT() throws {
    var registers = Registers()
    registers.cr0 |= CR0.pe
    registers.gdtr = DescriptorTableRegister(base: 0x1000, limit: 15)
    // SDM 3A, "Segment Descriptors": flat 32-bit code, DPL 0.
    let flat: [UInt8] = [0xff, 0xff, 0, 0, 0, 0x9a, 0xcf, 0]
    let segments = try DescriptorTables.descriptors(registers) { address, count in
      #expect(address == 0x1000)
      return Array(([UInt8](repeating: 0, count: 8) + flat).prefix(count))
    }
    #expect(segments.count == 2)
    #expect(segments[1].limit == 0xffff_ffff)
    #expect(SegmentRendering.describe(segments[1]) == "32-bit code, readable, DPL 0")
  }
}

extension Substring {
  fileprivate func trimming() -> String { String(drop { $0 == " " }) }
}
