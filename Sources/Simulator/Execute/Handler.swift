/// Which function of the hot path executes an op; `general` is everything else.
///
/// Letters after the name: R register, I immediate, M memory, the destination first; then the operand
/// size in bits. Everything here is also in the general path: these are shortcuts for what compilers emit
/// most, and a test runs both and compares.
enum Handler: UInt16 {
  case general
  case nop

  case movRR32, movRR64, movRI32, movRI64
  case movRM8, movRM16, movRM32, movRM64
  case movMR8, movMR16, movMR32, movMR64
  case movMI8, movMI16, movMI32, movMI64
  case movzxRR8, movzxRR16, movzxRM8, movzxRM16
  case movsxRM8, movsxRM16, movsxdRR, movsxdRM
  case lea32, lea64

  case addRR32, addRI32, addRM32, addMR32, addMI32, addRR64, addRI64, addRM64, addMR64, addMI64
  case subRR32, subRI32, subRM32, subMR32, subMI32, subRR64, subRI64, subRM64, subMR64, subMI64
  case andRR32, andRI32, andRM32, andMR32, andMI32, andRR64, andRI64, andRM64, andMR64, andMI64
  case orRR32, orRI32, orRM32, orMR32, orMI32, orRR64, orRI64, orRM64, orMR64, orMI64
  case xorRR32, xorRI32, xorRM32, xorMR32, xorMI32, xorRR64, xorRI64, xorRM64, xorMR64, xorMI64
  case cmpRR32, cmpRI32, cmpRM32, cmpMR32, cmpMI32, cmpRR64, cmpRI64, cmpRM64, cmpMR64, cmpMI64
  case cmpRR8, cmpRI8, cmpRM8, cmpMR8, cmpMI8
  case testRR8, testRI8, testMI8, testRR32, testRI32, testRR64, testRI64

  case incR32, incR64, decR32, decR64, incM32, decM32
  case shlRI32, shrRI32, sarRI32, shlRI64, shrRI64, sarRI64
  case imulRR32, imulRR64, imulRRI32, imulRRI64

  case pushR32, pushR64, pushI32, pushI64, popR32, popR64
  case callRelative, ret, jmpRelative
  case retI, jmpR, jmpM, callR, callM, leave

  case addRR8, addRI8, addRM8, subRR8, subRI8, subRM8, andRR8, andRI8, andRM8
  case orRR8, orRI8, orRM8, xorRR8, xorRI8, xorRM8
  case adcRR32, adcRI32, adcRR64, adcRI64, sbbRR32, sbbRI32, sbbRR64, sbbRI64
  case notR32, notR64, negR32, negR64
  case shlRC32, shrRC32, sarRC32, shlRC64, shrRC64, sarRC64
  case movsxRR8, movsxRR16, movsxRR8Q, movsxRR16Q, movsxRM8Q, movsxRM16Q
  case setR8, cmovRR32, cmovRR64, cmovRM32, cmovRM64
  case cwde, cdqe, cdq, cqo
  case testMI32, testMR32, testMR64
  case jo, jno, jb, jnb, jz, jnz, jbe, jnbe, js, jns, jp, jnp, jl, jnl, jle, jnle

  // Pairs: the first instruction, and the conditional branch behind it, whose op stays what it is.
  case cmpRR32jb, cmpRR32jnb, cmpRR32jz, cmpRR32jnz, cmpRR32jbe, cmpRR32jnbe
  case cmpRR32js, cmpRR32jns, cmpRR32jl, cmpRR32jnl, cmpRR32jle, cmpRR32jnle
  case cmpRI32jb, cmpRI32jnb, cmpRI32jz, cmpRI32jnz, cmpRI32jbe, cmpRI32jnbe
  case cmpRI32js, cmpRI32jns, cmpRI32jl, cmpRI32jnl, cmpRI32jle, cmpRI32jnle
  case cmpRR64jb, cmpRR64jnb, cmpRR64jz, cmpRR64jnz, cmpRR64jbe, cmpRR64jnbe
  case cmpRR64js, cmpRR64jns, cmpRR64jl, cmpRR64jnl, cmpRR64jle, cmpRR64jnle
  case cmpRI64jb, cmpRI64jnb, cmpRI64jz, cmpRI64jnz, cmpRI64jbe, cmpRI64jnbe
  case cmpRI64js, cmpRI64jns, cmpRI64jl, cmpRI64jnl, cmpRI64jle, cmpRI64jnle
  case cmpRI8jb, cmpRI8jnb, cmpRI8jz, cmpRI8jnz, cmpRI8jbe, cmpRI8jnbe
  case cmpRI8js, cmpRI8jns, cmpRI8jl, cmpRI8jnl, cmpRI8jle, cmpRI8jnle
  case cmpMI8jb, cmpMI8jnb, cmpMI8jz, cmpMI8jnz, cmpMI8jbe, cmpMI8jnbe
  case cmpMI8js, cmpMI8jns, cmpMI8jl, cmpMI8jnl, cmpMI8jle, cmpMI8jnle
  case testRR32jb, testRR32jnb, testRR32jz, testRR32jnz, testRR32jbe, testRR32jnbe
  case testRR32js, testRR32jns, testRR32jl, testRR32jnl, testRR32jle, testRR32jnle
  case testRR64jb, testRR64jnb, testRR64jz, testRR64jnz, testRR64jbe, testRR64jnbe
  case testRR64js, testRR64jns, testRR64jl, testRR64jnl, testRR64jle, testRR64jnle
  case testRR8jb, testRR8jnb, testRR8jz, testRR8jnz, testRR8jbe, testRR8jnbe
  case testRR8js, testRR8jns, testRR8jl, testRR8jnl, testRR8jle, testRR8jnle
  case decR32jnz, decR64jnz

  /// Its immediate is relative to RIP.
  var isRelative: Bool {
    switch self {
    case .callRelative, .jmpRelative: true
    default: isConditionalBranch
    }
  }

  /// It may change registers beside its destination and RSP.
  var mayChangeAny: Bool { self == .general || self == .leave }

  var isConditionalBranch: Bool {
    rawValue >= Handler.jo.rawValue && rawValue <= Handler.jnle.rawValue
  }
}

extension DecodedOp {
  /// Makes this op and the conditional branch `next` behind it a pair, if there is a handler for it.
  /// Where the executor may not go on to `next`, it executes this op alone.
  mutating func fuse(with next: DecodedOp) {
    guard next.handler.isConditionalBranch else { return }
    let condition = Int(next.handler.rawValue &- Handler.jo.rawValue)
    switch handler {
    case .decR32 where condition == 5: handler = .decR32jnz
    case .decR64 where condition == 5: handler = .decR64jnz
    default:
      guard let first = DecodedOp.pairs.first(where: { $0.handler == handler })?.pair,
        let place = DecodedOp.pairConditions.firstIndex(of: condition)
      else { return }
      handler = Handler(rawValue: first.rawValue + UInt16(place)) ?? handler
    }
  }

  /// The conditions of pairs, in the order of their handlers.
  private static let pairConditions = [2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 14, 15]

  /// The first handler of each kind of pair.
  private static let pairs: [(handler: Handler, pair: Handler)] = [
    (.cmpRR32, .cmpRR32jb),
    (.cmpRI32, .cmpRI32jb),
    (.cmpRR64, .cmpRR64jb),
    (.cmpRI64, .cmpRI64jb),
    (.cmpRI8, .cmpRI8jb),
    (.cmpMI8, .cmpMI8jb),
    (.testRR32, .testRR32jb),
    (.testRR64, .testRR64jb),
    (.testRR8, .testRR8jb),
  ]
}
