/// Where messages go that are no output.
public struct StandardError: Sendable {
  public init() {}

  /// Writes `text` and a line end. What cannot be written is lost: there is nowhere to say so.
  public func write(line text: String) {
    StandardOutput(fileDescriptor: 2).write(text + "\n")
  }

  public var isTerminal: Bool { TerminalSize.isTerminal(2) }
}
