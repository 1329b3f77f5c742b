import Testing
import X86

@testable import KVM

/// Exits that no guest of these tests can bring about on every host.
@Suite("Exit mapping")
struct ExitMappingTests {
  @Test func entryFailureWithAnExitReason() {
    let exit = KVMCPU.mapped(.failEntry(reason: 0x8000_0021))
    #expect(exit.reason == 33)
    #expect(exit.isEntryFailure)
    #expect(exit.backend == "KVM_EXIT_FAIL_ENTRY")
    #expect(exit.backendDetail == "hardware exit reason 0x80000021")
  }

  @Test func entryFailureWithAnInstructionError() {
    let exit = KVMCPU.mapped(.failEntry(reason: 7))
    #expect(exit.reason == 33)
    #expect(exit.isEntryFailure)
    #expect(exit.backendDetail == "hardware entry failure reason 7")
  }

  @Test func emulationFailureShowsTheBytes() {
    // struct kvm_run, emulation_failure: flags, then insn_size and insn_bytes: 3 bytes, 0f 01 c1.
    let exit = KVMCPU.mapped(.internalError(suberror: 1, data: [1, 0xc1_010f_03, 0, 0]))
    #expect(exit.reason == VMExit.backendError)
    #expect(
      exit.backendDetail
        == "suberror 1: emulation failure: KVM could not emulate an instruction, bytes 0f 01 c1")
  }

  @Test func otherErrorsShowTheirData() {
    let exit = KVMCPU.mapped(.internalError(suberror: 3, data: [0x10]))
    #expect(exit.backendDetail == "suberror 3: event delivery failed, data 0x10")
  }

  @Test func anUnknownExitKeepsItsNumber() {
    #expect(KVMCPU.mapped(.unsupported(77)).backend == "KVM_EXIT_77")
    #expect(KVMCPU.mapped(.unsupported(34)).backend == "KVM_EXIT_XEN")
    #expect(KVMCPU.mapped(.unsupported(77)).reason == VMExit.backendError)
  }

  @Test func repeatedStringInputIsInTheQualification() {
    let exit = KVMCPU.mapped(.io(isWrite: false, size: 4, port: 0x1f0, count: 3, offset: 0))
    // SDM 3C, "Exit Qualification for I/O Instructions": size 3, IN, string, REP, port.
    #expect(exit.qualification == 0x01f0_003b)
    #expect(exit.access?.count == 3)
  }

  @Test func theLogIsBounded() {
    let log = IoctlLog(recording: true)
    for _ in 0..<(IoctlLog.capacity + 1) { _ = log.call("KVM_RUN", .vcpu) { 0 } }
    #expect(log.dropped == IoctlLog.capacity / 2)
    #expect(log.drain().count == IoctlLog.capacity / 2 + 1)
    #expect(log.drain().isEmpty)
  }
}
