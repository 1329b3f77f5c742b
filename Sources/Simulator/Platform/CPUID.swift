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

  static let zero = CPUIDLeaf(0, 0, 0, 0)

  fileprivate mutating func add(_ row: CPUIDRow) {
    let bits = row.value &<< row.bit
    switch row.register {
    case .eax: eax |= bits
    case .ebx: ebx |= bits
    case .ecx: ecx |= bits
    case .edx: edx |= bits
    }
  }
}

/// The processor that is simulated, as CPUID tells it (SDM 2A, "CPUID: CPU Identification"). Its
/// features are the rows of CPUIDRow.swift.
public enum CPUID {
  public static let highestBasicLeaf: UInt32 =
    rows.map(\.leaf).filter { $0 < 0x8000_0000 }.max() ?? 0
  public static let highestExtendedLeaf: UInt32 = rows.map(\.leaf).max() ?? 0x8000_0000

  /// The values for EAX = `leaf` and ECX = `subleaf` that are the same at any time. A leaf beyond the
  /// highest basic one gives the data of the highest basic leaf, as Intel processors do.
  public static func read(_ leaf: UInt32, _ subleaf: UInt32) -> CPUIDLeaf {
    let leaf = existing(leaf)
    if leaf >= 0x8000_0000 { return extendedLeaves[Int(leaf & 0xff)] }
    let number = Int(leaf)
    let leaves = basicLeaves[number]
    if leaves.count == 1, !hasSubleaves(number) { return leaves[0] }
    return subleaf < leaves.count ? leaves[Int(subleaf)] : .zero
  }

  /// The leaf that answers for `leaf`.
  static func existing(_ leaf: UInt32) -> UInt32 {
    let isExtended = leaf >= 0x8000_0000 && leaf <= highestExtendedLeaf
    return isExtended ? leaf : min(leaf, highestBasicLeaf)
  }

  /// Whether the row of a feature bit is there.
  public static func has(_ leaf: UInt32, _ register: CPUIDRegister, _ bit: UInt32) -> Bool {
    let answer = read(leaf, 0)
    let word =
      switch register {
      case .eax: answer.eax
      case .ebx: answer.ebx
      case .ecx: answer.ecx
      case .edx: answer.edx
      }
    return (word >> bit) & 1 != 0
  }

  /// Leaves for which ECX selects; the others ignore it.
  private static func hasSubleaves(_ leaf: Int) -> Bool {
    leaf == 4 || leaf == 7 || leaf == 0xb || leaf == 0xd
  }

  /// By leaf, then by subleaf; one at least.
  private static let basicLeaves: [[CPUIDLeaf]] = (0...highestBasicLeaf).map { leaf in
    let subleaves = rows.filter { $0.leaf == leaf }.map(\.subleaf).max() ?? 0
    return (0...subleaves).map { subleaf in
      var answer = gather(leaf, subleaf)
      if leaf == 0 { answer.eax = highestBasicLeaf }
      return answer
    }
  }

  /// From 80000000H.
  private static let extendedLeaves: [CPUIDLeaf] = (0x8000_0000...highestExtendedLeaf).map { leaf in
    switch leaf {
    case 0x8000_0000: CPUIDLeaf(highestExtendedLeaf, 0, 0, 0)
    case 0x8000_0002...0x8000_0004: brand(Int(leaf - 0x8000_0002))
    default: gather(leaf, 0)
    }
  }

  private static func gather(_ leaf: UInt32, _ subleaf: UInt32) -> CPUIDLeaf {
    var answer = CPUIDLeaf.zero
    for row in rows where row.leaf == leaf && row.subleaf == subleaf { answer.add(row) }
    return answer
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
