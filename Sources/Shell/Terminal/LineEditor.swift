import CLineEdit

/// What reading a line came to.
public enum LineResult: Equatable, Sendable {
  /// A line without its end.
  case line(String)
  /// ^C: the line is cancelled.
  case interrupted
  /// ^D on an empty line, or the terminal is gone.
  case endOfFile
}

/// Edits lines on the terminal, with history and completion.
///
/// Standard input and output must both be a terminal; `PlainLineReader` reads everything else.
@safe public final class LineEditor {
  /// Asked on Tab with the line and the cursor, a UTF-8 offset into it.
  public var completer: (_ line: String, _ cursor: Int) -> Completion = { _, cursor in
    Completion(start: cursor, candidates: [])
  }
  /// The lines of this and of earlier sessions.
  public let history: History

  private let editor: OpaquePointer

  /// An editor whose history is kept in the file `historyPath`, or nowhere if that is nil.
  ///
  /// Nil if standard input or output is no terminal, or libedit does not start.
  public init?(historyPath: String?) {
    guard TerminalSize.isTerminal(0), TerminalSize.isTerminal(1) else { return nil }
    // SAFETY: the name is read during the call only; `deinit` destroys what this creates.
    guard let created = unsafe cle_create("ringside", Int32(History.capacity)) else { return nil }
    unsafe editor = created
    history = History(path: historyPath)
    for line in history.lines {
      // SAFETY: `editor` lives until `deinit`, and C copies the line.
      unsafe cle_history_add(editor, line)
    }
    // SAFETY: C calls back only inside `readLine`, while `self` is alive.
    unsafe cle_set_completer(
      editor,
      { context, line, cursor in
        guard let context = unsafe context else { return }
        let editor = unsafe Unmanaged<LineEditor>.fromOpaque(context).takeUnretainedValue()
        unsafe editor.complete(String(cString: line), cursor: cursor)
      }, Unmanaged.passUnretained(self).toOpaque())
  }

  deinit {
    // SAFETY: made by `init`, destroyed only here.
    unsafe cle_destroy(editor)
  }

  /// Shows `prompt`, which may contain SGR sequences, and edits a line that begins as `preset`.
  ///
  /// Of several pasted lines each call returns one; the last waits for Enter, and ^C drops those
  /// that are left. In a locale that is not UTF-8 the prompt's other characters show as `?`.
  public func readLine(prompt: String, preset: String = "") -> LineResult {
    var text: UnsafePointer<CChar>? = nil
    var length = 0
    // SAFETY: `editor` lives until `deinit`; the strings are read during the call only.
    switch unsafe cle_read(editor, prompt, preset, &text, &length) {
    case CLE_LINE:
      // SAFETY: the answer ends in NUL and stays until the next call; here it is copied.
      return .line(remember(unsafe text.map { unsafe String(cString: $0) } ?? ""))
    case CLE_INTERRUPTED: return .interrupted
    default: return .endOfFile
    }
  }

  private func remember(_ line: String) -> String {
    if history.append(line) {
      // SAFETY: `editor` lives until `deinit`, and C copies the line.
      unsafe cle_history_add(editor, line)
    }
    return line
  }

  private func complete(_ line: String, cursor: Int) {
    let completion = completer(line, cursor)
    let edit = completion.edit(of: line, cursor: cursor)
    if let replacement = edit.replacement {
      // SAFETY: libedit is inside the completer; C copies the text.
      unsafe cle_replace(editor, completion.start, replacement)
    }
    if !edit.listed.isEmpty {
      let size = TerminalSize.current() ?? TerminalSize(columns: 80, rows: 24)
      let list = CandidateList(edit.listed, fitting: size).text
      // SAFETY: libedit is inside the completer; C copies the text.
      unsafe cle_list(editor, TerminalLocale.shown(list))
    }
  }
}
