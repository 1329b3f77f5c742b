import Foundation
import Testing

@testable import Monitor

private let memory: UInt64 = 16 << 20

@Suite struct LoaderFileTests {
  /// Calls `body` with the path of a file of these bytes, which exists only during the call.
  private func withFile(_ bytes: [UInt8], _ body: (String) throws -> Void) throws {
    let url = FileManager.default.temporaryDirectory
      .appendingPathComponent("ringside-\(UUID().uuidString)")
    try Data(bytes).write(to: url)
    defer { try? FileManager.default.removeItem(at: url) }
    try body(url.path)
  }

  private func error(_ path: String) -> LoaderError? {
    #expect(throws: LoaderError.self) { try ImageLoader.load(path, memorySize: memory) }
  }

  @Test func aBuiltInNameIsABuiltInGuest() throws {
    let image = try ImageLoader.load("paging", memorySize: memory)
    #expect(image.name == "paging" && image.mode == .protected && image.entry == 0x8000)
  }

  @Test func theFormatIsRecognised() throws {
    let elf = ELFBuilder(is64: true, entry: 0x9000, segments: [.init(at: 0x9000, [0xf4])])
    try withFile(elf.build()) {
      let image = try ImageLoader.load($0, memorySize: memory)
      #expect(image.mode == .long && image.note == "ELF64 executable")
    }
    // Longer than the buffer that files are read with.
    let flat = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    try withFile(flat) {
      let image = try ImageLoader.load($0, memorySize: memory)
      #expect(image.segments == [GuestImage.Segment(address: 0x1000, bytes: flat)])
    }
  }

  @Test func aTypoNamesTheNearestGuest() {
    #expect(error("helllo")?.expected == "did you mean `hello`?")
    #expect(error("xyzzy-plugh")?.expected == "`guests` lists the built-in ones")
    #expect(error("/no/such/dir/file")?.found == "there is no such file")
    #expect(error(String(repeating: "a", count: 5_000)) != nil)
    #expect(error("") != nil)
  }

  @Test func directoriesDevicesAndUnreadableFilesAreRefused() {
    #expect(error("/")?.found == "this is a directory")
    #expect(error("/dev/null")?.found == "this is no regular file")
    // A regular file whose first page cannot be read, even by root.
    #expect(error("/proc/self/mem")?.found.hasPrefix("the file cannot be read: ") == true)
  }

  @Test func hugeFilesAreRefusedUnread() throws {
    try withFile([]) {
      let handle = try #require(FileHandle(forWritingAtPath: $0))
      try handle.truncate(atOffset: (64 << 20) + 1)
      try handle.close()
      #expect(error($0)?.found == "the file is bigger than 64 MiB")
    }
  }

  @Test func anEmptyFileIsRefused() throws {
    try withFile([]) { #expect(error($0)?.found == "the file is empty") }
  }
}
