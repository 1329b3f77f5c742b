/// A lesson as its file says it: an introduction and steps.
public struct Lesson: Sendable, Equatable {
  /// Where the lesson can be followed.
  public enum Backend: String, Sendable, CaseIterable, Codable {
    case sim, kvm, any

    /// The names of the machines that the lesson must work on.
    public var names: [String] { self == .any ? ["sim", "kvm"] : [rawValue] }
  }

  public var file: String
  public var id: String
  public var title: String
  public var backend = Backend.any
  public var seed: UInt64 = 1
  /// What stands before the first step.
  public var introduction = ""
  public var steps: [LessonStep] = []
}

/// One step of a lesson: something to bring about, or a question.
public struct LessonStep: Sendable, Equatable {
  public var id: String
  public var title: String
  /// The line of the step's heading.
  public var line: Int
  public var prose = ""
  /// Commands that bring a new machine to the step's start. nil: the step goes on where the step
  /// before it ended.
  public var setup: [SourceLine]?
  /// All must hold.
  public var goals: [LessonGoal] = []
  /// Told one at a time; the last one gives the command.
  public var hints: [SourceText] = []
  public var solution: [SourceLine] = []
  public var wrongs: [LessonMistake] = []
  public var question: LessonQuestion?
  /// Told when the goal is met.
  public var after = ""
}

/// A road that many take and that does not lead to the goal, with what to say then.
public struct LessonMistake: Sendable, Equatable {
  public var text: String
  public var line: Int
  /// Commands from the step's start on, or one choice of a question.
  public var commands: [SourceLine]
}

/// A question with choices (`a) …`), or one whose answer is a number.
public struct LessonQuestion: Sendable, Equatable {
  public struct Choice: Sendable, Equatable {
    public var letter: String
    public var text: String
  }

  public var line: Int
  /// Everything of the question before its choices.
  public var text: String
  /// Empty if the answer is a number.
  public var choices: [Choice]
}

/// One line of a file.
public struct SourceLine: Sendable, Equatable {
  public var text: String
  public var line: Int
}

/// Some lines of a file, and where they begin.
public struct SourceText: Sendable, Equatable {
  public var text: String
  public var line: Int
}
