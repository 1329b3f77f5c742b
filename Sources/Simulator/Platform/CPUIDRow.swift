/// A register that CPUID writes.
public enum CPUIDRegister: UInt8, Sendable {
  case eax, ebx, ecx, edx
}

/// One feature bit, or one field, of what CPUID returns.
public struct CPUIDRow: Sendable {
  public let leaf: UInt32
  public let subleaf: UInt32
  public let register: CPUIDRegister
  /// Its lowest bit.
  public let bit: UInt32
  /// 1 for a feature.
  public let value: UInt32
  /// The manual's name of a feature, or the meaning of a field.
  public let name: String

  init(
    _ leaf: UInt32, _ register: CPUIDRegister, _ bit: UInt32, _ name: String,
    subleaf: UInt32 = 0, value: UInt32 = 1
  ) {
    (self.leaf, self.subleaf, self.register) = (leaf, subleaf, register)
    (self.bit, self.value, self.name) = (bit, value, name)
  }
}

extension CPUID {
  /// The simulated processor (SDM 2A, "CPUID: CPU Identification"). What a processor's state or its
  /// place in the machine decides is added by `Processor.cpuid`.
  public static let rows: [CPUIDRow] =
    identity + features1 + monitorWait + features7 + extendedState + extended

  private static let identity: [CPUIDRow] = [
    // "GenuineIntel", because software chooses VMX by it.
    CPUIDRow(0, .ebx, 0, "Genu", value: 0x756e_6547),
    CPUIDRow(0, .edx, 0, "ineI", value: 0x4965_6e69),
    CPUIDRow(0, .ecx, 0, "ntel", value: 0x6c65_746e),
    CPUIDRow(1, .eax, 0, "stepping 13, model 158, family 6", value: 0x0009_06ed),
    CPUIDRow(1, .ebx, 8, "CLFLUSH line size, in units of 8 bytes", value: 8),
    CPUIDRow(2, .eax, 0, "how often to execute this leaf; no descriptor follows", value: 1),
  ]

  private static let features1: [CPUIDRow] = [
    CPUIDRow(1, .ecx, 5, "VMX"),
    CPUIDRow(1, .ecx, 13, "CMPXCHG16B"),
    CPUIDRow(1, .ecx, 17, "PCID"),
    CPUIDRow(1, .ecx, 22, "MOVBE"),
    CPUIDRow(1, .ecx, 23, "POPCNT"),
    CPUIDRow(1, .ecx, 26, "XSAVE"),
    CPUIDRow(1, .ecx, 30, "RDRAND"),
    CPUIDRow(1, .ecx, 3, "MONITOR"),
    CPUIDRow(1, .edx, 1, "VME"),
    CPUIDRow(1, .edx, 2, "DE"),
    CPUIDRow(1, .edx, 3, "PSE"),
    CPUIDRow(1, .edx, 4, "TSC"),
    CPUIDRow(1, .edx, 5, "MSR"),
    CPUIDRow(1, .edx, 6, "PAE"),
    CPUIDRow(1, .edx, 7, "MCE"),
    CPUIDRow(1, .edx, 8, "CX8"),
    CPUIDRow(1, .edx, 12, "MTRR"),
    CPUIDRow(1, .edx, 11, "SEP"),
    CPUIDRow(1, .edx, 13, "PGE"),
    CPUIDRow(1, .edx, 14, "MCA"),
    CPUIDRow(1, .edx, 15, "CMOV"),
    CPUIDRow(1, .edx, 16, "PAT"),
    CPUIDRow(1, .edx, 17, "PSE-36"),
    CPUIDRow(1, .edx, 19, "CLFSH"),
  ]

  private static let monitorWait: [CPUIDRow] = [
    CPUIDRow(5, .eax, 0, "bytes of the smallest monitor line", value: 64),
    CPUIDRow(5, .ebx, 0, "bytes of the largest monitor line", value: 64),
    CPUIDRow(5, .ecx, 0, "extensions of MONITOR and MWAIT are listed"),
    CPUIDRow(5, .ecx, 1, "interrupts end MWAIT even if masked"),
  ]

  private static let features7: [CPUIDRow] = [
    CPUIDRow(7, .ebx, 0, "FSGSBASE"),
    CPUIDRow(7, .ebx, 3, "BMI1"),
    CPUIDRow(7, .ebx, 7, "SMEP"),
    CPUIDRow(7, .ebx, 8, "BMI2"),
    CPUIDRow(7, .ebx, 10, "INVPCID"),
    CPUIDRow(7, .ebx, 18, "RDSEED"),
    CPUIDRow(7, .ebx, 19, "ADX"),
    CPUIDRow(7, .ebx, 20, "SMAP"),
    CPUIDRow(7, .ebx, 23, "CLFLUSHOPT"),
    CPUIDRow(7, .ebx, 24, "CLWB"),
    CPUIDRow(7, .ecx, 2, "UMIP"),
    CPUIDRow(7, .ecx, 3, "PKU"),
    CPUIDRow(7, .ecx, 16, "LA57"),
    CPUIDRow(7, .ecx, 22, "RDPID"),
    CPUIDRow(7, .ecx, 25, "CLDEMOTE"),
    CPUIDRow(7, .edx, 14, "SERIALIZE"),
  ]

  private static let extendedState: [CPUIDRow] = [
    CPUIDRow(0xb, .ecx, 8, "level type: thread"),
    CPUIDRow(0xd, .eax, 0, "XCR0 may hold: x87"),
    CPUIDRow(0xd, .ebx, 0, "bytes of an XSAVE area for what XCR0 holds", value: 576),
    CPUIDRow(0xd, .ecx, 0, "bytes of the largest XSAVE area", value: 576),
    CPUIDRow(0xd, .eax, 0, "XSAVEOPT", subleaf: 1),
  ]

  private static let extended: [CPUIDRow] = [
    CPUIDRow(0x8000_0001, .ecx, 0, "LAHF/SAHF in 64-bit mode"),
    CPUIDRow(0x8000_0001, .ecx, 5, "LZCNT"),
    CPUIDRow(0x8000_0001, .ecx, 8, "PREFETCHW"),
    CPUIDRow(0x8000_0001, .edx, 11, "SYSCALL"),
    CPUIDRow(0x8000_0001, .edx, 20, "execute disable"),
    CPUIDRow(0x8000_0001, .edx, 26, "1-GiB pages"),
    CPUIDRow(0x8000_0001, .edx, 27, "RDTSCP"),
    CPUIDRow(0x8000_0001, .edx, 29, "Intel 64"),
    CPUIDRow(0x8000_0007, .edx, 8, "invariant TSC"),
    CPUIDRow(
      0x8000_0008, .eax, 0, "physical-address bits",
      value: UInt32(Processor.physicalAddressWidth)),
    CPUIDRow(
      0x8000_0008, .eax, 8, "linear-address bits",
      value: UInt32(Processor.linearAddressWidth)),
    CPUIDRow(0x8000_0008, .ebx, 9, "WBNOINVD"),
  ]
}
