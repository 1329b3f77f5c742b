import Foundation
import Testing

@testable import Shell

/// The program without a terminal: scripts, options, exit statuses.
@Suite struct RingsideScriptTests {
  let folder = TemporaryFolder()

  private func file(_ name: String, _ bytes: [UInt8]) throws -> String {
    let path = folder.path + "/" + name
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    return path
  }

  private func file(_ name: String, _ text: String) throws -> String {
    try file(name, Array(text.utf8))
  }

  // MARK: Scripts

  @Test func standardInputIsAScriptWithoutPrompts() throws {
    let result = try Ringside.run(input: "# a comment\r\nprint 1\r\n\nprint 2\n")
    #expect(result.output == "0x1 = 1\n0x2 = 2\n")
    #expect(result.errors == "")
    #expect(result.status == 0)
  }

  @Test func aScriptStopsAtTheFirstCommandThatFails() throws {
    let script = try file("s", "print 1\nbogus\nprint 2\n")
    let result = try Ringside.run("-x", script, "--batch")
    #expect(result.output == "0x1 = 1\n")
    #expect(result.errors.hasPrefix("\(script):2: error: unknown command 'bogus'"))
    #expect(result.errors.split(separator: "\n").count == 1)
    #expect(result.status == 1)
    let piped = try Ringside.run(input: "print 1\nbogus\nprint 2\n")
    #expect(piped.errors.contains(":2: error: unknown command 'bogus'"))
    #expect(piped.output == "0x1 = 1\n" && piped.status == 1)
  }

  @Test func keepGoingGoesOnAndTheStatusStillTells() throws {
    let result = try Ringside.run("--keep-going", input: "print 1\nbogus\nprint 2\n")
    #expect(result.output == "0x1 = 1\n0x2 = 2\n")
    #expect(result.errors.contains(":2: error: "))
    #expect(result.status == 1)
  }

  @Test func scriptsAndCommandsRunInTheirOrder() throws {
    let one = try file("one", "print 1\n")
    let two = try file("two", "print 4\n")
    let result = try Ringside.run(
      "-x", one, "-e", "print 2", "-e", "print 3", "-x", two, "-e", "print -1 + 6", "--batch")
    #expect(result.lines == ["0x1 = 1", "0x2 = 2", "0x3 = 3", "0x4 = 4", "0x5 = 5"])
    let thenInput = try Ringside.run("-e", "print 1", input: "print 2\n")
    #expect(thenInput.lines == ["0x1 = 1", "0x2 = 2"])
    let batch = try Ringside.run("-e", "print 1", "--batch", input: "print 2\n")
    #expect(batch.lines == ["0x1 = 1"])
  }

  @Test func aScriptThatCannotBeReadIsAnError() throws {
    let result = try Ringside.run("-x", folder.path + "/none", "--batch")
    #expect(result.errors.contains(folder.path + "/none") && result.errors.contains("error: "))
    #expect(result.status == 1)
  }

  /// What the processor answers is a result, and no failed command.
  @Test func theScriptGoesOnAfterAFailedEntry() throws {
    let result = try Ringside.run(
      input: """
        vmread GUEST_RIP
        load cpuid
        vmxon
        vmlaunch
        vmclear 0x2000
        vmptrld 0x2000
        vmlaunch
        setup
        vmwrite GUEST_RFLAGS 0
        vmlaunch
        load triple
        run
        print 1

        """)
    #expect(result.errors == "")
    #expect(result.status == 0)
    for word in ["#UD", "VMfailInvalid", "VMfailValid", "entry-failure", "triple fault"] {
      #expect(result.output.contains(word))
    }
    #expect(result.lines.last == "0x1 = 1")
  }

  @Test func quitEndsAScript() throws {
    let result = try Ringside.run(input: "print 1\nquit\nprint 2\n")
    #expect(result.output == "0x1 = 1\n" && result.status == 0)
  }

  // MARK: Output

  @Test func aReaderThatLeavesIsNoError() throws {
    let script = try file("s", String(repeating: "help\n", count: 200))
    let result = try Ringside.bash(
      "$RINGSIDE -x \(script) --batch | head -1; echo ${PIPESTATUS[0]}; "
        + "yes help 2>/dev/null | $RINGSIDE | head -1; echo ${PIPESTATUS[1]}")
    #expect(result.lines == ["machine", "0", "machine", "0"])
    #expect(result.errors == "")
  }

  @Test func colourOnlyWhereItIsWanted() throws {
    #expect(try !Ringside.run("-e", "help", "--batch").output.contains("\u{1b}"))
    let always = try Ringside.run("--color", "always", "-e", "help vmxon", "--batch")
    #expect(always.output.contains("\u{1b}["))
    let terminal = try PseudoTerminal.start(
      "ringside", ["-e", "help vmxon", "--batch"],
      environment: Ringside.environment().merging(["NO_COLOR": "1"]) { $1 })
    #expect(try terminal.waitForExit() == .exited(0))
    #expect(!terminal.transcript.contains("\u{1b}"))
  }

