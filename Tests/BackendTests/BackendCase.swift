import KVM
import Monitor
import Testing
import X86

/// Why there are no tests on KVM here; nil if there are. Said once.
let kvmIsMissing: String? = {
  do {
    _ = try KVMMachine(memorySize: 1 << 20)
    return nil
  } catch {
    print("tests on KVM are skipped: \(error)")
    return "\(error)"
  }
}()

let backends: [Monitor.Backend] = kvmIsMissing == nil ? [.sim, .kvm] : [.sim]

/// One guest, and what has to become of it on every backend.
struct BackendCase: Sendable, CustomTestStringConvertible {
  var name: String
  var code: [UInt8]
  var mode = GuestImage.Mode.real
  var address: UInt64 = 0x8000
  /// What comes first; `halt` ends with HLT.
  var stopped = Stop.Reason.halt
  /// Exits by basic reason.
  var exits: [UInt16: Int] = [ExitReason.hlt.rawValue: 1]
  var console = ""
  /// Worked out by hand.
  var registers: [(GeneralRegister, UInt64)] = []
  var rip: UInt64?
  var flags: RFLAGS?
  var memory: [(address: UInt64, bytes: [UInt8])] = []

  var testDescription: String { name }

  var image: GuestImage {
    GuestImage(
      name: name, segments: [GuestImage.Segment(address: address, bytes: code)], entry: address,
      mode: mode, note: "")
  }

  /// Runs on `backend` and compares.
  func check(_ backend: Monitor.Backend) throws {
    var configuration = Monitor.Configuration()
    configuration.backend = backend
    let monitor = try Monitor(configuration)
    try monitor.load(image)
    let stop = try monitor.run(until: RunLimit())
    #expect(stop.reason == stopped, "\(stop.explanation)")
    #expect(monitor.statistics.rows.mapValues(\.count) == exits)
    #expect(String(decoding: monitor.consoleOutput, as: UTF8.self) == console)
    let state = try monitor.machine.cpu.registers()
    for (register, value) in registers {
      #expect(state[register] == value, "\(register.name)")
    }
    if let rip { #expect(state.rip == rip) }
    // RF is the processor's business at an exit.
    if let flags { #expect(state.rflags.subtracting(.rf) == flags) }
    for (address, bytes) in memory {
      #expect(try monitor.machine.readPhysical(address, count: bytes.count) == bytes)
    }
  }
}
