import CUnicornOracle
import KVM
import Simulator
import X86

/// The simulator and the oracles by name.
enum Oracles {
  /// A handler that writes to a port: a bare simulated machine stops there.
  static func simulator(isStepping: Bool = false) throws -> any Oracle {
    try MachineOracle(
      name: isStepping ? "stepping" : "simulator", modes: CaseMode.allCases, handler: [0xe6, 0x80],
      limit: isStepping ? 100_000 : 5_000_000,
      isStepping: isStepping
    ) { try SimulatedMachine(memorySize: GuestImage.memorySize, isBare: true) }
  }

  /// Nil, with the reason printed, for an oracle that this host does not have.
  static func make(_ name: String) -> (any Oracle)? {
    do {
      switch name {
      case "native": return NativeOracle()
      case "kvm": return try kvm()
      // The simulator itself, without its fast path for blocks.
      case "stepping": return try simulator(isStepping: true)
      case "unicorn": return UnicornOracle()
      default: print("no oracle named \(name)")
      }
    } catch {
      print("oracle \(name) skipped: \(error)")
    }
    return nil
  }

  private static func kvm() throws -> any Oracle {
    try MachineOracle(name: "kvm", modes: [.bits64], handler: [0xf4], limit: nil) {
      try KVMMachine(memorySize: GuestImage.memorySize)
    }
  }
}
