import Devices
import KVM
import Simulator
import X86

/// The VMM that the learner plays: it owns a machine and its devices, loads a guest, runs it, handles
/// its exits and keeps the books.
public final class Monitor {
  public enum Backend: String, Sendable, CaseIterable { case sim, kvm }

  public struct Configuration: Sendable {
    public var backend = Backend.sim
    /// Bytes of guest RAM.
    public var memorySize: UInt64 = 16 << 20
    /// No VMM: the guest owns the simulated machine.
    public var isBare = false
    public var seed: UInt64 = 1
    public init() {}
  }

  public let configuration: Configuration
  public let machine: any VirtualMachine
  /// The simulated machine behind `machine`; nil on KVM.
  public let simulated: SimulatedMachine?
  /// The guest that was loaded last.
  public private(set) var image: GuestImage?
  /// Policies that differ from `emulate`, by basic exit reason.
  public var policies: [UInt16: ExitPolicy] = [:]
  public private(set) var statistics = ExitStatistics()
  /// The exit that stopped and has not been handled.
  public private(set) var pendingExit: VMExit?
  /// The last exit of any kind.
  public private(set) var lastExit: VMExit?

  /// Throws `MachineError.backend`, e.g. if there is no /dev/kvm.
  public init(_ configuration: Configuration) throws {
    throw MachineError.backend(what: "the monitor", why: "it is not built yet", remedy: "")
  }

  /// Bytes that the guest has printed since the machine was made (UART, debug console, hypercalls).
  public var consoleOutput: [UInt8] { [] }

  /// Resets machine and devices, places `image` into memory and gives the guest its first state.
  public func load(_ image: GuestImage) throws {}
  /// Loads the same guest again.
  public func reset() throws {}

  /// Enters the guest (doing VMXON, VMCLEAR, VMPTRLD, set-up and VMLAUNCH where the learner has not),
  /// handles exits by policy and returns at the first thing that stops.
  public func run(until limit: RunLimit) throws -> Stop { Stop(reason: .halt, rip: 0) }
  /// One guest instruction. An exit that it causes is handled by policy; one that stops is not.
  public func step() throws -> Stop { Stop(reason: .step, rip: 0) }

  /// Fills the current VMCS so that the loaded guest can enter. Throws if there is no current VMCS.
  /// Returns, for people, what was set and why, one line a group.
  public func setup() throws -> [String] { [] }

  /// The guest instruction at RIP, with its linear address, if its bytes can be read.
  public func nextInstruction() -> (address: UInt64, instruction: Instruction, bytes: InstructionBytes)? { nil }
  /// Reads guest-linear memory through the guest's paging; throws with the address that is unmapped.
  public func readLinear(_ address: UInt64, count: Int) throws -> [UInt8] { [] }
  public func writeLinear(_ address: UInt64, _ bytes: [UInt8]) throws {}
  /// Translates with every memory reference. On KVM only the guest's own tables.
  public func walk(_ linear: UInt64, _ access: PageAccess) throws -> Walk { Walk(linear: linear) }

  public func save() throws -> MonitorSnapshot { MonitorSnapshot() }
  public func restore(_ snapshot: MonitorSnapshot) throws {}
}

/// A saved monitor: machine, devices, statistics and policies.
public struct MonitorSnapshot: Sendable {}
