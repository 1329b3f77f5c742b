import X86

/// A machine with simulated processors.
///
/// Host-physical memory: the first 16 MiB belong to the monitor (VMXON region, VMCS, EPT, bitmaps,
/// host page tables), guest RAM follows at `guestBase`. A bare machine has no monitor, `guestBase` 0,
/// local APICs, and on request several processors, a board with devices and a ROM.
public final class SimulatedMachine: VirtualMachine {
  /// Bytes in front of the guest's RAM when there is a monitor.
  public static let monitorReserve: UInt64 = 16 << 20
  public static let mostProcessors = 64

  public let memory: PhysicalMemory
  /// The first processor.
  public let processor: Processor
  public let processors: [Processor]
  public let memorySize: UInt64
  public let guestBase: UInt64
  /// No monitor: the guest runs in root operation on the machine itself.
  public let isBare: Bool
  let simulatedCPUs: [SimulatedCPU]
  let scheduler: Scheduler?
  private var rom: [UInt8] = []
  /// The processor that `cpu` is.
  public var selected = 0 {
    didSet { selected = max(0, min(selected, processors.count - 1)) }
  }

  public var backendName: String { "sim" }
  public var cpu: any VirtualCPU { simulatedCPUs[selected] }
  public var cpus: [any VirtualCPU] { simulatedCPUs }
  public var capabilities: Set<Capability> {
    isBare
      ? [.instructionCount, .deterministic]
      : [.vmx, .ept, .instructionCount, .allExits, .hypercall, .deterministic]
  }

  /// Only a bare machine has more than one processor, `mostProcessors` at most. Throws
  /// `MachineError.backend` if the host has not so much memory.
  public init(memorySize: UInt64, isBare: Bool = false, processorCount: Int = 1) throws {
    self.memorySize = (max(memorySize, 4096) &+ 4095) & ~4095
    self.isBare = isBare
    guestBase = isBare ? 0 : SimulatedMachine.monitorReserve
    let memory = try PhysicalMemory(size: self.memorySize &+ guestBase, hasHole: isBare)
    self.memory = memory
    let blocks = BlockCache(memory: memory)
    processor = Processor(memory: memory, blocks: blocks, index: 0)
    let count = isBare ? max(1, min(processorCount, SimulatedMachine.mostProcessors)) : 1
    processors =
      [processor] + (1..<count).map { Processor(memory: memory, blocks: blocks, index: $0) }
    processor.monitorIsExternal = !isBare
    scheduler = isBare ? Scheduler(SystemBus(processors)) : nil
    simulatedCPUs = processors.map(SimulatedCPU.init)
    for cpu in simulatedCPUs { cpu.machine = isBare ? self : nil }
  }

  deinit { scheduler?.bus.disconnect() }

  /// The devices of a bare machine. While it has one, accesses to ports and to memory that is not RAM
  /// are answered there and do not stop the run.
  public var board: (any Board)? {
    get { scheduler?.bus.board }
    set { scheduler?.bus.board = newValue }
  }

  /// Nanoseconds of simulated time since power-on.
  public var time: UInt64 { processors.reduce(0) { max($0, $1.time) } }

  /// Instructions that all processors have executed.
  public var instructionsRetired: UInt64 { processors.reduce(0) { $0 &+ $1.retired } }

  /// Places a read-only memory that ends at 4 GiB; up to 128 KiB of its end are also below 1 MiB.
  /// Processors start there after `reset()`.
  public func setROM(_ bytes: [UInt8]) throws {
    guard isBare, memory.setROM(bytes) else {
      throw MachineError.backend(
        what: "a ROM of \(bytes.count) bytes",
        why: isBare ? "a ROM has 16 MiB at most" : "only a bare machine has a ROM", remedy: "")
    }
    rom = bytes
    flushCaches()
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
    let isInside =
      isBare
      ? count >= 0 && memory.contains(address, UInt64(count))
      : count >= 0 && address <= memorySize && UInt64(count) <= memorySize &- address
    guard isInside || count == 0 else {
      throw MachineError.outsideMemory(address: address, count: count, memorySize: memorySize)
    }
  }

