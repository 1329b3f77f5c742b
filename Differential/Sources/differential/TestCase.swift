/// One instruction or basic block, and the state that it starts from.
struct TestCase {
  static let words = 28
  static let codeBytes = 64

  var mode: CaseMode
  var registers = [UInt64](repeating: 0, count: 16)
  /// Offset in CS.
  var rip: UInt64
  var rflags: UInt64 = 0x202
  var code: [UInt8] = []

  /// Linear address of the first byte.
  var start: UInt64 { rip &+ mode.base }

  /// The row that the C oracles read.
  func append(to rows: inout [UInt64]) {
    rows += registers
    rows += [rip, rflags, mode.rawValue, 0]
    var bytes = code.prefix(Self.codeBytes)[...]
    bytes += [UInt8](repeating: 0xcc, count: Self.codeBytes - bytes.count)
    for word in 0..<Self.codeBytes / 8 {
      var value: UInt64 = 0
      for byte in 0..<8 { value |= UInt64(bytes[word * 8 + byte]) << UInt64(byte * 8) }
      rows.append(value)
    }
  }
}

/// The state in which a case ended: at the handler of the exception that ended it.
struct Outcome {
  static let words = 24
  static let timeout: UInt64 = 900
  static let crash: UInt64 = 901

  var registers = [UInt64](repeating: 0, count: 16)
  var rip: UInt64 = 0
  var rsp: UInt64 {
    get { registers[4] }
    set { registers[4] = newValue }
  }
  var rflags: UInt64 = 0
  var vector: UInt64 = 0
  var errorCode: UInt64 = 0
  /// CR2, of page faults.
  var address: UInt64 = 0
  /// ES, CS, SS, DS, FS, GS; empty when the oracle cannot tell.
  var selectors: [UInt16] = []
  /// All of the data window, nil while it is as it was.
  var window: [UInt8]?

  init() {}

  /// From the row that a C oracle wrote.
  init(row: ArraySlice<UInt64>, window: ArraySlice<UInt8>, hasSelectors: Bool) {
    let row = Array(row)
    registers = Array(row[0..<16])
    rip = row[16]
    rflags = row[17]
    vector = row[18]
    errorCode = row[19]
    address = row[20]
    if hasSelectors {
      selectors = (0..<6).map {
        UInt16(truncatingIfNeeded: row[21 + $0 / 4] >> UInt64($0 % 4 * 16))
      }
    }
    if row[23] != 0 { self.window = Array(window) }
  }

  /// Exceptions that push an error code (SDM 3A, "Exception and Interrupt Vectors").
  var hasErrorCode: Bool { [8, 10, 11, 12, 13, 14, 17].contains(vector) }
}

/// Something that executes cases: the simulator, or what it is compared with.
protocol Oracle: AnyObject {
  var name: String { get }
  /// RFLAGS bits that it does not show.
  var hiddenFlags: UInt64 { get }
  /// The code that it can run.
  var modes: [CaseMode] { get }
  /// Whether it comes back from a loop without end.
  var endsLoops: Bool { get }
  func run(_ cases: [TestCase]) throws -> [Outcome]
}

extension Oracle {
  var hiddenFlags: UInt64 { 0 }
  var endsLoops: Bool { true }
}
