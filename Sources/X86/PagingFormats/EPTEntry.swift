/// One entry of the EPT paging structures, decoded for people (SDM 3C, "EPT Translation Mechanism",
/// the tables "Format of an EPT …").
public struct EPTEntry: Sendable, Equatable {
  /// What the processor supports and the VMCS has switched on, as far as entries depend on it.
  public struct Features: Sendable, Equatable {
    /// MAXPHYADDR, 32 to 52 bits.
    public var physicalAddressBits: Int
    /// IA32_VMX_EPT_VPID_CAP[0].
    public var executeOnly: Bool
    /// IA32_VMX_EPT_VPID_CAP[16].
    public var twoMiBPages: Bool
    /// IA32_VMX_EPT_VPID_CAP[17].
    public var oneGiBPages: Bool
    /// "Mode-based execute control for EPT": bit 10 allows user fetches.
    public var modeBasedExecute: Bool
    /// EPTP[6]: bits 8 and 9 are accessed and dirty flags.
    public var accessedAndDirty: Bool

    public init(
      physicalAddressBits: Int = 52, executeOnly: Bool = true, twoMiBPages: Bool = true,
      oneGiBPages: Bool = true, modeBasedExecute: Bool = false, accessedAndDirty: Bool = true
    ) {
      self.physicalAddressBits = min(max(physicalAddressBits, 32), 52)
      self.executeOnly = executeOnly
      self.twoMiBPages = twoMiBPages
      self.oneGiBPages = oneGiBPages
      self.modeBasedExecute = modeBasedExecute
      self.accessedAndDirty = accessedAndDirty
    }
  }

  /// 1 for a PTE to 5 for a PML5E.
  public let level: Int
  public let raw: UInt64
  public let features: Features

  public init(level: Int, raw: UInt64, features: Features = Features()) {
    self.level = level
    self.raw = raw
    self.features = features
  }

  /// "EPT PML4E", "EPT PDPTE", "EPT PDE", "EPT PTE".
  public var name: String { "EPT " + PagingLevel.entryName(level) }

  public var isReadable: Bool { raw & 1 != 0 }
  public var isWritable: Bool { raw & 2 != 0 }
  public var isExecutable: Bool { raw & 4 != 0 }
  public var isUserExecutable: Bool { features.modeBasedExecute ? raw & 0x400 != 0 : isExecutable }
  public var isAccessed: Bool { features.accessedAndDirty && raw & 0x100 != 0 }
  public var isDirty: Bool { features.accessedAndDirty && isLeaf && raw & 0x200 != 0 }
  public var ignoresPAT: Bool { isLeaf && raw & 0x40 != 0 }

  /// Any of R, W, X, and with mode-based execute control XU.
  public var isPresent: Bool {
    raw & 7 != 0 || (features.modeBasedExecute && raw & 0x400 != 0)
  }

  /// Whether the entry maps a page instead of pointing at the next table.
  public var isLeaf: Bool { level == 1 || ((level == 2 || level == 3) && raw & 0x80 != 0) }

  /// Bytes of the page that a leaf maps; nil for an entry that points at a table.
  public var pageSize: UInt64? {
    guard isLeaf else { return nil }
    return level == 3 ? 1 << 30 : level == 2 ? 1 << 21 : 1 << 12
  }

  /// The host-physical address of the page, or of the next table.
  public var address: UInt64 {
    let low = (pageSize ?? 1 << 12).trailingZeroBitCount
    return raw & BitMask.bits(features.physicalAddressBits &- 1, low)
  }

  /// The memory type of a leaf, bits 5:3; nil for an entry that points at a table.
  public var memoryType: MemoryType? {
    isLeaf ? MemoryType(rawValue: UInt8(raw >> 3 & 7)) : nil
  }

  /// "rwx" with "-" for each right that is missing; a fourth letter for user fetches with
  /// mode-based execute control.
  public var rights: String {
    var text = (isReadable ? "r" : "-") + (isWritable ? "w" : "-") + (isExecutable ? "x" : "-")
    if features.modeBasedExecute { text += isUserExecutable ? "u" : "-" }
    return text
  }

