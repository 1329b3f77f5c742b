/// One decoded instruction: plain data, no pointers, so that a decoder cache can hold it.
public struct Instruction: Sendable, Equatable {
  public var mnemonic: Mnemonic
  /// Bytes, prefixes included: 1 to 15.
  public var length: UInt8 = 0
  /// Effective operand size in bytes: 2, 4 or 8. Byte operands say so in `Operand.size`.
  public var operandSize: UInt8 = 4
  /// Effective address size in bytes: 2, 4 or 8.
  public var addressSize: UInt8 = 4
  public var prefixes: Prefixes = []
  /// Condition code of Jcc, SETcc and CMOVcc: the low four opcode bits (SDM 2, Appendix B, "tttn").
  public var condition: UInt8 = 0

  public var operandCount: UInt8 = 0
  public var operand0 = Operand()
  public var operand1 = Operand()
  public var operand2 = Operand()

  /// Effective segment of the memory operand, or of the source of a string instruction.
  public var segment: SegmentRegister = .ds
  /// Base of the memory operand: a register number, `Instruction.none` or `Instruction.rip`.
  public var base: UInt8 = Instruction.none
  /// Index of the memory operand: a register number or `Instruction.none`.
  public var index: UInt8 = Instruction.none
  /// log2 of the scale: 0 to 3.
  public var scale: UInt8 = 0
  /// Sign-extended displacement; the whole address for `moffs`.
  public var displacement: Int64 = 0
  /// Immediate, sign- or zero-extended to 64 bits as the instruction does; the relative offset of a
  /// near branch; the offset of a far pointer.
  public var immediate: UInt64 = 0
  /// Selector of a far pointer, nesting level of ENTER.
  public var immediate2: UInt16 = 0

  public static let none: UInt8 = 16
  public static let rip: UInt8 = 17

  public init(mnemonic: Mnemonic) { self.mnemonic = mnemonic }

  public struct Prefixes: OptionSet, Sendable, Equatable {
    public var rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }
    /// F0.
    public static let lock = Prefixes(rawValue: 1)
    /// F3, the last of F2 and F3.
    public static let rep = Prefixes(rawValue: 2)
    /// F2, the last of F2 and F3.
    public static let repne = Prefixes(rawValue: 4)
    /// 66.
    public static let operandSize = Prefixes(rawValue: 8)
    /// 67.
    public static let addressSize = Prefixes(rawValue: 16)
    /// A segment override that has an effect (FS and GS only in 64-bit mode).
    public static let segment = Prefixes(rawValue: 32)
    public static let rex = Prefixes(rawValue: 64)
    public static let rexW = Prefixes(rawValue: 128)
  }
}

/// One explicit or implicit operand, in the order of Intel syntax: the destination first.
public struct Operand: Sendable, Equatable {
  public enum Kind: UInt8, Sendable {
    case none
    /// `number` is a GeneralRegister.
    case register
    /// `number` 0 to 3 is AH, CH, DH, BH.
    case highByte
    /// `number` is a SegmentRegister; 6 and 7 do not exist (#UD).
    case segment
    case control
    case debug
    /// base, index, scale, displacement and segment of the instruction.
    case memory
    case immediate
    /// Near branch target: `immediate` is relative to the next instruction.
    case relative
    /// `immediate2`:`immediate`.
    case farPointer
    /// Segment:rSI with `segment`.
    case stringSource
    /// ES:rDI.
    case stringDestination
    /// The constant 1 of the D0 and D1 shifts.
    case one
  }
  public var kind: Kind
  /// Bytes: 1, 2, 4, 8; 6 or 10 for far pointers and descriptor-table operands; 16; 0 if it has none.
  public var size: UInt8
  public var number: UInt8

  public init(kind: Kind = .none, size: UInt8 = 0, number: UInt8 = 0) {
    self.kind = kind
    self.size = size
    self.number = number
  }
}

/// The default sizes that a code segment gives: CS.L and CS.D.
public enum CodeSize: UInt8, Sendable, CaseIterable {
  case bits16, bits32, bits64
}

/// Why bytes are not an instruction.
public enum DecodeError: Error, Equatable, Sendable {
  /// More bytes are needed than were given; the caller fetches on, or faults on the next page.
  case truncated
  /// No such instruction, or a prefix that it does not take: #UD.
  case undefined
  /// Longer than 15 bytes: #GP(0).
  case tooLong
}

/// Up to 15 instruction bytes in two words, so that decoding allocates nothing.
public struct InstructionBytes: Sendable, Equatable {
  public var low: UInt64 = 0
  public var high: UInt64 = 0
  public private(set) var count = 0

  public init() {}

  /// The first 15 of `bytes`.
  public init(_ bytes: some Sequence<UInt8>) {
    for byte in bytes.prefix(15) { append(byte) }
  }

  /// Ignored beyond 15 bytes.
  public mutating func append(_ byte: UInt8) {
    if count < 8 {
      low |= UInt64(byte) << UInt64(count * 8)
    } else if count < 15 {
      high |= UInt64(byte) << UInt64((count - 8) * 8)
    } else {
      return
    }
    count += 1
  }

  /// Byte `index`, 0 beyond the end.
  public subscript(_ index: Int) -> UInt8 {
    index < 8
      ? UInt8(truncatingIfNeeded: low >> UInt64(index * 8))
      : UInt8(truncatingIfNeeded: high >> UInt64((index - 8) * 8))
  }
}
