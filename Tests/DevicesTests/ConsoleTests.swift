import Testing

@testable import Devices

@Suite struct ConsoleTests {
  @Test func newBytesAreHandedOutOnce() {
    let console = Console()
    console.append(Array("one".utf8))
    #expect(console.takeNew() == Array("one".utf8))
    #expect(console.takeNew().isEmpty)
    console.append(0x21)
    #expect(console.takeNew() == [0x21])
    #expect(console.text == "one!")
  }

  @Test func outputBeyondTheLimitIsCountedNotKept() {
    let console = Console(limit: 4)
    console.append([1, 2, 3])
    #expect(console.note == nil)
    console.append([4, 5, 6])
    console.append(7)
    #expect(console.bytes == [1, 2, 3, 4])
    #expect(console.dropped == 3)
    #expect(console.note == "the console keeps the first 4 bytes; 3 more were dropped")
  }

  @Test func nothingIsNewAfterRestoring() {
    let console = Console()
    console.append([1, 2])
    let saved = console.state
    console.append([3])
    _ = console.takeNew()
    console.state = saved
    #expect(console.takeNew().isEmpty)
    console.append([4])
    #expect(console.takeNew() == [4])
    #expect(console.bytes == [1, 2, 4])
  }

  @Test func aStateLongerThanTheLimitIsHarmless() {
    let long = Console()
    long.append([1, 2, 3])
    let short = Console(limit: 1)
    short.state = long.state
    short.append([4])
    #expect(short.bytes == [1, 2, 3] && short.dropped == 1)
  }
}
