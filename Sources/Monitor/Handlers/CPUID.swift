import Simulator
import X86

extension ExitHandler {
  static let cpuid = ExitHandler(
    .cpuid, "answers as the processor does, with VMX hidden and the monitor named"
  ) { monitor, exit in
    if let processor = monitor.books.contents.processor {
      answerCPUID(processor)
    } else {
      let answer = GuestCPUID.read(
        UInt32(truncatingIfNeeded: try monitor.general(.rax)),
        UInt32(truncatingIfNeeded: try monitor.general(.rcx)))
      try monitor.setGeneral([
        .rax: UInt64(answer.eax), .rbx: UInt64(answer.ebx), .rcx: UInt64(answer.ecx),
        .rdx: UInt64(answer.edx),
      ])
    }
    try monitor.skip(exit)
    return .resume
  }

  /// Writing a 32-bit register clears its upper half.
  static func answerCPUID(_ processor: Processor) {
    let leaf = UInt32(truncatingIfNeeded: processor.generalRegister(.rax))
    let subleaf = UInt32(truncatingIfNeeded: processor.generalRegister(.rcx))
    let answer = GuestCPUID.read(
      leaf, subleaf, base: processor.cpuidOfGuest(leaf, subleaf))
    processor.setGeneralRegister(.rax, UInt64(answer.eax))
    processor.setGeneralRegister(.rbx, UInt64(answer.ebx))
    processor.setGeneralRegister(.rcx, UInt64(answer.ecx))
    processor.setGeneralRegister(.rdx, UInt64(answer.edx))
  }
}

/// The processor that the guest is to see (SDM 2A, "CPUID—CPU Identification"): the simulated one
/// with these changes.
enum GuestCPUID {
  struct Change: Sendable {
    let leaf: UInt32
    /// What the guest sees otherwise, in words.
    let meaning: String
    let change: @Sendable (inout CPUIDLeaf) -> Void
  }

  /// The monitor: twelve letters in EBX, ECX, EDX.
  static let vendor = "RingsideVMM\0"

  static let rows: [Change] = [
    Change(leaf: 1, meaning: "ECX bit 5: no VMX") { $0.ecx &= ~(1 << 5) },
    Change(leaf: 1, meaning: "ECX bit 31: there is a hypervisor") { $0.ecx |= 1 << 31 },
    Change(leaf: 0x4000_0000, meaning: "the hypervisor's highest leaf and its name") {
      $0 = CPUIDLeaf(
        0x4000_0000, letters(vendor, 0), letters(vendor, 4), letters(vendor, 8))
    },
  ]

  /// `base` is what the guest's processor answers; the table's answer if nil.
  static func read(
    _ leaf: UInt32, _ subleaf: UInt32, base: CPUIDLeaf? = nil
  ) -> CPUIDLeaf {
    var answer = base ?? CPUID.read(leaf, subleaf)
    for index in rows.indices where rows[index].leaf == leaf { rows[index].change(&answer) }
    return answer
  }

  /// Four letters of `text` from `start`, the first in bits 7:0; 0 beyond the end.
  private static func letters(_ text: String, _ start: Int) -> UInt32 {
    let bytes = text.utf8.dropFirst(start).prefix(4)
    return bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) }
  }
}
