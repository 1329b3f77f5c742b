import Monitor
import Testing
import X86

/// The built-in guests, on every backend.
@Suite struct CatalogueTests {
  private static let text = "The same text either way: count the VM exits that it took.\n"

  private func run(_ name: String, _ backend: Monitor.Backend) throws -> (Monitor, Stop) {
    var configuration = Monitor.Configuration()
    configuration.backend = backend
    let monitor = try Monitor(configuration)
    try monitor.load(
      try ImageLoader.load(name, memorySize: configuration.memorySize))
    return (monitor, try monitor.run(until: RunLimit()))
  }

  private func count(_ monitor: Monitor, _ reason: ExitReason) -> Int {
    monitor.statistics.rows[reason.rawValue]?.count ?? 0
  }

  @Test(arguments: backends) func hello(_ backend: Monitor.Backend) throws {
    let (monitor, stop) = try run("hello", backend)
    #expect(stop.reason == .halt)
    #expect(monitor.consoleOutput == Array("Hello from the guest!\n".utf8))
    // A status read and a write for each of 22 bytes.
    #expect(count(monitor, .ioInstruction) == 44)
    #expect(count(monitor, .hlt) == 1)
  }

  @Test(arguments: backends) func countAddsUp(_ backend: Monitor.Backend) throws {
    let (monitor, stop) = try run("count", backend)
    #expect(stop.reason == .halt)
    #expect(monitor.statistics.total == 1)
    let registers = try monitor.machine.cpu.registers()
    #expect(registers[.rax] == 55)
  }

  @Test(arguments: backends) func portsTrapTwiceAByte(_ backend: Monitor.Backend) throws {
    let (monitor, stop) = try run("ports", backend)
    #expect(stop.reason == .halt)
    #expect(String(decoding: monitor.consoleOutput, as: UTF8.self) == Self.text)
    #expect(count(monitor, .ioInstruction) == 2 * Self.text.utf8.count)
  }

  @Test(arguments: backends) func hypercallExitsOnce(_ backend: Monitor.Backend) throws {
    let (monitor, stop) = try run("hypercall", backend)
    #expect(stop.reason == .halt)
    #expect(String(decoding: monitor.consoleOutput, as: UTF8.self) == Self.text)
    #expect(monitor.statistics.total == 2)
    let road: ExitReason =
      monitor.machine.capabilities.contains(.hypercall) ? .vmcall : .ioInstruction
    #expect(count(monitor, road) == 1)
  }

  @Test(arguments: backends) func mmioDrivesItsDevice(_ backend: Monitor.Backend) throws {
    let (monitor, stop) = try run("mmio", backend)
    #expect(stop.reason == .halt)
    #expect(monitor.consoleOutput == Array("The device kept what was written.\n".utf8))
    #expect(count(monitor, .eptViolation) == 5 + 34 + 1)
  }

  @Test(arguments: backends) func tripleFaults(_ backend: Monitor.Backend) throws {
    let (monitor, stop) = try run("triple", backend)
    #expect(stop.reason == .exit)
    #expect(stop.exit?.reason == ExitReason.tripleFault.rawValue)
    #expect(stop.explanation.contains("triple fault"))
    #expect(monitor.consoleOutput.isEmpty)
  }

  @Test func cpuidGivesTheProcessorsVendorInTheSimulator() throws {
    let (monitor, stop) = try run("cpuid", .sim)
    #expect(stop.reason == .halt)
    #expect(monitor.consoleOutput == Array("GenuineIntel\n".utf8))
    #expect(count(monitor, .cpuid) == 2)
  }

  @Test(arguments: backends) func pagingFaultsAndGoesOn(_ backend: Monitor.Backend) throws {
    let (monitor, stop) = try run("paging", backend)
    #expect(stop.reason == .halt)
    #expect(count(monitor, .hlt) == 1)
    #expect(!monitor.consoleOutput.isEmpty)
  }
}
