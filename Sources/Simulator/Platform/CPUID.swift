/// What CPUID returns in one leaf.
public struct CPUIDLeaf: Sendable, Equatable {
  public var eax: UInt32
  public var ebx: UInt32
  public var ecx: UInt32
  public var edx: UInt32

  public init(_ eax: UInt32, _ ebx: UInt32, _ ecx: UInt32, _ edx: UInt32) {
    self.eax = eax
    self.ebx = ebx
    self.ecx = ecx
    self.edx = edx
  }
}

/// The processor that is simulated, as CPUID tells it (SDM 2, "CPUID").
public enum CPUID {
  public static let highestBasicLeaf: UInt32 = 7
  public static let highestExtendedLeaf: UInt32 = 0x8000_0008

  /// Leaf 1 ECX: VMX, CMPXCHG16B, POPCNT and the like only where the executor has them.
  static let features1ECX: UInt32 = 1 << 5 | 1 << 13 | 1 << 22
  /// Leaf 1 EDX: DE, PSE, TSC, MSR, PAE, CX8, PGE, CMOV, PAT, PSE-36.
  static let features1EDX: UInt32 =
    1 << 2 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 8 | 1 << 13 | 1 << 15 | 1 << 16 | 1 << 17
  /// Leaf 7 EBX: FSGSBASE, SMEP, SMAP.
  static let features7EBX: UInt32 = 1 << 0 | 1 << 7 | 1 << 20
  /// Leaf 80000001H EDX: SYSCALL, NX, 1-GiB pages, RDTSCP, long mode.
  static let featuresExtendedEDX: UInt32 = 1 << 11 | 1 << 20 | 1 << 26 | 1 << 27 | 1 << 29

  /// The values for EAX = `leaf` and ECX = `subleaf`. A leaf beyond the highest basic one gives the
  /// data of the highest basic leaf, as Intel processors do.
  public static func read(_ leaf: UInt32, _ subleaf: UInt32) -> CPUIDLeaf {
    switch leaf {
    // "GenuineIntel", because software chooses VMX by it.
    case 0: return CPUIDLeaf(highestBasicLeaf, 0x756e_6547, 0x6c65_746e, 0x4965_6e69)
    // Family 6, model 158, stepping 13; CLFLUSH line of 64 bytes, one logical processor.
    case 1: return CPUIDLeaf(0x0009_06ed, 0x0001_0800, features1ECX, features1EDX)
    case 2: return CPUIDLeaf(1, 0, 0, 0)
    case 4, 5, 6, 3: return CPUIDLeaf(0, 0, 0, 0)
    case 7: return subleaf == 0 ? CPUIDLeaf(0, features7EBX, 0, 0) : CPUIDLeaf(0, 0, 0, 0)
    case 0x8000_0000: return CPUIDLeaf(highestExtendedLeaf, 0, 0, 0)
    case 0x8000_0001: return CPUIDLeaf(0, 0, 1, featuresExtendedEDX)
    case 0x8000_0002...0x8000_0004: return brand(Int(leaf - 0x8000_0002))
    case 0x8000_0005...0x8000_0007: return CPUIDLeaf(0, 0, 0, leaf == 0x8000_0007 ? 1 << 8 : 0)
    // 40 physical and 48 linear address bits.
    case 0x8000_0008: return CPUIDLeaf(UInt32(Processor.physicalAddressWidth) | 48 << 8, 0, 0, 0)
    default: return CPUIDLeaf(0, features7EBX, 0, 0)
    }
  }

  private static let brandText = Array("Ringside simulated VT-x processor".utf8)

  private static func brand(_ part: Int) -> CPUIDLeaf {
    func word(_ index: Int) -> UInt32 {
      (0..<4).reduce(0) { value, byte in
        let place = part * 16 + index * 4 + byte
        let character = place < brandText.count ? UInt32(brandText[place]) : 0
        return value | character << UInt32(byte * 8)
      }
    }
    return CPUIDLeaf(word(0), word(1), word(2), word(3))
  }
}
