/// Which function of the hot path executes an op; `general` is everything else.
///
/// Letters after the name: R register, I immediate, M memory, the destination first; then the operand
/// size in bits. Everything here is also in the general path: these are shortcuts for what compilers emit
/// most, and a test runs both and compares.
enum Handler: UInt8 {
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
  case jo, jno, jb, jnb, jz, jnz, jbe, jnbe, js, jns, jp, jnp, jl, jnl, jle, jnle
}
