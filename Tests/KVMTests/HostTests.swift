import Testing
import X86

@testable import KVM

/// What can be said without a usable /dev/kvm.
@Suite("Hosts without KVM")
struct HostTests {
  @Test func aMissingDeviceSaysWhyAndHowToMendIt() {
    let error = #expect(throws: MachineError.self) {
      try KVMMachine(memorySize: 0x1000, devicePath: "/nonexistent/kvm")
    }
    let text = error?.description ?? ""
    #expect(text.hasPrefix("/nonexistent/kvm: the device does not exist; "))
    #expect(text.contains("modprobe"))
    #expect(text.contains("backend sim"))
    #expect(!text.contains("\n"))
  }

  @Test func aForbiddenDeviceNamesTheGroup() {
    let text = KVMDevice.openError(path: "/dev/kvm", result: -13).description
    #expect(text.hasPrefix("/dev/kvm: permission denied; "))
    #expect(text.contains("group"))
    #expect(text.contains("kvm"))
  }

  @Test func anotherDeviceIsNoKVM() {
    let error = #expect(throws: MachineError.self) {
      try KVMMachine(memorySize: 0x1000, devicePath: "/dev/null")
    }
    #expect(error?.description.contains("no KVM device") == true)
  }

  @Test func doctorOfAMissingDevice() {
    let findings = KVMHost.diagnose(devicePath: "/nonexistent/kvm")
    #expect(findings.last?.state == .fail)
    #expect(findings.last?.value == "the device does not exist")
    #expect(findings.last?.remedy.isEmpty == false)
  }

  @Test(.enabled(if: HostKVM.isUsable, HostKVM.reason)) func doctorOfThisHost() {
    let findings = KVMHost.diagnose()
    #expect(findings.contains { $0.name == "API version" && $0.value == "12" })
    #expect(findings.contains { $0.name == "KVM_CAP_USER_MEMORY" && $0.state == .ok })
    for finding in findings where finding.state == .fail { #expect(!finding.remedy.isEmpty) }
  }

  @Test func segmentsKeepTheirAccessRights() {
    for access: UInt32 in [0x9b, 0x93, 0xc09b, 0xa09b, 0x8b, 0x82, 0x1_0000, 0xf0fb] {
      let segment = Segment(selector: 0x18, base: 0x1234, limit: 0xfffff, access: access)
      #expect(Segment(segment.kvm) == segment)
    }
  }

  @Test func errorNumbersAsWords() {
    #expect(Errno.describe(-4) == "-EINTR (interrupted by a signal)")
    #expect(Errno.describe(-22) == "-EINVAL (Invalid argument)")
  }
}
