import X86

/// Where things are, the same for every oracle. The C parts repeat the numbers they need.
enum Layout {
  /// Base of the 16-bit segments.
  static let segmentBase: UInt64 = 0x10_0000
  /// Two pages of code, filled with INT3; the page behind them is absent.
  static let code: UInt64 = 0x10_1000
  static let codeSize = 0x2000
  /// Two pages to read and write, one to read; the page behind them is absent. None executes.
  static let window: UInt64 = 0x10_4000
  static let windowSize = 0x3000
  static let writable: UInt64 = 0x2000
  static let fsBase: UInt64 = 0x10_4800
  static let gsBase: UInt64 = 0x10_4c00

  static let kernelCode: UInt16 = 0x10
  static let kernelData: UInt16 = 0x18
  static let userCode32: UInt16 = 0x23
  static let userData: UInt16 = 0x2b
  static let userCode64: UInt16 = 0x33
  static let taskState: UInt16 = 0x40
  static let localTable: UInt16 = 0x50
  static let userCode16: UInt16 = 0x07
  static let userData16: UInt16 = 0x0f
  static let userDataExtra: UInt16 = 0x17
}

/// The code segments that cases run in, all at level 3.
enum CaseMode: UInt64, CaseIterable {
  case bits16 = 16
  case bits32 = 32
  case bits64 = 64

  var codeSize: CodeSize {
    switch self {
    case .bits16: .bits16
    case .bits32: .bits32
    case .bits64: .bits64
    }
  }

  /// Added to an offset in CS, DS, ES and SS.
  var base: UInt64 { self == .bits16 ? Layout.segmentBase : 0 }

  func base(of segment: SegmentRegister) -> UInt64 {
    switch (self, segment) {
    case (.bits64, .fs): Layout.fsBase
    case (.bits64, .gs): Layout.gsBase
    case (.bits32, .fs), (.bits32, .gs): Layout.fsBase
    default: base
    }
  }

  /// What an address or a general register can hold.
  var mask: UInt64 { self == .bits64 ? ~0 : 0xffff_ffff }

  /// Registers that the mode has.
  var registerCount: Int { self == .bits64 ? 16 : 8 }
}
