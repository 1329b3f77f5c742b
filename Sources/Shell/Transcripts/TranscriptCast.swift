/// A session as an asciicast, version 2, which terminal players show. Its times are made up from
/// the length of what is typed, so that the same session gives the same file.
public struct TranscriptCast {
  private var milliseconds = 0
  private let title: String

  public init(title: String = "", columns: Int = 100, rows: Int = 30) {
    self.title = title
    self.columns = columns
    self.rows = rows
  }

  private let columns: Int
  private let rows: Int
  private static let keyTime = 60
  private static let readTime = 800

  /// The first line of the file.
  public var header: String {
    var members: [(key: String, value: JSON)] = [
      ("version", .int(2)), ("width", .int(columns)), ("height", .int(rows)),
    ]
    if !title.isEmpty { members.append(("title", .string(title))) }
    return JSON.object(members).text
  }

  /// The further lines for one command: the prompt, each key, and the output.
  public mutating func events(_ command: String, _ output: [String]) -> [String] {
    var events = [event(Transcript.prompt + " ")]
    for character in command {
      milliseconds += Self.keyTime
      events.append(event(String(character)))
    }
    milliseconds += Self.keyTime
    events.append(event("\r\n" + output.map { $0 + "\r\n" }.joined()))
    milliseconds += Self.readTime
    return events
  }

  private func event(_ text: String) -> String {
    JSON.array([.double(Double(milliseconds) / 1000), .string("o"), .string(text)]).text
  }
}
