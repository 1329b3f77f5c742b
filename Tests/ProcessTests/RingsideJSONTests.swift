import Foundation
import Testing

@testable import Shell

/// `--json`: one object a line, in the shapes that programs rely on.
@Suite struct RingsideJSONTests {
  private func objects(_ script: String) throws -> [[String: Any]] {
    let commands = script.split(separator: "\n")
    let result = try Ringside.run("--json", "--keep-going", input: script)
    let objects = try result.objects()
    #expect(objects.count == commands.count, "one line a command: \(result.errors)")
    return objects
  }

  /// The data of the last command.
  private func data(_ script: String) throws -> [String: Any] {
    let last = try #require(try objects(script).last)
    #expect(last["ok"] as? Bool == true, "\(last)")
    #expect(last["output"] is String)
    return try #require(last["data"] as? [String: Any])
  }

  /// `0x…`, lower case, no padding.
  private func isHex(_ value: Any?) -> Bool {
    guard let text = value as? String, text.hasPrefix("0x") else { return false }
    let digits = text.dropFirst(2)
    return digits == "0"
      || (!digits.isEmpty && !digits.hasPrefix("0")
        && digits.allSatisfy { "0123456789abcdef".contains($0) })
  }

  @Test func errors() throws {
    let result = try Ringside.run("--json", "--keep-going", input: "bogus\nprint 1\nrun\n")
    let objects = try result.objects()
    #expect(objects.map { $0["ok"] as? Bool } == [false, true, false])
    #expect(objects[0]["command"] as? String == "bogus")
    let error = try #require(objects[0]["error"] as? [String: Any])
    #expect(error["code"] as? String == "unknown-command")
    #expect((error["message"] as? String)?.isEmpty == false)
    #expect(result.status == 1)
  }

  @Test(arguments: ["timeline", "map"])
  func whatIsNotBuiltYetSaysSo(_ command: String) throws {
    let last = try #require(try objects("load cpuid\n\(command)\n").last)
    guard last["ok"] as? Bool == false else { return }
    #expect((last["error"] as? [String: Any])?["code"] as? String == "not-yet")
  }

