import X86

/// A machine with one simulated processor.
///
/// Host-physical memory: the first 16 MiB belong to the monitor (VMXON region, VMCS, EPT, bitmaps,
/// host page tables), guest RAM follows at `guestBase`. A bare machine has no monitor and
/// `guestBase` 0.
public final class SimulatedMachine: VirtualMachine {
  /// Bytes in front of the guest's RAM when there is a monitor.
  public static let monitorReserve: UInt64 = 16 << 20

  public let memory: PhysicalMemory
  public let processor: Processor
  public let memorySize: UInt64
  public let guestBase: UInt64
  /// No monitor: the guest runs in root operation on the machine itself.
  public let isBare: Bool
  private let simulatedCPU: SimulatedCPU

  public var backendName: String { "sim" }
  public var cpu: any VirtualCPU { simulatedCPU }
  public var capabilities: Set<Capability> {
    isBare
      ? [.instructionCount, .deterministic]
      : [.vmx, .ept, .instructionCount, .allExits, .hypercall, .deterministic]
  }

  /// Throws `MachineError.backend` if the host has not so much memory.
  public init(memorySize: UInt64, isBare: Bool = false) throws {
    self.memorySize = (max(memorySize, 4096) &+ 4095) & ~4095
    self.isBare = isBare
    guestBase = isBare ? 0 : SimulatedMachine.monitorReserve
    memory = try PhysicalMemory(size: self.memorySize &+ guestBase)
    processor = Processor(memory: memory)
    processor.monitorIsExternal = !isBare
    simulatedCPU = SimulatedCPU(processor)
  }

  public func readPhysical(_ address: UInt64, count: Int) throws -> [UInt8] {
    try check(address, count)
    return try memory.read(address &+ guestBase, count: count)
  }

  public func writePhysical(_ address: UInt64, _ bytes: [UInt8]) throws {
    try check(address, bytes.count)
    try memory.write(address &+ guestBase, bytes)
    processor.noteExternalStore(address &+ guestBase, bytes.count)
  }

  private func check(_ address: UInt64, _ count: Int) throws {
    guard count >= 0, address <= memorySize, UInt64(count) <= memorySize &- address else {
      throw MachineError.outsideMemory(address: address, count: count, memorySize: memorySize)
    }
  }

  /// Puts machine and processor into their state after power-on; memory becomes zero.
  public func reset() throws {
    try memory.restore([:])
    processor.reset()
    processor.blocks.flushEverything()
    simulatedCPU.planned = Registers()
  }

  /// Answers an access of a bare machine from `bus` and executes the instruction that made it.
  public func complete(_ access: DeviceAccess, on bus: any DeviceBus) {
    simulatedCPU.complete(access, on: bus)
  }

  /// Walks the guest's tables, and EPT where it is on, for the guest as it is now; changes nothing.
  public func walk(_ linear: UInt64, _ access: PageAccess) -> Walk {
    if !isBare, let registers = processor.guestPagingRegisters() {
      return Processor.explainWalk(linear, access, registers, memory: memory)
    }
    if isBare {
      return Processor.explainWalk(linear, access, processor.pagingRegisters, memory: memory)
    }
    let planned = simulatedCPU.planned
    let registers = PagingRegisters(
      mode: PagingMode(cr0: planned.cr0, cr4: planned.cr4, efer: planned.efer), cr0: planned.cr0,
      cr3: planned.cr3, cr4: planned.cr4, efer: planned.efer, rflags: planned.rflags.rawValue)
    return Processor.explainWalk(
      linear, access, registers, memory: OffsetMemory(memory: memory, base: guestBase))
  }

  /// Walks EPT alone for a guest-physical address; nil while the guest has no EPT.
  public func walkEPT(_ guestPhysical: UInt64, _ access: PageAccess) -> Walk? {
    guard !isBare, let registers = processor.guestPagingRegisters(), registers.eptPointer != 0
    else { return nil }
    return processor.explainEPT(guestPhysical, access, registers)
  }

  public func save() throws -> any MachineSnapshot {
    SimulatedSnapshot(
      pages: memory.nonZeroPages(), processor: ProcessorSnapshot(processor),
      planned: simulatedCPU.planned)
  }

  public func restore(_ snapshot: any MachineSnapshot) throws {
    guard let snapshot = snapshot as? SimulatedSnapshot else {
      throw MachineError.backend(
        what: "restoring a snapshot", why: "it is of another backend", remedy: "")
    }
    try memory.restore(snapshot.pages)
    snapshot.processor.restore(processor)
    simulatedCPU.planned = snapshot.planned
  }
}

/// Guest RAM before there is an EPT: guest-physical 0 is at `base`.
private struct OffsetMemory: WalkMemory {
  let memory: PhysicalMemory
  let base: UInt64
  func readEntry64(_ address: UInt64) -> UInt64 { memory.readEntry64(address &+ base) }
  func readEntry32(_ address: UInt64) -> UInt32 { memory.readEntry32(address &+ base) }
  func mark(_ address: UInt64, _ bits: UInt16) {}
}

struct SimulatedSnapshot: MachineSnapshot {
  var pages: [UInt64: [UInt8]]
  var processor: ProcessorSnapshot
  var planned: Registers
}
