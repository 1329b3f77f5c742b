/// How an operand is encoded (SDM 2, "Codes for Addressing Method").
enum AddressingMethod: UInt8 {
  case none
  /// Far pointer in the instruction.
  case a
  /// General register in VEX.vvvv.
  case b
  /// Control or debug register in ModRM.reg.
  case c, d
  /// ModRM.rm: register or memory.
  case e
  /// General register in ModRM.reg.
  case g
  /// Immediate.
  case i
  /// Byte immediate, sign-extended to the size of the operand's type.
  case signedByte
  /// Offset relative to the next instruction.
  case j
  /// ModRM.rm: memory only.
  case m
  /// Address in the instruction.
  case o
  /// ModRM.rm: general register only.
  case r
  /// Segment register in ModRM.reg.
  case s
  /// DS:rSI and ES:rDI.
  case x, y
  /// General register in the low three opcode bits.
  case z
  /// SSE, MMX or x87: memory unless mod is 11; registers only; either is decoded for its length.
  case w, u
  /// The register, the segment register or the constant that the map names.
  case fixedRegister, fixedSegment, one
}

/// How large an operand is (SDM 2, "Codes for Operand Type").
enum OperandType: UInt8 {
  case none, b, w, d, q, dq
  /// By operand size: 2, 4, 8.
  case v
  /// By operand size: 2, 4, 4.
  case z
  /// By operand size: 4, 4, 8.
  case y
  /// Two of operand size.
  case a
  /// Far pointer: selector and an offset of operand size.
  case p
  /// Pseudo-descriptor: 6 bytes, 10 in 64-bit code.
  case s
  /// `v` as a register, `w` in memory.
  case registerOrWord
  /// 8 bytes, 16 with REX.W.
  case quadOrDouble
}

struct OperandForm: Equatable {
  var method = AddressingMethod.none
  var type = OperandType.none
  /// Number of the fixed register.
  var number: UInt8 = 0
}

/// One cell of the opcode maps, parsed.
struct OpcodeEntry {
  enum Kind: UInt8 {
    case undefined, instruction
    /// `next` is the first of 8 entries, chosen by ModRM.reg.
    case byReg
    /// `next` is the first of 8 entries for memory, then 8 for registers.
    case byModReg
    /// `next` is the first of 8 entries for memory, then 64 for the low six ModRM bits.
    case byModRM
    /// `next` is the first of 4 entries: no mandatory prefix, 66, F3, F2.
    case byPrefix
    /// `next` is the first of 2 entries: outside and in 64-bit code.
    case byMode
  }

  struct Flags: OptionSet {
    let rawValue: UInt16
    init(rawValue: UInt16) { self.rawValue = rawValue }
    static let modRM = Flags(rawValue: 1)
    static let invalid64 = Flags(rawValue: 2)
    static let only64 = Flags(rawValue: 4)
    static let default64 = Flags(rawValue: 8)
    static let force64 = Flags(rawValue: 16)
    static let noPrefix = Flags(rawValue: 32)
    static let bySize = Flags(rawValue: 64)
    static let byW = Flags(rawValue: 128)
    /// Takes LOCK when operand 0 is memory.
    static let lockable = Flags(rawValue: 256)
    /// `condition` comes from the opcode.
    static let condition = Flags(rawValue: 512)
    /// ModRM.mod is ignored: MOV to and from control and debug registers.
    static let registerOnly = Flags(rawValue: 1024)
    /// x87, MMX, SSE: the opcode goes to `immediate2`.
    static let opcodeNumber = Flags(rawValue: 2048)
    /// The ModRM byte, which tells the variants apart, goes to `immediate2`.
    static let modRMNumber = Flags(rawValue: 4096)
  }

  var kind = Kind.undefined
  var operandCount: UInt8 = 0
  var mnemonic = Mnemonic.nop
  var flags = Flags()
  var next: UInt16 = 0
  var operand0 = OperandForm()
  var operand1 = OperandForm()
  var operand2 = OperandForm()

  static let undefined = OpcodeEntry()
}
