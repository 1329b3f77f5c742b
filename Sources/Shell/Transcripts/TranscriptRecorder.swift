import Foundation

/// Writes a session down while it happens. Each command with its output is written at once, so that
/// what stands in the file after a crash is a valid transcript.
public final class TranscriptRecorder {
  public let file: String
  private let handle: FileHandle
  private var cast: TranscriptCast?
  private let castHandle: FileHandle?

  /// Begins `file`, and `castFile` as an asciicast besides. Throws `CommandError` if a file cannot
  /// be made, or exists and `overwrite` is false.
  public init(
    file: String, backend: String, seed: UInt64, title: String = "", castFile: String? = nil,
    overwrite: Bool = false
  ) throws(CommandError) {
    self.file = file
    var header = "%transcript \(Transcript.format)\n%backend \(backend)\n%seed \(seed)\n"
    if backend == "kvm" { header += "%only-if kvm\n" }
    if !title.isEmpty {
      header += "# \(title.split(whereSeparator: \.isNewline).joined(separator: " "))\n"
    }
    handle = try Self.create(file, header + "\n", overwrite)
    guard let castFile else {
      castHandle = nil
      return
    }
    let cast = TranscriptCast(title: title)
    castHandle = try Self.create(castFile, cast.header + "\n", overwrite)
    self.cast = cast
  }

  /// Writes one command. `interrupt`: when the learner stopped it with ^C. Throws `CommandError` if
  /// the file cannot be written.
  public func record(
    _ line: String, _ result: CommandResult, interrupt: TranscriptInterrupt? = nil
  ) throws(CommandError) {
    let command = line.split(whereSeparator: \.isNewline).joined(separator: " ").trimmed
    var lines: [String] = []
    if let interrupt { lines.append("%key ^C \(interrupt.text)") }
    lines.append(command.isEmpty ? Transcript.prompt : "\(Transcript.prompt) \(command)")
    let output = TranscriptText.lines(of: result)
    lines += output.map(TranscriptText.escape)
    if result.error != nil { lines.append("? \(TranscriptText.status(of: result))") }
    try write(lines.joined(separator: "\n") + "\n", to: handle, file)
    if let castHandle, let events = cast?.events(command, output) {
      try write(events.joined(separator: "\n") + "\n", to: castHandle, "the asciicast")
    }
  }

  /// Closes the files.
  public func finish() {
    try? handle.close()
    try? castHandle?.close()
  }

  private static func create(
    _ file: String, _ text: String, _ overwrite: Bool
  ) throws(CommandError) -> FileHandle {
    let url = URL(fileURLWithPath: file)
    if !overwrite, FileManager.default.fileExists(atPath: file) {
      throw CommandError(
        "file-exists", "\(file) exists: name another file, or remove this one first")
    }
    do {
      try Data(text.utf8).write(to: url, options: overwrite ? [] : .withoutOverwriting)
      let handle = try FileHandle(forWritingTo: url)
      try handle.seekToEnd()
      return handle
    } catch {
      throw CommandError("cannot-write", "\(file) cannot be written: \(error.localizedDescription)")
    }
  }

  private func write(_ text: String, to handle: FileHandle, _ name: String) throws(CommandError) {
    do {
      try handle.write(contentsOf: Data(text.utf8))
    } catch {
      throw CommandError(
        "cannot-write", "\(name) cannot be written: \(error.localizedDescription)")
    }
  }
}
