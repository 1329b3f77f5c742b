import Testing

@testable import X86

@Suite struct GlossaryTests {
  private func titles(_ text: String) -> [String] { Glossary.lookup(text).map(\.title) }
  private func kinds(_ text: String) -> [Explanation.Kind] { Glossary.lookup(text).map(\.kind) }

  @Test func findsAFieldByItsNames() {
    for text in ["GUEST_RIP", "guest_rip", "guestRIP", "guest rip", "0x681e", "field GUEST_RIP"] {
      #expect(titles(text) == ["GUEST_RIP"], "\(text)")
    }
    let lines = Glossary.lookup("GUEST_RIP").flatMap(\.lines).joined(separator: " ")
    #expect(lines.contains("0x681e") && lines.contains("natural-width guest-state"))
  }

  @Test func findsControlsByNameAndReference() {
    #expect(titles("HLT exiting") == ["HLT exiting"])
    #expect(titles("primary[7]") == ["HLT exiting"])
    #expect(Glossary.lookup("load IA32_EFER").count == 2)
    let lines = Glossary.lookup("unrestricted guest").flatMap(\.lines).joined(separator: " ")
    #expect(lines.contains("secondary[7]") && lines.contains("needs secondary[1]"))
  }

  @Test func aBareNumberMeansSeveralThingsBestFirst() {
    #expect(kinds("13") == [.exitReason, .exception, .instructionError])
    #expect(titles("13").first == "exit reason 13: INVD")
    #expect(kinds("7") == [.exitReason, .exception, .instructionError])
    #expect(kinds("0x480") == [.msr])
  }

  @Test func aWordInFrontDecides() {
    #expect(titles("error 7") == ["error 7: VM entry with invalid control field(s)"])
    #expect(titles("exit 30") == ["exit reason 30: I/O instruction"])
    #expect(titles("exit reason 30") == ["exit reason 30: I/O instruction"])
    #expect(titles("vector 13") == ["#GP: general protection"])
    #expect(titles("VM-instruction error 4") == ["error 4: VMLAUNCH with non-clear VMCS"])
    #expect(titles("msr 0x10") == ["IA32_TSC"])
    #expect(titles("error 14").isEmpty)
  }

  @Test func findsExceptionsReasonsAndInstructions() {
    #expect(kinds("#GP") == [.exception])
    #expect(kinds("io-instruction") == [.exitReason])
    #expect(kinds("vmlaunch") == [.instruction, .exitReason])
    for row in VMXInstruction.rows { #expect(kinds(row.name).contains(.instruction)) }
    #expect(VMXInstruction.rows.count == 13)
  }

  @Test(arguments: [
    "vm exit", "VMLAUNCH vs VMRESUME", "EPT", "VMCS", "root mode", "ring 0", "VPID", "VMM",
    "hypervisor", "shadow paging", "balloon", "hypercall", "VMfailValid", "launch state",
  ])
  func findsTerms(_ text: String) {
    #expect(kinds(text).contains(.term))
  }

  @Test func aVMExitIsSaidToBeNoInstruction() {
    let lines = Glossary.lookup("vmexit").flatMap(\.lines).joined(separator: " ")
    #expect(lines.contains("not an instruction"))
  }

  @Test func everyNameIsFoundAndEachExplanationIsWhole() {
    #expect(Glossary.names == Glossary.names.sorted())
    #expect(Set(Glossary.names.map(TableText.key)).count == Glossary.names.count)
    for name in Glossary.names {
      let found = Glossary.lookup(name)
      #expect(!found.isEmpty, "\(name)")
      for explanation in found {
        #expect(!explanation.lines.isEmpty && !explanation.section.isEmpty, "\(name)")
        #expect(
          explanation.lines.allSatisfy { $0.hasSuffix(".") && !$0.hasSuffix("..") }, "\(name)")
      }
    }
  }

  @Test func everyCrossReferenceLeadsSomewhere() {
    for name in Glossary.names {
      for other in Glossary.lookup(name).flatMap(\.seeAlso) {
        #expect(!Glossary.lookup(other).isEmpty, "\(name) refers to \(other)")
      }
    }
  }

  @Test func typosFindTheNearestNames() {
    #expect(Glossary.near("GUEST_RPI").first == "GUEST_RIP")
    #expect(Glossary.near("hlt exitting").first == "HLT exiting")
    #expect(Glossary.near("vmluanch").first == "VMLAUNCH")
    #expect(Glossary.near("ept-violaton").first == "ept-violation")
    #expect(Glossary.near("").isEmpty)
    #expect(Glossary.near("qqqqqqqqqqqqqqqqqqqqqqq").isEmpty)
    #expect(Glossary.near("guest_rip", count: 2).count <= 2)
  }

  @Test func anyTextIsLookedUpWithoutATrap() {
    var generator = SplitMix(state: 3)
    let alphabet = Array("aGR_0x9f[]#-() \u{e9}\u{1f600}\n")
    for _ in 0..<2000 {
      let length = Int(generator.next() % 24)
      let text = String((0..<length).map { _ in alphabet[Int(generator.next() % 17)] })
      for found in Glossary.lookup(text) { #expect(!found.title.isEmpty) }
      #expect(Glossary.near(text).count <= 5)
    }
    #expect(Glossary.lookup(String(repeating: "9", count: 10_000)).isEmpty)
    #expect(Glossary.near(String(repeating: "a", count: 100_000)).isEmpty)
  }
}
