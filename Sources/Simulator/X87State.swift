/// The x87 state in the layout of the legacy region of an XSAVE area (SDM 1, "Legacy Region of an
/// XSAVE Area"). The instructions that compute with it do not exist yet.
struct X87State: Sendable, Equatable {
  var controlWord: UInt16
  var statusWord: UInt16 = 0
  /// Abridged: a bit for each register that is not empty.
  var tagWord: UInt8 = 0
  var opcode: UInt16 = 0
  var instructionPointer: UInt64 = 0
  var dataPointer: UInt64 = 0
  /// ST0 to ST7, 16 bytes each, as two words; empty while all are 0.
  var registers: [UInt64] = []

  /// What FNINIT loads, and XRSTOR when it initialises.
  static let initial = X87State(controlWord: 0x37f)
  /// SDM 3A, "IA-32 and Intel 64 Processor States Following Power-up, Reset, or INIT".
  static let powerUp = X87State(controlWord: 0x40)

  /// The words of bytes 0 to 23 and 32 to 159: what lies between is MXCSR's.
  var image: [UInt64] {
    let head =
      UInt64(controlWord) | UInt64(statusWord) << 16 | UInt64(tagWord) << 32
      | UInt64(opcode & 0x7ff) << 48
    let stack = registers.isEmpty ? [UInt64](repeating: 0, count: 16) : registers
    return [head, instructionPointer, dataPointer] + stack
  }

  init(controlWord: UInt16) { self.controlWord = controlWord }

  /// From nineteen words of `image`.
  init(image: [UInt64]) {
    let head = image.first ?? 0
    controlWord = UInt16(truncatingIfNeeded: head)
    statusWord = UInt16(truncatingIfNeeded: head >> 16)
    tagWord = UInt8(truncatingIfNeeded: head >> 32)
    opcode = UInt16(truncatingIfNeeded: head >> 48) & 0x7ff
    let rest = image.dropFirst()
    instructionPointer = rest.first ?? 0
    dataPointer = rest.dropFirst().first ?? 0
    let stack = Array(rest.dropFirst(2).prefix(16))
    if stack.contains(where: { $0 != 0 }) { registers = stack }
  }
}