  private func flushCaches() {
    processor.blocks.flushEverything()
    for processor in processors { processor.tlb.flushEverything() }
  }

  /// Puts machine and processors into their state after power-on; RAM becomes zero.
  public func reset() throws {
    try memory.restore([:])
    _ = memory.setROM(rom)
    resetProcessors()
    for cpu in simulatedCPUs { cpu.planned = Registers() }
  }

  /// RESET, which memory survives.
  private func resetProcessors() {
    for processor in processors { processor.reset() }
    flushCaches()
    scheduler?.restart()
    selected = 0
  }

  /// Answers an access of a bare machine without a board from `bus` and executes the instruction that
  /// made it.
  public func complete(_ access: DeviceAccess, on bus: any DeviceBus) {
    simulatedCPUs[selected].complete(access, on: bus)
  }

  /// Walks the guest's tables, and EPT where it is on, for the guest as it is now; changes nothing.
  public func walk(_ linear: UInt64, _ access: PageAccess) -> Walk {
    if !isBare, let registers = processor.guestPagingRegisters() {
      return Processor.explainWalk(linear, access, registers, memory: memory)
    }
    if isBare {
      let registers = processors[selected].pagingRegisters
      return Processor.explainWalk(linear, access, registers, memory: memory)
    }
    let planned = simulatedCPUs[0].planned
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

  // MARK: Running a bare machine

  /// Runs all processors; `step` is the one to execute a single instruction of.
  func runBare(until limit: RunLimit, stepping: Int? = nil) -> Exit {
    guard let scheduler else { return .halted }
    var run = Scheduler.Run(
      limit: limit, left: limit.instructions ?? ~0, skipsBreakpointOf: selected,
      stepping: stepping)
    while true {
      let (stop, index) = scheduler.run(&run)
      if stop == .yielded, let board, board.isResetRequested, !board.isStopRequested, !rom.isEmpty {
        board.reset()
        resetProcessors()
        if !board.isResetRequested { continue }
      }
      return exit(stop, index)
    }
  }

  private func exit(_ stop: ProcessorStop, _ index: Int) -> Exit {
    switch stop {
    case .limit: return .limit
    case .breakpoint(let address):
      selected = index
      return .breakpoint(address: address)
    case .interrupted: return .interrupted
    case .halted: return .halted
    case .shutdown:
      selected = index
      return .shutdown
    case .access(let access):
      selected = index
      return .access(access)
    case .vmExit: return .vmExit(processors[index].lastVMExit)
    case .yielded: return board?.isStopRequested == true ? .stopRequested : .resetRequested
    }
  }

  // MARK: Snapshots

  public func save() throws -> any MachineSnapshot {
    SimulatedSnapshot(
      pages: memory.nonZeroPages(), processors: processors.map(ProcessorSnapshot.init),
      planned: simulatedCPUs[0].planned, scheduler: scheduler?.save(), selected: selected)
  }

  public func restore(_ snapshot: any MachineSnapshot) throws {
    guard let snapshot = snapshot as? SimulatedSnapshot,
      snapshot.processors.count == processors.count
    else {
      throw MachineError.backend(
        what: "restoring a snapshot", why: "it is of another backend or machine", remedy: "")
    }
    try memory.restore(snapshot.pages)
    for (processor, saved) in zip(processors, snapshot.processors) { saved.restore(processor) }
    simulatedCPUs[0].planned = snapshot.planned
    if let state = snapshot.scheduler { scheduler?.restore(state) }
    selected = snapshot.selected
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
  var processors: [ProcessorSnapshot]
  var planned: Registers
  var scheduler: Scheduler.State?
  var selected: Int
}
