/// A device on which time passes: nanoseconds of simulated time since power-on, told from outside.
///
/// However the way to a time is cut into steps, the device ends in the same state.
public protocol TimedDevice: Device {
  /// Catches up with `time`, which never goes back.
  func advance(to time: UInt64)
}

/// The ticks of a clock of a fixed frequency, in nanoseconds of simulated time.
struct Ticks {
  /// In Hz.
  let frequency: UInt64
  private static let second: UInt64 = 1_000_000_000

  /// Whole ticks that have passed at `time`.
  func count(at time: UInt64) -> UInt64 {
    let product = time.multipliedFullWidth(by: frequency)
    guard product.high < Ticks.second else { return .max }
    return Ticks.second.dividingFullWidth(product).quotient
  }

  /// The first nanosecond at which `ticks` ticks have passed; nil if that is too far away.
  func time(of ticks: UInt64) -> UInt64? {
    let product = ticks.multipliedFullWidth(by: Ticks.second)
    guard product.high < frequency else { return nil }
    let (quotient, remainder) = frequency.dividingFullWidth(product)
    return remainder == 0 ? quotient : quotient &+ 1
  }
}
