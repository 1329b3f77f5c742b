/// The debug console of virtual machines, customarily at port 0xe9: a byte written appears at
/// once, and there is no status to ask. A read answers 0xe9, by which guests detect it.
public final class DebugConsole: Device {
  public struct State: Codable, Sendable, Equatable {}

  public let name = "debug console"
  public let widestAccess = 1
  public var state = State()
  private let console: Console

  public init(console: Console) { self.console = console }

  public func read(offset: UInt64, size: Int) -> UInt64 { 0xe9 }

  public func write(offset: UInt64, size: Int, value: UInt64) {
    console.append(UInt8(truncatingIfNeeded: value))
  }
}
