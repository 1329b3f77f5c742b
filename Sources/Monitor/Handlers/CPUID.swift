import X86

extension ExitHandler {
  static let cpuid = ExitHandler(
    .cpuid, "answers with the processor that the guest is to see: CPUIDLeaf.rows"
  ) { monitor, exit in
    try monitor.changeRegisters { registers in
      let answer = CPUIDLeaf.answer(
        leaf: UInt32(truncatingIfNeeded: registers[.rax]),
        subleaf: UInt32(truncatingIfNeeded: registers[.rcx]))
      // Writing a 32-bit register clears its upper half.
      registers[.rax] = UInt64(answer.eax)
      registers[.rbx] = UInt64(answer.ebx)
      registers[.rcx] = UInt64(answer.ecx)
      registers[.rdx] = UInt64(answer.edx)
    }
    try monitor.machine.cpu.skip(exit)
    return .resume
  }
}

/// A CPUID leaf as the guest sees it (SDM 2A, "CPUID—CPU Identification").
struct CPUIDLeaf: Sendable, Equatable {
  let leaf: UInt32
  let eax: UInt32
  let ebx: UInt32
  let ecx: UInt32
  let edx: UInt32

  init(_ leaf: UInt32, _ eax: UInt32, _ ebx: UInt32, _ ecx: UInt32, _ edx: UInt32) {
    (self.leaf, self.eax, self.ebx, self.ecx, self.edx) = (leaf, eax, ebx, ecx, edx)
  }

  /// The processor: twelve letters in EBX, EDX, ECX.
  static let vendor = "RingsideVT-x"
  /// The monitor: twelve letters in EBX, ECX, EDX.
  static let hypervisorVendor = "RingsideVMM\0"
  private static let brand = "Ringside simulated VT-x processor"

  /// Leaves that are not here answer 0 in all registers.
  static let rows: [CPUIDLeaf] = [
    CPUIDLeaf(0, 7, letters(vendor, 0), letters(vendor, 8), letters(vendor, 4)),
    // Family 6; ECX: PCID 17, hypervisor 31, and not VMX 5; EDX: VME 1, DE 2, PSE 3, TSC 4, MSR 5,
    // PAE 6, CX8 8, SEP 11, PGE 13, CMOV 15, PAT 16.
    CPUIDLeaf(1, 0x0009_06e0, 0, 1 << 31 | 1 << 17, 0x0001_a97e),
    // EBX: FSGSBASE 0, SMEP 7, INVPCID 10, SMAP 20; ECX: UMIP 2.
    CPUIDLeaf(7, 0, 1 << 0 | 1 << 7 | 1 << 10 | 1 << 20, 1 << 2, 0),
    CPUIDLeaf(
      0x4000_0000, 0x4000_0000, letters(hypervisorVendor, 0), letters(hypervisorVendor, 4),
      letters(hypervisorVendor, 8)),
    CPUIDLeaf(0x8000_0000, 0x8000_0008, 0, 0, 0),
    // ECX: LAHF in 64-bit mode 0; EDX: SYSCALL 11, NX 20, 1-GiB pages 26, RDTSCP 27, long mode 29.
    CPUIDLeaf(0x8000_0001, 0, 0, 1, 1 << 11 | 1 << 20 | 1 << 26 | 1 << 27 | 1 << 29),
    brandLeaf(0x8000_0002, 0), brandLeaf(0x8000_0003, 16), brandLeaf(0x8000_0004, 32),
    // Physical and linear address widths: 39 and 48 bits.
    CPUIDLeaf(0x8000_0008, 48 << 8 | 39, 0, 0, 0),
  ]

  static func answer(leaf: UInt32, subleaf: UInt32) -> CPUIDLeaf {
    let none = CPUIDLeaf(leaf, 0, 0, 0, 0)
    if leaf == 7, subleaf != 0 { return none }
    return rows.first { $0.leaf == leaf } ?? none
  }

  private static func brandLeaf(_ leaf: UInt32, _ at: Int) -> CPUIDLeaf {
    CPUIDLeaf(
      leaf, letters(brand, at), letters(brand, at + 4), letters(brand, at + 8),
      letters(brand, at + 12))
  }

  /// Four letters of `text` from `start`, the first in bits 7:0; 0 beyond the end.
  private static func letters(_ text: String, _ start: Int) -> UInt32 {
    let bytes = text.utf8.dropFirst(start).prefix(4)
    return bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) }
  }
}
