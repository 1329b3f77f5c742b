import Monitor
import Testing
import X86

@testable import Shell

/// The reason that is given is the true one.
@Suite struct ReasonTests {
  @Test func vmxonInRootOperation() {
    let output = fakeSession().all("vmxon", "vmxon").output
    #expect(output.contains("in VMX operation already"))
    #expect(!output.contains("aligned"))
  }

  @Test func vmwriteShowsWhatTheFieldKeeps() {
    let session = fakeSession()
    let result = session.all("vmxon", "vmptrld", "vmwrite GUEST_CS_SELECTOR 0x12345")
    #expect(result.output.contains("GUEST_CS_SELECTOR is now 0x2345;"))
    #expect(result.data["value"] == .hex(0x2345))
    #expect(session.execute("vmwrite GUEST_RIP -1").output == "GUEST_RIP is now 0xffffffffffffffff")
  }

  @Test func remediesReadAsClauses() {
    #expect(Show.clause("Use VMRESUME, or VMCLEAR first.") == "use VMRESUME, or VMCLEAR first")
    #expect(Show.clause("VMXOFF comes first.") == "VMXOFF comes first")
  }

  @Test func exitsThatKVMHidesAreNamed() {
    let kvm = fakeSession { $0.backend = .kvm }
    #expect(kvm.execute("handle cpuid stop").output.contains("nothing stops at it"))
    #expect(kvm.execute("break exit cpuid").output.contains("nothing stops at it"))
    #expect(!kvm.execute("handle io-instruction stop").output.contains("nothing stops"))
    #expect(!fakeSession().execute("handle cpuid stop").output.contains("nothing stops"))
  }

  @Test func bareMachineHasNoVMXAtThePrompt() {
    let error = fakeSession().all("load hello --bare", "vmxon").error
    #expect(error?.code == "missing-capability")
    #expect(error?.message.contains("without --bare") == true)
    #expect(error?.message.contains("kernel") == false)
  }

  @Test func tripleFaultIsNotHandledByContinue() {
    var exit = VMExit(reason: ExitReason.tripleFault.rawValue)
    exit.backend = "KVM_EXIT_SHUTDOWN"
    let rendering = StopRendering(stop: Stop(reason: .exit, rip: 0, exit: exit))
    #expect(rendering.hint.contains("`reset`"))
    #expect(!rendering.hint.contains("`continue`"))
  }

  @Test func compareMeasuresOnKVM() {
    let kvm = fakeSession { $0.backend = .kvm }
    #expect(kvm.execute("compare").output.contains("nanoseconds"))
    #expect(fakeSession().execute("compare").output.contains("cycles"))
  }

  @Test func eachEntryOfAWalkIsNamedOnce() {
    let lines = fakeSession().all("load hello", "walk 0x1000").output.split(separator: "\n")
    #expect(lines[1] == "1  EPT-PML4  at 0x3000 = 0x4007  for 0x1000: PDPT at 0x4000, rwx")
    let user = fakeSession().all("load hello", "walk 0x1000 --user").output
    #expect(user.contains("ends: #PF with error code 0x5"))
    #expect(user.contains("at reference 1 (EPT-PML4)"))
  }

  @Test func addressThatIsRefusedIsNoMatterOfPaging() {
    var walk = Walk(linear: 1 << 63)
    walk.fault = .nonCanonical
    let rendering = WalkRendering(walk: walk, registers: Registers())
    let text = rendering.lines(TextFormat(colour: false, plain: false)).joined(separator: "\n")
    #expect(!text.contains("paging is off"))
  }

  @Test func eptViolationSaysWhatWasAllowed() {
    // SDM 3C, "Exit Qualification for EPT Violations": bit 1 a write, bits 5:3 = 101b.
    let fault = WalkFault.eptViolation(guestPhysical: 0x1000, qualification: 0x2a)
    #expect(WalkRendering.describe(fault).hasSuffix("a write where EPT allows r-x"))
  }

  @Test func hiddenFieldHasNoParts() {
    let contents = VMCSContents(
      address: nil, fields: [.eptPointer: .init(0, .hidden), .guestRIP: .init(5, .live)])
    let rendering = VMCSRendering(contents: contents)
    let format = TextFormat(colour: false, plain: true)
    #expect(rendering.field(.eptPointer, diff: false, format).count == 2)
    #expect(rendering.field(.guestRIP, diff: false, format).first == "GUEST_RIP: 0x5 (live)")
  }
}
