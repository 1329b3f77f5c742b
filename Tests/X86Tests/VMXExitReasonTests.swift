import Testing

@testable import X86

@Suite struct VMXExitReasonTests {
  @Test func rowsAscendAndNamesAreUnique() {
    let numbers = ExitReason.rows.map(\.number)
    #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 })
    #expect(Set(ExitReason.rows.map(\.identifier)).count == numbers.count)
    #expect(Set(ExitReason.rows.map(\.name)).count == numbers.count)
    for row in ExitReason.rows {
      #expect(row.identifier.allSatisfy { $0.isLowercase || $0.isNumber || $0 == "-" })
    }
  }

  @Test func unusedNumbersHaveNoRow() {
    let unused: [UInt16] = [35, 38, 42, 71, 82, 83, 86, 0xffff]
    for number in unused {
      #expect(ExitReason(rawValue: number).row == nil)
      #expect(ExitReason(named: String(number)) == nil)
    }
    #expect(ExitReason.rows.count == 86 - 6)
  }

  // SDM 3D, "VMX Basic Exit Reasons".
  static let manualNumbers: [(UInt16, String)] = [
    (0, "exception-or-nmi"), (2, "triple-fault"), (10, "cpuid"), (12, "hlt"),
    (18, "vmcall"), (28, "cr-access"), (30, "io-instruction"), (31, "rdmsr"), (32, "wrmsr"),
    (33, "entry-failure-guest-state"), (37, "monitor-trap-flag"), (48, "ept-violation"),
  ]

  @Test(arguments: manualNumbers)
  func numberAndNameAgree(_ number: UInt16, _ name: String) {
    #expect(ExitReason(rawValue: number).identifier == name)
    #expect(ExitReason(named: name)?.rawValue == number)
    #expect(ExitReason(named: "\(number)")?.identifier == name)
  }

  @Test func entryFailuresAreThree() {
    let failures = ExitReason.rows.filter { $0.kind == .entryFailure }.map(\.number)
    #expect(failures == [33, 34, 41])
    for row in ExitReason.rows {
      #expect(row.reason.isEntryFailure == (row.kind == .entryFailure))
    }
  }

  @Test func lengthIsValidForInstructionsThatFault() {
    #expect(ExitReason.cpuid.row?.length == .always)
    #expect(ExitReason.ioInstruction.row?.length == .always)
    #expect(ExitReason.externalInterrupt.row?.length == .never)
    #expect(ExitReason.monitorTrapFlag.row?.length == .never)
    #expect(ExitReason.vmptrld.row?.information == .always)
    #expect(ExitReason.vmcall.row?.information == .never)
  }
}
