import X86

/// A guest that was run from its start until it stopped for good.
public struct Completion: Sendable, Equatable {
  public var guest: String
  public var console: [UInt8]
  /// Bytes that the console did not keep, in words; nil if it kept all.
  public var consoleNote: String?
  public var stopped: Stop.Reason
  public var explanation: String
  /// Nil if the backend does not count.
  public var instructions: UInt64?
  public var exits: ExitStatistics
  /// The last exit, if one ended the run.
  public var exit: VMExit?
  /// (v << 1) | 1 if the guest wrote v to port 0xf4; else 0 if it halted, 1 if it did not.
  public var exitStatus: UInt8
}

extension Monitor {
  /// Loads `image` and runs it until it halts, ends by port 0xf4, cannot go on, or reaches `limit`.
  ///
  /// With `isBare` in the configuration the guest has the machine for itself and there are no exits.
  public func runToCompletion(
    _ image: GuestImage, until limit: RunLimit = RunLimit()
  ) throws -> Completion {
    try load(image)
    let stop = try run(until: limit)
    return Completion(
      guest: image.name, console: consoleOutput, consoleNote: platform.console.note,
      stopped: stop.reason, explanation: stop.explanation, instructions: stop.instructions,
      exits: statistics, exit: stop.reason == .exit ? stop.exit : nil,
      exitStatus: debugExitStatus ?? (stop.reason == .halt ? 0 : 1))
  }
}
