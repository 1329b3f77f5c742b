import Glibc
import Shell
import X86

/// `LineEditDemo [HISTORY-FILE]` reads lines, prints `got [LINE]` for each, and leaves at end of
/// file with `end`. The line `preset TEXT` makes TEXT the start of the next line; `wait` does what
/// a running guest does: it sits in a system call until ^C.
@main struct LineEditDemo {
  let output = StandardOutput()
  let interrupt = Interrupt()

  static func main() {
    let demo = LineEditDemo()
    InterruptSignals.install(interrupt: demo.interrupt)
    let path = CommandLine.arguments.dropFirst().first
    if let editor = LineEditor(historyPath: path) {
      demo.edit(with: editor)
    } else {
      demo.readPlainly()
    }
    exit(demo.output.exitStatus ?? 0)
  }

  func edit(with editor: LineEditor) {
    let colours = ColourPolicy.auto.isEnabled(
      environment: ["TERM": "xterm"], isTerminal: output.isTerminal)
    let prompt = Style(isEnabled: colours)("démo>", .bold, .green) + " "
    editor.completer = complete
    var preset = ""
    while true {
      switch editor.readLine(prompt: prompt, preset: preset) {
      case .endOfFile: return output.write("end\n")
      case .interrupted:
        preset = ""
        output.write("cancelled\n")
      case .line(let line):
        preset = line.hasPrefix("preset ") ? String(line.dropFirst("preset ".count)) : ""
        output.write((line == "wait" ? sitInSystemCall() : "got [\(line)]") + "\n")
      }
    }
  }

  func complete(_ line: String, cursor: Int) -> Completion {
    let words = ["vmlaunch", "vmread", "vmresume", "vmwrite", "info", "überall", "lessons/", "x"]
    let head = String(decoding: line.utf8.prefix(cursor), as: UTF8.self)
    let word = head.split(separator: " ", omittingEmptySubsequences: false).last ?? ""
    return Completion(
      start: cursor - word.utf8.count, candidates: words.filter { $0.hasPrefix(word) })
  }

  func sitInSystemCall() -> String {
    interrupt.clear()
    output.write("waiting\n")
    var cutShort = false
    while !interrupt.isRaised { cutShort = sleep(5) > 0 }
    return cutShort ? "system call interrupted" : "interrupted, but the system call went on"
  }

  func readPlainly() {
    let reader = PlainLineReader()
    while output.failure == nil {
      switch reader.next() {
      case .line(let line): output.write("got [\(line)]\n")
      case .unreadable(let reason): output.write("line \(reader.lineNumber) \(reason)\n")
      case .interrupted: return output.write("interrupted\n")
      case .endOfFile: return output.write("end\n")
      }
    }
  }
}
