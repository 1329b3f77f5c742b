import Glibc
import X86

extension Session {
  /// What could stand at the cursor, a UTF-8 offset into `line`.
  public func complete(_ line: String, cursor: Int) -> Completion {
    CommandCompleter(session: self).complete(line, cursor: cursor)
  }
}

/// Finds candidates for the word at the cursor, from the command table.
struct CommandCompleter {
  let session: Session

  func complete(_ line: String, cursor: Int) -> Completion {
    let head = String(decoding: line.utf8.prefix(max(0, cursor)), as: UTF8.self)
    var words = Words.scan(head).words
    let endsInBlank = head.last.map(\.isWhitespace) ?? true
    let current = endsInBlank ? Word(text: "", start: head.utf8.count) : words.popLast()
    guard let current else { return Completion(start: cursor, candidates: []) }
    let candidates = matching(current.text, candidates(after: words, current.text))
    return Completion(start: current.start, candidates: candidates)
  }

  private func matching(_ word: String, _ candidates: [String]) -> [String] {
    let exact = candidates.filter { $0.hasPrefix(word) }
    if !exact.isEmpty || word.isEmpty { return exact }
    let key = word.lowercased()
    return candidates.filter { $0.lowercased().hasPrefix(key) }
  }

  private func candidates(after words: [Word], _ current: String) -> [String] {
    guard let first = words.first else { return Self.firstWords }
    if CommandTable.groupNames.contains(first.text), words.count == 1 {
      return CommandTable.all.filter { $0.name.hasPrefix(first.text + " ") }
        .map { String($0.name.dropFirst(first.text.count + 1)) }
    }
    // Every prefix of the line must be resolvable, so the words themselves do not matter.
    let line = words.prefix(2).map(\.text).joined(separator: " ")
    guard let parsed = try? ParsedLine(line), let command = Self.command(parsed) else { return [] }
    let taken = command.name.split(separator: " ").count
    return argument(of: command, words.dropFirst(taken), current)
  }

  private static func command(_ line: ParsedLine) -> Command? {
    var line = line
    line.words = CommandTable.groupNames.contains(line.name) ? line.words : []
    return try? CommandTable.resolve(line).0
  }

  private func argument(
    of command: Command, _ words: ArraySlice<Word>, _ current: String
  ) -> [String] {
    if let option = command.options.first(where: { $0.takesValue && $0.name == words.last?.text }) {
      return values(option.completer, current)
    }
    let used = Set(words.map(\.text))
    let options = command.options.map(\.name).filter { !used.contains($0) }
    if current.hasPrefix("-") { return options }
    let position = words.filter { !$0.text.hasPrefix("--") }.count
    let completer = command.completers[min(position, command.completers.count - 1)]
    return values(completer, current) + (current.isEmpty ? options : [])
  }

  private func values(_ completer: Command.Completer, _ current: String) -> [String] {
    switch completer {
    case .nothing: []
    case .number, .register: RegisterNames.listed.map { "$" + $0 }
    case .command: Self.firstWords + Command.Group.allCases.map(\.rawValue)
    case .vmcsField: VMCSField.rows.map(\.symbol)
    case .vmcsView: VMCSRendering.View.allCases.map(\.rawValue) + VMCSField.rows.map(\.symbol)
    case .guest: session.options.machineType.builtInGuests.map(\.name) + files(current)
    case .file: files(current)
    case .exitReason: ExitReason.rows.map(\.identifier)
    case .topic: Glossary.names.map { $0.contains(" ") ? "\"\($0)\"" : $0 }
    case .lesson: session.lessons?.lessonIDs ?? []
    case .workload: session.options.machineType.workloads
    case .words(let words): words
    }
  }

  private static let firstWords: [String] =
    CommandTable.firstWords.filter { $0.count > 1 }.sorted()

  /// Entries of the folder that the word names, folders with a slash behind them.
  private func files(_ current: String) -> [String] {
    let folder = current.lastIndex(of: "/").map { String(current[...$0]) } ?? ""
    let hidden = current.dropFirst(folder.count).hasPrefix(".")
    return FolderListing.names(in: folder.isEmpty ? "." : folder)
      .filter { hidden || !$0.hasPrefix(".") }.map { folder + $0 }.sorted()
  }
}

/// The entries of a folder.
enum FolderListing {
  /// Folders end in a slash; empty if the folder cannot be read.
  static func names(in path: String) -> [String] {
    // SAFETY: the stream is closed below, and each entry is copied before the next is read.
    guard let stream = unsafe opendir(path) else { return [] }
    defer { unsafe closedir(stream) }
    var names: [String] = []
    while let entry = unsafe readdir(stream) {
      // SAFETY: the kernel ends the name with NUL within the array.
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) {
          unsafe String(cString: $0)
        }
      }
      let isFolder = unsafe entry.pointee.d_type == UInt8(DT_DIR)
      if name != ".", name != ".." { names.append(isFolder ? name + "/" : name) }
    }
    return names
  }
}