  @Test(arguments: ["sim", "kvm"])
  func registers(_ backend: String) throws {
    guard backend == "sim" || Ringside.hasKVM("--json on kvm") else { return }
    let data = try data("backend \(backend)\nload count\nstepi 4\nregs\n")
    for name in [
      "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp", "r8", "r9", "r10", "r11", "r12",
      "r13", "r14", "r15", "rip", "rflags", "cr0", "cr2", "cr3", "cr4", "efer",
    ] { #expect(isHex(data[name]), "\(name)") }
    for name in ["cs", "ds", "es", "fs", "gs", "ss"] {
      let segment = try #require(data[name] as? [String: Any])
      for part in ["selector", "base", "limit", "access"] { #expect(isHex(segment[part])) }
    }
    // XOR AX, AX; MOV DS, AX; MOV CX, 10; ADD AX, CX.
    #expect(data["rax"] as? String == "0xa" && data["rcx"] as? String == "0xa")
    #expect(data["rip"] as? String == "0x1009")
  }

  private func checkExit(_ exit: [String: Any], backend: String) {
    #expect(exit["reason"] as? Int == 30)
    #expect(exit["name"] as? String == "io-instruction")
    // IN of one byte from port 0x3fd in DX: bit 3 is 1, bit 6 is 0.
    #expect(exit["qualification"] as? String == "0x3fd0008")
    #expect(exit["text"] is String)
    #expect(exit["guestPhysical"] is NSNull && exit["guestLinear"] is NSNull)
    if backend == "kvm" {
      #expect(exit["backend"] as? String == "KVM_EXIT_IO")
    } else {
      #expect(exit["backend"] is NSNull)
      #expect(exit["length"] as? Int == 1)
    }
  }

  @Test(arguments: ["sim", "kvm"])
  func running(_ backend: String) throws {
    guard backend == "sim" || Ringside.hasKVM("--json on kvm") else { return }
    let objects = try objects(
      """
      backend \(backend)
      load hello
      stepi
      handle io-instruction stop
      continue
      handle io-instruction emulate
      break 0x1000
      run
      delete
      continue

      """)
    let stops = try [2, 4, 7, 9].map { try #require(objects[$0]["data"] as? [String: Any]) }
    #expect(
      stops.map { $0["stopped"] as? String } == ["step", "exit", "breakpoint", "halt"]
        || stops.map { $0["stopped"] as? String } == ["step", "exit", "halt", "halt"])
    for stop in stops {
      #expect(isHex(stop["rip"]))
      #expect(stop["instructions"] is Int || (backend == "kvm" && stop["instructions"] is NSNull))
    }
    #expect(stops[0]["exit"] is NSNull)
    if backend == "sim" { #expect(stops[0]["instructions"] as? Int == 1) }
    checkExit(try #require(stops[1]["exit"] as? [String: Any]), backend: backend)
  }

  @Test func memory() throws {
    let data = try data("load hello\nwrite 0x5000 0x12 0xab\nx/2xb 0x5000\n")
    #expect(data["address"] as? String == "0x5000")
    #expect(data["bytes"] as? String == "12ab")
  }

  @Test func walks() throws {
    let data = try data("load paging\nrun\nwalk 0x8123\n")
    let references = try #require(data["references"] as? [[String: Any]])
    // Four tables of the guest, each behind a walk of four, and a last one of four.
    #expect(references.count == 24)
    for reference in references {
      #expect(isHex(reference["address"]) && isHex(reference["entry"]))
    }
    let names = references.compactMap { $0["table"] as? String }
    #expect(names.filter { $0.hasPrefix("EPT-") }.count == 20)
    #expect(Array(names.prefix(5)) == ["EPT-PML4", "EPT-PDPT", "EPT-PD", "EPT-PT", "PML4"])
    #expect(isHex(data["physical"]) && data["fault"] is NSNull)
    #expect((data["physical"] as? String)?.hasSuffix("8123") == true)
    let fault = try self.data("load paging\nrun\nwalk 0\n")
    #expect(fault["physical"] is NSNull && fault["fault"] is [String: Any])
  }

  @Test func vmxInstructions() throws {
    let start = "load cpuid\nvmxon\nvmclear 0x2000\nvmptrld 0x2000\n"
    let read = try data(start + "vmwrite GUEST_RIP 0x1234\nvmread GUEST_RIP\n")
    #expect(read["field"] as? String == "GUEST_RIP")
    #expect(read["encoding"] as? String == "0x681e")
    #expect(read["value"] as? String == "0x1234")

    let objects = try objects(
      "load cpuid\nvmxon\nvmlaunch\nvmclear 0x2000\nvmptrld 0x2000\nvmlaunch\nsetup\nvmlaunch\n"
        + "vmlaunch\nvmresume\nvmwrite GUEST_RFLAGS 0\nvmresume\n")
    func answer(_ index: Int) throws -> (outcome: String?, error: Any?, exit: Any?) {
      let data = try #require(objects[index]["data"] as? [String: Any])
      return (data["outcome"] as? String, data["error"], data["exit"])
    }
    // VMXON succeeds; without a current VMCS VMfailInvalid; unfilled 7; exit; launched 4.
    for index in [1, 3, 4] {
      #expect(try answer(index).outcome == "success")
      #expect(try answer(index).error is NSNull)
    }
    #expect(try answer(2).outcome == "fail-invalid" && answer(2).error is NSNull)
    #expect(try answer(5).outcome == "fail-valid" && answer(5).error as? Int == 7)
    for index in [7, 9] {
      #expect(try answer(index).outcome == "exit")
      let exit = try #require(try answer(index).exit as? [String: Any])
      #expect(exit["name"] as? String == "cpuid" && exit["reason"] as? Int == 10)
      #expect(exit["length"] as? Int == 2)
    }
    #expect(try answer(8).outcome == "fail-valid" && answer(8).error as? Int == 4)
    // A guest-state failure is an exit, reason 33.
    #expect(try answer(11).outcome == "exit")
    #expect((try answer(11).exit as? [String: Any])?["reason"] as? Int == 33)
  }

  @Test func check() throws {
    let setup = "load cpuid\nvmxon\nvmclear 0x2000\nvmptrld 0x2000\nsetup\n"
    let good = try data(setup + "check\n")
    #expect((good["failures"] as? [Any])?.isEmpty == true)
    let data = try data(setup + "vmwrite GUEST_RFLAGS 0\nvmwrite HOST_CS_SELECTOR 0\ncheck\n")
    let failures = try #require(data["failures"] as? [[String: Any]])
    #expect(failures.count == 2)
    for failure in failures {
      for name in ["rule", "section", "have", "want"] { #expect(failure[name] is String) }
      #expect((failure["fields"] as? [String])?.isEmpty == false)
    }
    let fields = failures.flatMap { $0["fields"] as? [String] ?? [] }
    #expect(fields.contains("GUEST_RFLAGS") && fields.contains("HOST_CS_SELECTOR"))
  }

  @Test(arguments: ["sim", "kvm"])
  func compare(_ backend: String) throws {
    guard backend == "sim" || Ringside.hasKVM("compare --json on kvm") else { return }
    let result = try Ringside.run("compare", "console", "--backend", backend, "--json")
    let object = try #require(try result.objects().first)
    let data = try #require(object["data"] as? [String: Any])
    #expect(data["workload"] as? String == "console")
    let rows = try #require(data["rows"] as? [[String: Any]])
    #expect(rows.count >= 2)
    for row in rows {
      #expect(row["technique"] is String)
      #expect(row["operations"] is Int && row["exits"] is Int)
      #expect(row["exitsPerOperation"] is Double || row["exitsPerOperation"] is Int)
      #expect(row["cycles"] is Int || row["cycles"] is NSNull)
      #expect(row["nanoseconds"] is NSNumber || row["nanoseconds"] is NSNull)
    }
    // A status read and a byte against one exit for all.
    let exits = rows.compactMap { $0["exits"] as? Int }
    #expect(exits.first.map { $0 % 2 == 0 && $0 > 2 } == true && exits.contains(1))
    if backend == "sim" { #expect(rows.allSatisfy { $0["cycles"] is Int }) }
  }

  @Test(arguments: ["sim", "kvm"])
  func runToTheEnd(_ backend: String) throws {
    guard backend == "sim" || Ringside.hasKVM("run --json on kvm") else { return }
    let result = try Ringside.run("run", "hello", "--backend", backend, "--json")
    #expect(result.status == 0 && result.lines.count == 1)
    let object = try #require(try result.objects().first)
    #expect(object["guest"] as? String == "hello")
    #expect(object["console"] as? String == "Hello from the guest!\n")
    #expect(object["stopped"] as? String == "halt")
    #expect(object["instructions"] is Int || (backend == "kvm" && object["instructions"] is NSNull))
    #expect(object["seconds"] is Double)
    let exits = try #require(object["exits"] as? [[String: Any]])
    for exit in exits {
      #expect(exit["name"] is String && exit["count"] is Int)
      for name in ["min", "max", "mean"] { #expect(exit[name] is NSNumber) }
    }
    // A status read and a write for each of the 22 bytes.
    let io = try #require(exits.first { $0["name"] as? String == "io-instruction" })
    #expect(io["count"] as? Int == 44)
  }

  @Test func doctor() throws {
    let result = try Ringside.run("doctor", "--json")
    let object = try #require(try result.objects().first)
    #expect(result.lines.count == 1)
    #expect(object["command"] as? String == "doctor" && object["ok"] as? Bool == true)
    let data = try #require(object["data"] as? [String: Any])
    let findings = try #require(data["findings"] as? [[String: Any]])
    #expect(findings.contains { ($0["name"] as? String)?.contains("/dev/kvm") == true })
    for finding in findings {
      #expect(finding["name"] is String && finding["ok"] is Bool)
      #expect(finding["detail"] is String && finding["remedy"] is String)
    }
  }
}