  /// Reserved bits that are 1 in a present entry.
  public var reservedBitsSet: UInt64 { isPresent ? raw & reservedMask : 0 }

  private var reservedMask: UInt64 {
    let wide = BitMask.bits(51, features.physicalAddressBits)
    switch (level, isLeaf) {
    case (4, _), (5, _): return wide | BitMask.bits(7, 3)
    case (3, false), (2, false): return wide | BitMask.bits(6, 3)
    case (3, true): return wide | BitMask.bits(29, 12) | unsupportedPS(features.oneGiBPages)
    case (2, true): return wide | BitMask.bits(20, 12) | unsupportedPS(features.twoMiBPages)
    default: return wide
    }
  }

  private func unsupportedPS(_ isSupported: Bool) -> UInt64 {
    isSupported ? 0 : BitMask.bits(7, 7)
  }

  /// Why the processor would exit with an EPT misconfiguration here; nil if it would not
  /// (SDM 3C, "EPT Misconfigurations"). An entry that is not present is never misconfigured.
  public var misconfiguration: String? {
    guard isPresent else { return nil }
    if isWritable, !isReadable { return "writable but not readable (bits 1:0 are 10b)" }
    if !isReadable, !features.executeOnly {
      return "executable but not readable, and the processor has no execute-only pages"
    }
    if let type = memoryType, type.isReserved {
      return "memory type \(type.rawValue) in bits 5:3 is reserved"
    }
    if raw & reservedMask & BitMask.bits(7, 7) != 0, isLeaf {
      let size = PagingLevel.sizeName(pageSize ?? 0)
      return "bit 7 maps a \(size) page, which the processor does not support"
    }
    if reservedBitsSet != 0 { return "reserved bits \(BitMask.text(reservedBitsSet)) are 1" }
    return nil
  }

  /// The set flags, lowest bit first: "R", "W", "X", "IPAT", "PS", "A", "D", "XU", "SVE". Just "not
  /// present" for an entry that is not.
  public var flags: [String] {
    guard isPresent else { return ["not present"] }
    var bits: [(Int, String)] = [(0, "R"), (1, "W"), (2, "X")]
    if isLeaf { bits.append((6, "IPAT")) }
    if isLeaf, level > 1 { bits.append((7, "PS")) }
    if features.accessedAndDirty { bits.append((8, "A")) }
    if features.accessedAndDirty, isLeaf { bits.append((9, "D")) }
    if features.modeBasedExecute { bits.append((10, "XU")) }
    if isLeaf { bits.append((63, "SVE")) }
    return bits.filter { raw >> UInt64($0.0) & 1 == 1 }.map(\.1)
  }

  /// One line: "EPT PDE 0xb7: 2 MiB page at 0x0, rwx, WB".
  public var summary: String {
    let start = "\(name) \(Hex.text(raw)): "
    guard isPresent else { return start + "not present" }
    if let misconfiguration { return start + "misconfigured: \(misconfiguration)" }
    guard let pageSize, let memoryType else {
      return start + "\(PagingLevel.tableName(level &- 1)) at \(Hex.text(address)), \(rights)"
    }
    let size = PagingLevel.sizeName(pageSize)
    return start + "\(size) page at \(Hex.text(address)), \(rights), \(memoryType.name)"
  }
}

/// A memory type as EPT, PAT and the MTRRs encode it (SDM 3A, "Methods of Caching Available").
public struct MemoryType: RawRepresentable, Sendable, Equatable {
  public var rawValue: UInt8
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// 2, 3 and 7 and above mean nothing in an EPT entry.
  public var isReserved: Bool { ![0, 1, 4, 5, 6].contains(rawValue) }

  public var name: String {
    switch rawValue {
    case 0: "UC"
    case 1: "WC"
    case 4: "WT"
    case 5: "WP"
    case 6: "WB"
    default: "reserved type \(rawValue)"
    }
  }
}
