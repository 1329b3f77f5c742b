import Foundation
import Testing

@testable import Shell

/// The shapes of the command line's contract, read as a program reads them.
@Suite struct JSONShapeTests {
  private func object(_ lines: [String], _ change: (inout SessionOptions) -> Void = { _ in })
    throws -> [String: Any]
  {
    let session = fakeSession(change)
    var result = CommandResult(command: "")
    for line in lines { result = session.execute(line) }
    let text = result.json.text
    #expect(!text.contains("\n"))
    return try #require(
      try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  private func data(_ lines: String...) throws -> [String: Any] {
    let object = try object(lines)
    #expect(object["ok"] as? Bool == true)
    #expect(object["output"] is String)
    return try #require(object["data"] as? [String: Any])
  }

  /// `0x…`, lower case, no padding.
  private func isHex(_ value: Any?) -> Bool {
    guard let text = value as? String, text.hasPrefix("0x") else { return false }
    let digits = text.dropFirst(2)
    return digits == "0"
      || (digits.first != "0" && !digits.isEmpty
        && digits.allSatisfy { $0.isHexDigit && !$0.isUppercase })
  }

  @Test func error() throws {
    let object = try object(["frobnicate"])
    #expect(object["ok"] as? Bool == false)
    #expect(object["command"] as? String == "frobnicate")
    let error = try #require(object["error"] as? [String: Any])
    #expect(error["code"] as? String == "unknown-command")
    #expect(error["message"] is String)
  }

  @Test func registers() throws {
    let data = try data("load hello", "regs")
    let names =
      [
        "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp", "r8", "r9", "r10", "r11", "r12",
        "r13",
        "r14", "r15", "rip", "rflags", "cr0", "cr2", "cr3", "cr4", "efer",
      ]
    for name in names { #expect(isHex(data[name]), "\(name)") }
    for name in ["cs", "ds", "es", "fs", "gs", "ss"] {
      let segment = try #require(data[name] as? [String: Any])
      for part in ["selector", "base", "limit", "access"] { #expect(isHex(segment[part])) }
    }
  }

  @Test func stepping() throws {
    let data = try data("load hello", "stepi")
    #expect(data["stopped"] as? String == "step")
    #expect(isHex(data["rip"]))
    #expect(data["instructions"] as? Int == 1)
    #expect(data["exit"] is NSNull)
  }

  @Test func exit() throws {
    let data = try data("load hello", "handle io-instruction stop", "run")
    #expect(data["stopped"] as? String == "exit")
    let exit = try #require(data["exit"] as? [String: Any])
    #expect(exit["reason"] as? Int == 30)
    #expect(exit["name"] as? String == "io-instruction")
    #expect(isHex(exit["qualification"]))
    #expect(exit["length"] as? Int == 2)
    for name in ["guestPhysical", "guestLinear", "backend"] { #expect(exit[name] is NSNull) }
    #expect(exit["text"] is String)
  }

  @Test func examine() throws {
    let data = try data("load hello", "x/4xb 0x7c00")
    #expect(data["address"] as? String == "0x7c00")
    #expect(data["bytes"] as? String == "90b83412")
  }

  @Test func walk() throws {
    let data = try data("load hello", "walk 0x1000")
    let references = try #require(data["references"] as? [[String: Any]])
    #expect(references.first?["table"] as? String == "EPT-PML4")
    #expect(isHex(references.first?["address"]))
    #expect(isHex(references.first?["entry"]))
    #expect(isHex(data["physical"]))
    #expect(data["fault"] is NSNull)
    let fault = try self.data("load hello", "walk 0x1000 --user --access w")
    #expect(fault["physical"] is NSNull)
    #expect(fault["fault"] is [String: Any])
  }

  @Test func vmxInstructions() throws {
    let read = try data("vmxon", "vmptrld", "vmwrite GUEST_RIP 0x7c00", "vmread GUEST_RIP")
    #expect(read["field"] as? String == "GUEST_RIP")
    #expect(read["encoding"] as? String == "0x681e")
    #expect(read["value"] as? String == "0x7c00")
    let invalid = try data("vmlaunch")
    #expect(invalid["outcome"] as? String == "fail-invalid")
    #expect(invalid["error"] is NSNull)
    #expect(invalid["exit"] is NSNull)
    let valid = try data("vmxon", "vmptrld", "vmread 0x9999")
    #expect(valid["outcome"] as? String == "fail-valid")
    #expect(valid["error"] as? Int == 12)
    let entered = try data("vmxon", "vmptrld", "vmlaunch")
    #expect(entered["outcome"] as? String == "exit")
    #expect((entered["exit"] as? [String: Any])?["name"] as? String == "cpuid")
  }

  @Test func check() throws {
    let data = try data("vmxon", "vmptrld", "check")
    let failures = try #require(data["failures"] as? [[String: Any]])
    let failure = try #require(failures.first)
    for name in ["rule", "section", "have", "want"] { #expect(failure[name] is String) }
    #expect(failure["fields"] as? [String] == ["GUEST_RIP"])
  }

  @Test func compare() throws {
    let data = try data("compare console")
    #expect(data["workload"] as? String == "console")
    let row = try #require((data["rows"] as? [[String: Any]])?.first)
    #expect(row["technique"] as? String == "trap")
    #expect(row["operations"] as? Int == 10)
    #expect(row["exits"] as? Int == 20)
    #expect(row["exitsPerOperation"] as? Double == 2)
    #expect(row["cycles"] as? Int == 24000)
    #expect(row["nanoseconds"] is NSNull)
  }

  @Test func exitTable() throws {
    let data = try data("load hello", "run", "info exits")
    let row = try #require((data["exits"] as? [[String: Any]])?.first)
    for name in ["count", "min", "max"] { #expect(row[name] is Int) }
    #expect(row["mean"] is Double || row["mean"] is Int)
  }

  @Test func noVMCSIsAnAnswer() throws {
    #expect(try data("load hello", "vmxon", "vmcs")["current"] is NSNull)
  }
}
