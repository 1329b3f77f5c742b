/// The paging modes (SDM 3A, "Paging Modes and Control Bits").
public enum PagingMode: String, Sendable, CaseIterable {
  case off = "paging off"
  case bits32 = "32-bit paging"
  case pae = "PAE paging"
  case level4 = "4-level paging"
  case level5 = "5-level paging"

  /// The mode that these registers select.
  public init(cr0: UInt64, cr4: UInt64, efer: UInt64) {
    if cr0 & CR0.pg == 0 {
      self = .off
    } else if cr4 & CR4.pae == 0 {
      self = .bits32
    } else if efer & EFER.lme == 0 {
      self = .pae
    } else {
      self = cr4 & CR4.la57 == 0 ? .level4 : .level5
    }
  }

  /// The level of the table that CR3 points at; 0 without paging.
  public var topLevel: Int {
    switch self {
    case .off: 0
    case .bits32: 2
    case .pae: 3
    case .level4: 4
    case .level5: 5
    }
  }

  /// Bytes of one entry.
  public var entrySize: Int { self == .bits32 ? 4 : 8 }

  /// The index of the entry for `linear` in a table of `level`, 1 being the page table.
  public func index(of linear: UInt64, level: Int) -> Int {
    if self == .bits32 {
      return level == 2 ? Int((linear >> 22) & 0x3ff) : Int((linear >> 12) & 0x3ff)
    }
    let mask: UInt64 = self == .pae && level == 3 ? 3 : 0x1ff
    return Int((linear >> UInt64(3 &+ 9 &* min(max(level, 1), 5))) & mask)
  }
}

/// Names of paging structures and their entries by level.
public enum PagingLevel {
  /// "PTE" for 1 to "PML5E" for 5.
  public static func entryName(_ level: Int) -> String {
    switch level {
    case 1: "PTE"
    case 2: "PDE"
    case 3: "PDPTE"
    case 4: "PML4E"
    case 5: "PML5E"
    default: "entry of level \(level)"
    }
  }

  /// "PT" for 1 to "PML5" for 5.
  public static func tableName(_ level: Int) -> String {
    switch level {
    case 1: "PT"
    case 2: "PD"
    case 3: "PDPT"
    case 4: "PML4"
    case 5: "PML5"
    default: "table of level \(level)"
    }
  }

  /// "4 KiB", "2 MiB", "4 MiB", "1 GiB".
  public static func sizeName(_ bytes: UInt64) -> String {
    switch bytes {
    case 1 << 30: "1 GiB"
    case 1 << 22: "4 MiB"
    case 1 << 21: "2 MiB"
    default: "\(bytes >> 10) KiB"
    }
  }
}

/// Masks of bit ranges, both ends included; 0 for a range that is empty.
enum BitMask {
  static func bits(_ high: Int, _ low: Int) -> UInt64 {
    guard 0 <= low, low <= high, high < 64 else { return 0 }
    return (~UInt64(0) >> UInt64(63 &- (high &- low))) << UInt64(low)
  }

  /// The highest and lowest bits of each run of ones, as the manual writes them: "20:13, 7".
  static func text(_ mask: UInt64) -> String {
    var runs: [String] = []
    var bit = 63
    while bit >= 0 {
      guard mask & (1 << UInt64(bit)) != 0 else {
        bit -= 1
        continue
      }
      let high = bit
      while bit > 0, mask & (1 << UInt64(bit - 1)) != 0 { bit -= 1 }
      runs.append(high == bit ? "\(high)" : "\(high):\(bit)")
      bit -= 1
    }
    return runs.joined(separator: ", ")
  }
}
