import Testing

@testable import Shell

@Suite struct LessonGoalTests {
  static func goal(_ text: String) throws -> LessonGoal {
    try LessonGoal.parse(text, line: 1).get()
  }

  /// A goal, a value, and whether the one meets the other.
  static let judgements: [(goal: String, value: JSON?, isMet: Bool)] = [
    ("a == 3", .int(3), true), ("a == 3", .int(4), false), ("a != 3", .int(4), true),
    ("a == 3", .string("0x3"), true), ("a == 0x10", .int(16), true), ("a==0b101", .int(5), true),
    ("a == -1", .int(-1), true), ("a < 3", .int(2), true), ("a < 3", .int(3), false),
    ("a <= 3", .int(3), true), ("a > 3", .int(3), false), ("a >= 3", .int(3), true),
    ("a >= 0xffffffffffffffff", .string("0xffffffffffffffff"), true),
    ("a > 1", .string("0xffffffffffffffff"), true), ("a == 1", .double(1), true),
    ("a < 3", .string("two"), false), ("a < 3", .null, false), ("a == 0", .null, false),
    ("a == \"cpuid\"", .string("cpuid"), true), ("a == \"cpuid\"", .string("hlt"), false),
    ("a != \"cpuid\"", .null, true), ("a == \"0x3\"", .int(3), false),
    ("a contains \"lo\"", .string("hello"), true), ("a contains \"x\"", .string("hello"), false),
    ("a contains 2", .array([.int(1), .int(2)]), true),
    ("a contains \"b\"", .array([.string("b")]), true), ("a contains \"b\"", .int(1), false),
    ("a == true", .bool(true), true), ("a == true", .int(1), false),
    ("a == false", .bool(false), true),
    ("a == 3", nil, false), ("a != 3", nil, false), ("a contains \"x\"", nil, false),
    (#"a == "say \"x\" \\""#, .string(#"say "x" \"#), true),
  ]

  @Test(arguments: judgements.indices) func judges(_ index: Int) throws {
    let row = Self.judgements[index]
    #expect(try Self.goal(row.goal).isMet(by: row.value) == row.isMet, "\(row)")
  }

  @Test func takesPathsWithDotsAndCapitals() throws {
    #expect(try Self.goal("vmcs.GUEST_RIP == 0").path == "vmcs.GUEST_RIP")
    #expect(try Self.goal("exits.io-instruction >= 2").path == "exits.io-instruction")
  }

  @Test(arguments: [
    "", "a", "a ==", "a == 3x", "a == \"x", "a == 'x'", "a === 3", "a < true", "a contains true",
    "a == 0x", "a == 0x10000000000000000", "a == +3", "a == -", "a == 0x-3", "a == \"x\" \"y\"",
  ]) func refuses(_ text: String) {
    #expect(throws: LessonGoalProblem.self) { try Self.goal(text) }
  }

  @Test func showsWhatThereIsInTheBaseOfTheGoal() throws {
    #expect(try Self.goal("a == 0x10").have(.int(255)) == "0xff")
    #expect(try Self.goal("a == 16").have(.string("0xff")) == "255")
    #expect(try Self.goal("a == \"x\"").have(.string("y")) == "\"y\"")
    #expect(try Self.goal("a == 1").have(.null) == "nothing yet")
    #expect(try Self.goal("a == 1").have(nil) == "nothing of that name")
  }
}
