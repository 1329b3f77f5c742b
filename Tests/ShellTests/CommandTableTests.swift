import Testing

@testable import Shell

@Suite struct CommandTableTests {
  /// The commands that the contract's table names.
  static let contract: [String] = """
    backend guests load reset info_machine run r continue c stepi si nexti ni until break watch \
    delete info_breakpoints reverse-stepi rsi reverse-continue rc goto info_time \
    info_registers regs x disassemble disas set write print info_segments info_control info_msr info_idt info_gdt \
    info_tlb info_exits info_devices vmxon vmxoff vmclear vmptrld vmptrst vmread vmwrite vmlaunch \
    vmresume invept invvpid setup vmcs check explain handle timeline walk map ept compare lesson \
    record source replay help apropos history quit q irq xp console doctor
    """.split(separator: " ").map { String($0).replacing("_", with: " ") }

  @Test(arguments: contract)
  func isThere(_ name: String) {
    #expect(CommandTable.named(name) != nil)
  }

  @Test(arguments: CommandTable.all.map(\.name))
  func hasWhatHelpNeeds(_ name: String) throws {
    let command = try #require(CommandTable.named(name))
    #expect(!command.summary.isEmpty)
    #expect(!command.summary.hasSuffix("."))
    #expect(!command.help.isEmpty)
    #expect(!command.completers.isEmpty)
    let help = fakeSession().execute("help \(name)")
    #expect(help.error == nil)
    #expect(help.output.contains(command.summary))
    if case .later = command.status { return }
    #expect(command.help.contains("Example:"))
  }

  @Test func namesAndAliasesAreUnique() {
    let names = CommandTable.all.flatMap { [$0.name] + $0.aliases }
    #expect(Set(names).count == names.count)
  }

  @Test(arguments: [
    "timeline", "map",
  ])
  func laterCommandsSayWhatToUseInstead(_ line: String) {
    let result = fakeSession().execute(line)
    #expect(result.error?.code == "not-yet")
    #expect(result.error?.message.contains("`") == true)
    #expect(fakeSession().execute("help").output.contains("[not yet]"))
  }

  @Test func helpOfAGroupAndOfAFamily() {
    #expect(fakeSession().execute("help VMX").output.contains("vmlaunch"))
    #expect(fakeSession().execute("help info").output.contains("info registers"))
    #expect(fakeSession().execute("help frobnicate").error?.code == "unknown-topic")
  }

  @Test func aproposSearchesEverything() {
    let output = fakeSession().execute("apropos launch").output
    #expect(output.contains("command vmlaunch"))
    #expect(output.contains("exit 20 vmlaunch"))
  }

  @Test func tooManyWordsAndUnknownOptions() {
    #expect(fakeSession().execute("guests all").error?.code == "usage")
    #expect(fakeSession().execute("guests --all").error?.code == "usage")
    #expect(fakeSession().execute("quit/x").error?.code == "usage")
    #expect(fakeSession().execute("info").error?.code == "usage")
    #expect(fakeSession().execute("stepi 0").error != nil)
  }
}

@Suite struct CompletionTests {
  private func candidates(_ line: String) -> [String] {
    fakeSession().complete(line, cursor: line.utf8.count).candidates
  }

  @Test func commands() {
    #expect(candidates("vml") == ["vmlaunch"])
    #expect(candidates("").contains("load"))
    #expect(candidates("info reg") == ["registers"])
    #expect(candidates("help vmx") == ["vmxoff", "vmxon"])
  }

  @Test func arguments() {
    #expect(candidates("load h") == ["hello"])
    #expect(candidates("vmread GUEST_RI") == ["GUEST_RIP"])
    #expect(candidates("vmread guest_ri") == ["GUEST_RIP"])
    #expect(candidates("print $r1").contains("$r15"))
    #expect(candidates("break exit cpu") == ["cpuid"])
    #expect(candidates("handle cpuid st") == ["stop"])
    #expect(candidates("load hello --mode") == ["--mode"])
    #expect(candidates("load f --mode p") == ["protected"])
    #expect(candidates("explain exit-q").isEmpty == false || candidates("explain EXIT_Q") != [])
    #expect(candidates("vmcs gu").contains("guest"))
    #expect(candidates("frobnicate x") == [])
  }

  @Test func startsAtTheWord() {
    let completion = fakeSession().complete("load hel", cursor: 8)
    #expect(completion.start == 5)
    #expect(fakeSession().complete("load hel", cursor: 3).candidates == ["load"])
    #expect(fakeSession().complete("load hel", cursor: 3).start == 0)
  }
}
