import X86

/// Instructions that the maps know and this processor does not execute, as met: the first of them,
/// each address once.
struct UnimplementedInstructions: Sendable {
  static let capacity = 64

  private(set) var all: [UInt64: Mnemonic] = [:]
  /// Addresses that nobody has been told of.
  private var fresh: [UInt64] = []

  var count: Int { all.count }

  subscript(_ address: UInt64) -> Mnemonic? {
    get { all[address] }
    set {
      guard let newValue, all[address] == nil, all.count < Self.capacity else { return }
      all[address] = newValue
      fresh.append(address)
    }
  }

  /// Those met since the last call, in the order in which they were met.
  mutating func take() -> [(address: UInt64, mnemonic: Mnemonic)] {
    defer { fresh = [] }
    return fresh.compactMap { address in all[address].map { (address, $0) } }
  }
}

extension Processor {
  /// Remembers that the instruction that executes is not simulated; it raises #UD.
  @inline(never)
  func noteUnimplemented(_ mnemonic: Mnemonic) {
    unimplemented[instructionStart] = mnemonic
  }

  /// What the guest executed since the last call and this processor does not: a line for each.
  public func takeUnimplemented() -> [String] {
    unimplemented.take().map { address, mnemonic in
      let place = "0x" + String(address, radix: 16)
      let what =
        switch mnemonic {
        case .x87: "x87 instruction"
        case .mmx, .emms: "MMX instruction"
        case .sse, .fxsave, .fxrstor, .ldmxcsr, .stmxcsr, .movnti: "SSE instruction"
        case .avx: "AVX instruction"
        default: mnemonic.manualName
        }
      return "\(what) at \(place): not simulated, raises an exception"
    }
  }
}