  @Test func plainIsASCIIWithoutBoxes() throws {
    let result = try Ringside.run(
      "--plain", input: "load paging\nrun\nwalk 0x8000\ninfo exits\nregs\nload count\nstepi\n")
    #expect(result.status == 0)
    #expect(!result.output.isEmpty)
    for scalar in result.output.unicodeScalars {
      #expect(!(0x2500...0x257f).contains(scalar.value), "box drawing")
    }
    #expect(result.lines.contains("rip: 0x1002") || result.output.contains("rip"))
  }

  // MARK: Options

  @Test func usageErrors() throws {
    for arguments in [
      ["--nonsense"], ["--backend", "vmware"], ["--color", "perhaps"], ["run"],
      ["run", "hello", "--max-instructions", "many"], ["replay"], ["lesson", "dance"],
    ] {
      let words = arguments.map { "'\($0)'" }.joined(separator: " ")
      let result = try Ringside.bash("$RINGSIDE \(words)")
      #expect(result.status == 64, "\(words)")
      #expect(!result.errors.isEmpty && result.output.isEmpty, "\(words)")
    }
  }

  @Test func versionAndHelp() throws {
    let version = try Ringside.run("--version")
    #expect(version.output.hasPrefix("ringside ") && version.status == 0)
    let help = try Ringside.run("--help")
    #expect(help.status == 0)
    for word in [
      "--backend", "--batch", "--keep-going", "--json", "--plain", "--color", "-x", "-e", "run",
      "compare", "lesson", "replay", "doctor",
    ] { #expect(help.output.contains(word)) }
  }

  // MARK: Running guests

  @Test func runPrintsTheConsoleAndNothingElse() throws {
    let result = try Ringside.run("run", "hello")
    #expect(result.output == "Hello from the guest!\n")
    #expect(result.errors.contains("io-instruction") && result.errors.contains("samples"))
    #expect(result.status == 0)
    let none = try Ringside.run("run", "helo")
    #expect(none.output == "" && none.errors.contains("`load hello`") && none.status == 1)
  }

  /// JMP to itself.
  @Test func maxInstructionsEndsAGuestThatDoesNot() throws {
    let spin = try file("spin.bin", [0xeb, 0xfe])
    let result = try Ringside.run(
      "run", spin, "--at", "0x1000", "--mode", "real", "--max-instructions", "1000", "--json")
    let object = try #require(try result.objects().first)
    #expect(object["stopped"] as? String == "limit")
    #expect(object["instructions"] as? Int == 1000)
    #expect(result.status != 0)
  }

  /// MOV AL, 3; OUT 0xF4, AL: the status is (3 << 1) | 1, as of QEMU's isa-debug-exit.
  @Test func debugExitEndsABareRun() throws {
    let guest = try file("exit.bin", [0xb0, 0x03, 0xe6, 0xf4, 0xf4])
    let result = try Ringside.run("run", guest, "--bare", "--at", "0x1000", "--mode", "real")
    #expect(result.status == 7)
  }

  /// A multiboot kernel that prints its command line and its first module at port 0xe9:
  /// mov esi,[ebx+16]; 1: lodsb; test al,al; jz 2f; out 0xe9,al; jmp 1b; 2: mov esi,[ebx+24];
  /// mov esi,[esi]; lodsb; out 0xe9,al; mov al,21; out 0xf4,al
  @Test func aKernelHasACommandLineAndModules() throws {
    let words: [UInt32] = [
      0x1bad_b002, 0x1_0000, 0 &- 0x1bad_b002 &- 0x1_0000, 0x10_0000, 0x10_0000, 0, 0, 0x10_0020,
    ]
    let code: [UInt8] = [
      0x8b, 0x73, 0x10, 0xac, 0x84, 0xc0, 0x74, 0x04, 0xe6, 0xe9, 0xeb, 0xf7, 0x8b, 0x73, 0x18,
      0x8b,
      0x36, 0xac, 0xe6, 0xe9, 0xb0, 0x15, 0xe6, 0xf4,
    ]
    let header = words.flatMap { word in (0..<4).map { UInt8(word >> ($0 * 8) & 0xff) } }
    let kernel = try file("kernel.bin", header + code)
    let module = try file("module", Array("!".utf8))
    let result = try Ringside.run(
      "run", kernel, "--bare", "--append", "-x 1", "--module", module + " -y", "--cpus", "2",
      "--memory", "4G")
    #expect(result.output == kernel + " -x 1!")
    #expect(result.status == 43)
  }

  @Test func aROMNeedsNoGuest() throws {
    var rom = [UInt8](repeating: 0xff, count: 4096)
    // At the reset vector: mov al,'R'; out 0xe9,al; mov al,3; out 0xf4,al
    rom.replaceSubrange(0xff0..<0xff8, with: [0xb0, 0x52, 0xe6, 0xe9, 0xb0, 0x03, 0xe6, 0xf4])
    let result = try Ringside.run("run", "--bare", "--rom", try file("rom.bin", rom))
    #expect(result.output == "R" && result.status == 7)
    #expect(try Ringside.run("run", "--rom", "x").status == 64)
    #expect(try Ringside.run("run", "hello", "--cpus", "2").status == 64)
    #expect(try Ringside.run("run", "hello", "--bare", "--cpus", "0").status == 64)
  }

  @Test func replayTells() throws {
    let good = try file("good.transcript", "%transcript 1\nringside> print 1\n0x1 = 1\n")
    let bad = try file("bad.transcript", "%transcript 1\nringside> print 1\n0x1 = 2\n")
    #expect(try Ringside.run("replay", good).status == 0)
    let result = try Ringside.run("replay", bad, good)
    #expect(result.status == 1)
    #expect(result.output.contains("-0x1 = 2\n+0x1 = 1\n"))
    #expect(result.output.contains("good.transcript: matched"))
    #expect(try Ringside.run("replay", folder.path + "/none").status == 1)
    let refused = try Ringside.run("replay", "--update", bad, environment: ["CI": "1"])
    #expect(refused.status == 1 && refused.errors.contains("CI"))
    #expect(FileContents.text(of: bad).hasSuffix("0x1 = 2\n"))
  }

  /// What is recorded is a transcript that replays.
  @Test func recordsASession() throws {
    let path = folder.path + "/mine.transcript"
    let session = try Ringside.run(
      "--keep-going", input: "record \(path)\nload count\nstepi 3\nbogus\nregs\nrecord stop\n")
    #expect(session.status == 1)
    let replay = try Ringside.run("replay", path)
    #expect(replay.status == 0 && replay.output.contains("matched, 4 commands"))
  }

  @Test func lessonsFromTheCommandLine() throws {
    let list = try Ringside.run("lesson", "list")
    for id in ["first-exit", "vmcs-anatomy", "entry-fails"] { #expect(list.output.contains(id)) }
    #expect(list.status == 0)
    #expect(try Ringside.run("lesson", "show", "first-exit").output.contains("The first VM exit"))
    #expect(try Ringside.run("lesson", "show", "none").status == 1)
    let broken = try file("broken.md", "no lesson\n")
    let check = try Ringside.run("lesson", "check", broken)
    #expect(check.status == 1)
    #expect((check.output + check.errors).contains("broken.md:1: error: "))
  }

  // MARK: Without KVM

  /// Where nothing is below /dev, KVM is missing: one line says so and how to mend it, and the
  /// simulator works all the same.
  @Test func withoutKVMItSaysWhyAndTheSimulatorWorks() throws {
    let hidden =
      Ringside.noKVM != nil
      ? "" : "unshare --mount sh -c 'mount -t tmpfs none /dev && exec \"$0\" \"$@\"' "
    let probe = try Ringside.bash("\(hidden)/bin/true")
    guard probe.status == 0 else {
      print("without /dev/kvm: skipped: it cannot be hidden here: \(probe.errors)")
      return
    }
    let kvm = try Ringside.bash(
      "\(hidden)$RINGSIDE --backend kvm -e 'load hello' -e run --batch")
    #expect(kvm.status == 1)
    #expect(kvm.errors.split(separator: "\n").count == 1)
    #expect(kvm.errors.contains("/dev/kvm") && kvm.errors.contains("backend sim"))
    let run = try Ringside.bash("\(hidden)$RINGSIDE run hello --backend kvm")
    #expect(run.status == 1 && run.output == "" && run.errors.contains("/dev/kvm"))
    #expect(try Ringside.bash("\(hidden)$RINGSIDE run hello").output == "Hello from the guest!\n")
    let doctor = try Ringside.bash("\(hidden)$RINGSIDE doctor --json")
    let data = try #require(try doctor.objects().first?["data"] as? [String: Any])
    let findings = try #require(data["findings"] as? [[String: Any]])
    let device = try #require(
      findings.first { ($0["name"] as? String)?.contains("/dev/kvm") == true })
    #expect(device["ok"] as? Bool == false)
    #expect((device["remedy"] as? String)?.isEmpty == false)
    let story = try Ringside.bash(
      "\(hidden)$RINGSIDE replay \(Ringside.repository)/transcripts/kvm-hides.transcript")
    #expect(
      story.output.contains("skipped: ") && !story.output.contains("hides.transcript: matched"))
  }
}
