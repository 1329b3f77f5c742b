/// One entry of the guest's own paging structures, decoded for people (SDM 3A, "Paging", the
/// tables "Format of …").
public struct PagingEntry: Sendable, Equatable {
  /// What the processor supports and has switched on, as far as entries depend on it.
  public struct Features: Sendable, Equatable {
    /// MAXPHYADDR, 32 to 52 bits.
    public var physicalAddressBits: Int
    /// CR4.PSE: 4-MiB pages in 32-bit paging.
    public var pse: Bool
    /// PSE-36: 4-MiB pages above 4 GiB.
    public var pse36: Bool
    /// IA32_EFER.NXE: bit 63 forbids fetches.
    public var nxe: Bool
    public var oneGiBPages: Bool

    public init(
      physicalAddressBits: Int = 52, pse: Bool = true, pse36: Bool = true, nxe: Bool = true,
      oneGiBPages: Bool = true
    ) {
      self.physicalAddressBits = min(max(physicalAddressBits, 32), 52)
      self.pse = pse
      self.pse36 = pse36
      self.nxe = nxe
      self.oneGiBPages = oneGiBPages
    }
  }

  /// 1 for a PTE to 5 for a PML5E.
  public let level: Int
  public let mode: PagingMode
  public let raw: UInt64
  public let features: Features

  public init(level: Int, mode: PagingMode, raw: UInt64, features: Features = Features()) {
    self.level = level
    self.mode = mode
    self.raw = mode == .bits32 ? raw & 0xffff_ffff : raw
    self.features = features
  }

  /// "PML4E", "PDPTE", "PDE", "PTE".
  public var name: String { PagingLevel.entryName(level) }

  public var isPresent: Bool { raw & 1 != 0 }

  /// The four PDPTEs of PAE paging have no rights and no accessed flag.
  private var isPAEPointer: Bool { mode == .pae && level == 3 }

  public var isWritable: Bool { isPAEPointer || raw & 2 != 0 }
  public var isUser: Bool { isPAEPointer || raw & 4 != 0 }
  public var isAccessed: Bool { !isPAEPointer && raw & 0x20 != 0 }
  public var isDirty: Bool { isLeaf && raw & 0x40 != 0 }
  public var isGlobal: Bool { isLeaf && raw & 0x100 != 0 }
  public var isExecuteDisabled: Bool {
    mode != .bits32 && !isPAEPointer && features.nxe && raw >> 63 == 1
  }

  /// Whether the entry maps a page instead of pointing at the next table.
  public var isLeaf: Bool {
    switch (mode, level) {
    case (_, 1): true
    case (.bits32, 2): features.pse && raw & 0x80 != 0
    case (_, 2): raw & 0x80 != 0
    case (.level4, 3), (.level5, 3): raw & 0x80 != 0
    default: false
    }
  }

  /// Bytes of the page that a leaf maps; nil for an entry that points at a table.
  public var pageSize: UInt64? {
    guard isLeaf else { return nil }
    switch level {
    case 3: return 1 << 30
    case 2: return mode == .bits32 ? 1 << 22 : 1 << 21
    default: return 1 << 12
    }
  }

  /// The physical address of the page, or of the next table.
  public var address: UInt64 {
    if mode == .bits32, level == 2, isLeaf {
      // SDM 3A, "32-Bit Paging": bits 20:13 are bits 39:32 of the address with PSE-36.
      let upper = features.pse36 ? (raw >> 13 & 0xff) << 32 : 0
      return raw & BitMask.bits(31, 22) | upper
    }
    let low = (pageSize ?? 1 << 12).trailingZeroBitCount
    return raw & BitMask.bits(addressBits &- 1, low)
  }

  private var addressBits: Int { mode == .bits32 ? 32 : features.physicalAddressBits }

  /// Reserved bits that are 1, for which a present entry raises #PF with RSVD=1 (a PDPTE of PAE
  /// paging: #GP when it is loaded).
  public var reservedBitsSet: UInt64 { isPresent ? raw & reservedMask : 0 }

  private var reservedMask: UInt64 {
    switch mode {
    case .off: return 0
    case .bits32: return reserved32
    case .pae: return isPAEPointer ? reservedPAEPointer : reservedWide(top: 62)
    case .level4, .level5: return reservedWide(top: 51)
    }
  }

  private var reserved32: UInt64 {
    guard level == 2, isLeaf else { return 0 }
    let upper = features.pse36 ? max(0, min(40, features.physicalAddressBits) &- 32) : 0
    return BitMask.bits(20, 13 &+ upper) | BitMask.bits(21, 21)
  }

  private var reservedPAEPointer: UInt64 {
    BitMask.bits(2, 1) | BitMask.bits(8, 5) | BitMask.bits(63, features.physicalAddressBits)
  }

  private func reservedWide(top: Int) -> UInt64 {
    var mask = BitMask.bits(top, features.physicalAddressBits)
    if !features.nxe { mask |= BitMask.bits(63, 63) }
    switch level {
    case 4, 5: mask |= BitMask.bits(7, 7)
    case 3 where isLeaf: mask |= features.oneGiBPages ? BitMask.bits(29, 13) : BitMask.bits(7, 7)
    case 2 where isLeaf: mask |= BitMask.bits(20, 13)
    default: break
    }
    return mask
  }

  /// The protection key of a leaf in 4-level and 5-level paging, bits 62:59.
  public var protectionKey: Int {
    isLeaf && (mode == .level4 || mode == .level5) ? Int(raw >> 59 & 15) : 0
  }

  /// The set flags as the manual names them, lowest bit first: "P", "R/W", "U/S", "PWT", "PCD",
  /// "A", "D", "PS", "G", "PAT", "XD". Just "not present" for an entry with P=0.
  public var flags: [String] {
    guard isPresent else { return ["not present"] }
    let leaf = isLeaf
    var bits: [(Int, String)] = [(0, "P"), (3, "PWT"), (4, "PCD")]
    if !isPAEPointer { bits += [(1, "R/W"), (2, "U/S"), (5, "A")] }
    if leaf { bits += [(6, "D"), (8, "G"), level == 1 ? (7, "PAT") : (12, "PAT")] }
    if leaf, level > 1 { bits.append((7, "PS")) }
    if isExecuteDisabled { bits.append((63, "XD")) }
    return bits.filter { raw >> UInt64($0.0) & 1 == 1 }.sorted { $0.0 < $1.0 }.map(\.1)
  }

  /// One line: "PDE 0x83: 2 MiB page at 0x0, P R/W PS".
  public var summary: String {
    let start = "\(name) \(Hex.text(raw)): "
    guard isPresent else { return start + "not present" }
    let target =
      pageSize.map { "\(PagingLevel.sizeName($0)) page" }
      ?? PagingLevel.tableName(level &- 1)
    var text = start + "\(target) at \(Hex.text(address)), " + flags.joined(separator: " ")
    if protectionKey != 0 { text += ", key \(protectionKey)" }
    if reservedBitsSet != 0 { text += "; reserved bits \(BitMask.text(reservedBitsSet)) are 1" }
    return text
  }
}
