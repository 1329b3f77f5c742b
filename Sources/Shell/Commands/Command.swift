/// One row of the command table. Help, completion, the manual page and JSON names derive from it.
struct Command: Sendable {
  enum Group: String, Sendable, CaseIterable {
    case machine, running, time, seeing
    case vmx = "VMX"
    case vmcs = "VMCS"
    case exits, paging, comparing
    case lessons, transcripts, shell
  }

  /// What an argument can be, for completion.
  enum Completer: Sendable, Equatable {
    case nothing, command, register, vmcsField, vmcsView, guest, file, exitReason, topic, lesson
    case number, workload
    case words([String])
  }

  struct Option: Sendable {
    var name: String
    /// What the value is called in the usage; empty if there is none.
    var value = ""
    var completer = Completer.number

    var takesValue: Bool { !value.isEmpty }
  }

  /// What Enter on an empty line does after this command.
  enum Repetition: Sendable {
    case never
    /// The same line again.
    case same
    /// The command without its arguments, which goes on where it was.
    case bare(String)

    func line(for line: String) -> String? {
      switch self {
      case .never: nil
      case .same: line
      case .bare(let name): name
      }
    }
  }

  /// What must be there before the command's body runs.
  struct Needs: OptionSet, Sendable {
    var rawValue: Int
    static let machine = Needs(rawValue: 1)
    static let guest = Needs(rawValue: 3)
    static let vmx = Needs(rawValue: 4 | 1)
    static let ioctls = Needs(rawValue: 8 | 1)
    /// A guest that does again what it did.
    static let past = Needs(rawValue: 16 | 3)
  }

  enum Status: Sendable, Equatable {
    case ready
    /// Comes later; says what to use instead.
    case later(instead: String)
  }

  typealias Body = @Sendable (Session, inout Arguments) throws -> Answer

  var name: String
  var aliases: [String] = []
  var group: Group
  /// Behind the name, e.g. `[N]`.
  var syntax = ""
  /// One line, without a full stop.
  var summary: String
  /// More, with an example.
  var help: String
  /// By position; the last one is for all that follow.
  var completers: [Completer] = [.nothing]
  var options: [Option] = []
  var repetition = Repetition.never
  var needs: Needs = []
  var takesFormat = false
  var status = Status.ready
  var body: Body = { _, _ in Answer() }

  /// `name ARGUMENTS [--option VALUE]`.
  var usage: String {
    let shown = options.map { $0.takesValue ? "[\($0.name) \($0.value)]" : "[\($0.name)]" }
    let line = name + (takesFormat ? "/\(name == "print" ? "F" : "NFU")" : "")
    return ([line, syntax] + shown).filter { !$0.isEmpty }.joined(separator: " ")
  }
}

/// What a command's body yields.
struct Answer {
  var text = ""
  var data = JSON.null
  var quits = false
  /// Set if there is something to show although the command failed.
  var error: CommandError?

  init() {}

  init(_ text: String, _ data: JSON = .null) {
    self.text = text
    self.data = data
  }
}
