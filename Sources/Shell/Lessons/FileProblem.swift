/// What is wrong in a file, and where: `lessons/x.md:12: error: …`.
public struct FileProblem: Error, Sendable, Equatable, CustomStringConvertible {
  public var file: String
  /// Counted from 1.
  public var line: Int
  /// What is wrong and what to do, in one line.
  public var message: String

  public init(file: String, line: Int, message: String) {
    self.file = file
    self.line = line
    self.message = message
  }

  public var description: String { "\(file):\(line): error: \(message)" }
}

extension FileProblem {
  /// Why something failed, in the words that people read.
  static func reason(of error: any Error) -> String {
    (error as? CommandError)?.message ?? "\(error)"
  }
}
