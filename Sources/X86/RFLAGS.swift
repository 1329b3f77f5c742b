/// The RFLAGS register (SDM 1, "EFLAGS Register").
public struct RFLAGS: OptionSet, Sendable, Equatable {
  public var rawValue: UInt64
  public init(rawValue: UInt64) { self.rawValue = rawValue }

  public static let cf = RFLAGS(rawValue: 1 << 0)
  public static let alwaysOne = RFLAGS(rawValue: 1 << 1)
  public static let pf = RFLAGS(rawValue: 1 << 2)
  public static let af = RFLAGS(rawValue: 1 << 4)
  public static let zf = RFLAGS(rawValue: 1 << 6)
  public static let sf = RFLAGS(rawValue: 1 << 7)
  public static let tf = RFLAGS(rawValue: 1 << 8)
  public static let `if` = RFLAGS(rawValue: 1 << 9)
  public static let df = RFLAGS(rawValue: 1 << 10)
  public static let of = RFLAGS(rawValue: 1 << 11)
  public static let nt = RFLAGS(rawValue: 1 << 14)
  public static let rf = RFLAGS(rawValue: 1 << 16)
  public static let vm = RFLAGS(rawValue: 1 << 17)
  public static let ac = RFLAGS(rawValue: 1 << 18)
  public static let vif = RFLAGS(rawValue: 1 << 19)
  public static let vip = RFLAGS(rawValue: 1 << 20)
  public static let id = RFLAGS(rawValue: 1 << 21)

  /// CF, PF, AF, ZF, SF and OF.
  public static let arithmetic = RFLAGS(rawValue: 0x8d5)

  /// I/O privilege level, 0 to 3.
  public var iopl: Int { Int(rawValue >> 12) & 3 }

  /// Flag names with their bit numbers, in ascending order.
  public static let names: [(name: String, bit: Int)] = [
    ("CF", 0), ("PF", 2), ("AF", 4), ("ZF", 6), ("SF", 7), ("TF", 8), ("IF", 9), ("DF", 10),
    ("OF", 11), ("NT", 14), ("RF", 16), ("VM", 17), ("AC", 18), ("VIF", 19), ("VIP", 20),
    ("ID", 21),
  ]

  /// The set flags by name, lowest bit first, with `IOPL=n` when it is not 0.
  public var setNames: [String] {
    var result = RFLAGS.names.filter { rawValue >> UInt64($0.bit) & 1 == 1 }.map(\.name)
    if iopl != 0 { result.append("IOPL=\(iopl)") }
    return result
  }
}
