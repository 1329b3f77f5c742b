import Simulator
import X86

extension Monitor {
  /// The processor to type VMX instructions at. Throws on KVM and on a bare machine.
  func root(for what: String) throws -> SimulatedMachine {
    guard let simulated else { throw MonitorError.needsSimulator(what: what) }
    guard !configuration.isBare else {
      throw MonitorError.refused(
        what: what, why: "this machine is bare: its processor executes the guest",
        remedy: "`load` without --bare")
    }
    return simulated
  }

  /// Makes the processor a host with the monitor's area filled, once.
  func becomeHost(_ machine: SimulatedMachine) throws {
    isFresh = false
    guard !preparation.isHost else { return }
    preparation.planned = try machine.cpu.registers()
    try HostArea.write(to: machine.memory)
    machine.processor.becomeHost(
      pageTable: MonitorLayout.hostPageTables, rip: MonitorLayout.hostEntry,
      rsp: MonitorLayout.hostStackTop)
    preparation.isHost = true
  }

  /// The steps from power-on to a VMCS that can enter, without those that have been done.
  ///
  /// Throws `MonitorError.refused` with the first instruction that the processor fails.
  func prepareEntry(_ machine: SimulatedMachine) throws {
    let processor = machine.processor
    guard !processor.isInNonRootOperation else { return }
    try becomeHost(machine)
    if !processor.isInVMXOperation {
      _ = processor.setVMXE(true)
      try carryOut("VMXON", .vmxon(region: MonitorLayout.vmxonRegion), processor)
    }
    if processor.currentVMCSPointer == nil {
      rememberPlan(machine)
      try carryOut("VMCLEAR", .vmclear(region: MonitorLayout.vmcs), processor)
      try carryOut("VMPTRLD", .vmptrld(region: MonitorLayout.vmcs), processor)
      preparation.filled.remove(MonitorLayout.vmcs)
    }
    if let current = processor.currentVMCSPointer, !preparation.filled.contains(current) {
      _ = try setup()
    }
  }

  private func carryOut(
    _ name: String, _ instruction: VMXPromptInstruction, _ processor: Processor
  ) throws {
    let result = processor.prompt(instruction)
    guard result != .success else { return }
    throw MonitorError.refused(
      what: name, why: VMXFailure.text(result), remedy: VMXFailure.remedy(result))
  }

  /// Keeps the guest's registers before a VMCS, whose guest area is still empty, becomes current.
  func rememberPlan(_ machine: SimulatedMachine) {
    guard machine.processor.currentVMCSPointer == nil,
      let registers = try? machine.cpu.registers()
    else { return }
    preparation.planned = registers
  }

  /// Fills the current VMCS so that the loaded guest can enter, at the guest's first state.
  ///
  /// Throws `MonitorError` if there is no current VMCS or a VMWRITE fails. Returns, for people, what
  /// was set and why, one line a group.
  public func setup() throws -> [String] {
    let machine = try root(for: "`setup`")
    let processor = machine.processor
    guard !processor.isInNonRootOperation else { throw MonitorError.inGuest }
    guard let current = processor.currentVMCSPointer else { throw MonitorError.noCurrentVMCS }
    let guest = preparation.planned ?? FirstState(mode: .real, entry: 0, memorySize: 0).registers
    var setup = VMCSSetup(
      processor: processor, guest: guest, eptPointer: try eptPointer(machine))
    try setup.run()
    // The general registers are in no VMCS: the processor keeps them across VM entry.
    try machine.cpu.setRegisters(guest)
    preparation.filled.insert(current)
    return setup.explanation
  }

  private func eptPointer(_ machine: SimulatedMachine) throws -> UInt64 {
    if let pointer = preparation.eptPointer { return pointer }
    let large = EPTBuilder.usesLargePages(
      memorySize: machine.memorySize, asked: configuration.usesLargeEPTPages)
    let pointer = try EPTBuilder.build(for: machine, usesLargePages: large)
    preparation.eptPointer = pointer
    return pointer
  }

  /// For `vmcs --diff`.
  func rememberFields(_ machine: SimulatedMachine) {
    let processor = machine.processor
    guard processor.currentVMCSPointer != nil, !processor.isInNonRootOperation else { return }
    preparation.fieldsBeforeEntry = VMCSField.all.map { processor.vmcsField($0) ?? 0 }
  }
}
