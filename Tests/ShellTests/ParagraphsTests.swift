import Testing

@testable import Shell

@Suite struct ParagraphsTests {
  @Test func paragraphsAreBrokenAnew() {
    let text = "one two three\nfour five\n\nsix seven"
    #expect(text.reflowed(columns: 9) == "one two\nthree\nfour five\n\nsix seven")
    #expect(text.reflowed(columns: 80) == "one two three four five\n\nsix seven")
    #expect(text.reflowed(columns: nil) == text)
  }

  @Test func whatIsSetOutStays() {
    let text = "a table:\n\n  one    1\n  two    2\n\n- first\n- second\n1. third\nand on\nand on"
    #expect(
      text.reflowed(columns: 20)
        == "a table:\n\n  one    1\n  two    2\n\n- first\n- second\n1. third\nand on and on")
  }

  @Test func aLongWordIsNotBroken() {
    #expect("a extraordinary b".reflowed(columns: 5) == "a\nextraordinary\nb")
    #expect("".reflowed(columns: 5) == "")
    #expect("a".reflowed(columns: 0) == "a")
  }
}
