import Foundation
import X86

/// llvm-objdump, as another opinion on bytes.
struct DecoderLLVM {
  /// The directory of the toolchain's own llvm-objdump and llvm-objcopy; nil if it has none.
  ///
  /// Another release that happens to be in PATH prints differently, so only the one beside `swift`
  /// counts.
  static let directory: String? = {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    for directory in path.split(separator: ":").map(String.init) {
      let swift = URL(fileURLWithPath: directory + "/swift").resolvingSymlinksInPath()
      let beside = swift.deletingLastPathComponent().path
      let tools = [directory + "/swift", beside + "/llvm-objdump", beside + "/llvm-objcopy"]
      if tools.allSatisfy({ FileManager.default.isExecutableFile(atPath: $0) }) { return beside }
    }
    print("skipped: there is no llvm-objdump beside swift in PATH to compare the decoder with")
    return nil
  }()

  /// The text at each address of `code`, white space normalised, comments and symbols removed.
  static func disassemble(_ code: [UInt8], _ size: CodeSize) throws -> [Int: String] {
    let directory = directory ?? ""
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("ringside-decoder-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let (blob, object) = (folder.path + "/blob", folder.path + "/object")
    try Data(code).write(to: URL(fileURLWithPath: blob))
    let format = size == .bits64 ? "elf64-x86-64" : "elf32-i386"
    _ = try run(
      directory + "/llvm-objcopy",
      ["-I", "binary", "-O", format, "--rename-section", ".data=.text,code", blob, object])
    var arguments = ["-d", "-z", "-M", "intel", "--no-show-raw-insn", "--no-leading-headers"]
    if size == .bits16 { arguments.append("--triple=i386-unknown-unknown-code16") }
    return lines(try run(directory + "/llvm-objdump", arguments + [object]))
  }

  private static func run(_ tool: String, _ arguments: [String]) throws -> Data {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: tool)
    process.arguments = arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return output
  }

  /// Lines are an address in hexadecimal, a colon, and words between tabs and spaces.
  private static func lines(_ output: Data) -> [Int: String] {
    var lines: [Int: String] = [:]
    for line in [UInt8](output).split(separator: UInt8(ascii: "\n")) {
      guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
      let number = String(decoding: line[..<colon], as: UTF8.self)
      guard let address = Int(number.drop { $0 == " " }, radix: 16) else { continue }
      lines[address] = text(line[(colon + 1)...])
    }
    return lines
  }

  private static func text(_ line: ArraySlice<UInt8>) -> String {
    var text: [UInt8] = []
    for byte in line {
      if byte == UInt8(ascii: "#") { break }
      let isSpace = byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
      // A symbol follows a space; `<unknown>` starts the line.
      if byte == UInt8(ascii: "<") && !text.isEmpty { break }
      if !isSpace {
        text.append(byte)
      } else if !text.isEmpty && text.last != UInt8(ascii: " ") {
        text.append(UInt8(ascii: " "))
      }
    }
    while text.last == UInt8(ascii: " ") { text.removeLast() }
    return String(decoding: text, as: UTF8.self)
  }
}
