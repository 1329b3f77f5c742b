/// One instruction in a trace.
public struct TraceEntry: Sendable, Equatable {
  public enum End: UInt8, Sendable {
    /// It completed; `value` is what `register` became.
    case completed
    /// It raised an exception; `value` is the vector.
    case exception
    /// It caused a VM exit; `value` is the basic exit reason.
    case exit
    /// It waits for something outside: a device of a bare machine, or a wake-up.
    case other
  }

  public var rip: UInt64
  public var value: UInt64
  /// The register that it changed; nil for none. Where an instruction changes several, this is its
  /// destination operand, or else the first in the order of their numbers with RSP last.
  public var register: GeneralRegister?
  public var end: End

  public init(rip: UInt64, value: UInt64, register: GeneralRegister?, end: End) {
    (self.rip, self.value, self.register, self.end) = (rip, value, register, end)
  }
}
