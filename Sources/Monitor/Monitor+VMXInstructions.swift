import Simulator
import X86

extension Monitor {
  /// Where the processor is in VMX operation; all off on KVM.
  public var vmxStatus: VMXStatus {
    guard let processor = simulated?.processor else { return VMXStatus() }
    return VMXStatus(
      isOn: processor.isInVMXOperation, current: processor.currentVMCSPointer,
      isLaunched: processor.currentVMCSIsLaunched ?? false,
      isInGuest: processor.isInNonRootOperation)
  }

  /// Executes a VMX instruction on the processor, as if root-mode software had it at its RIP.
  ///
  /// VMLAUNCH and VMRESUME run the guest to its first VM exit, which stays pending. Throws
  /// `MonitorError` on KVM, and in the middle of the guest; what the processor refuses is an answer.
  public func execute(
    _ instruction: PromptInstruction, interrupt: Interrupt = Interrupt()
  ) throws -> VMXAnswer {
    let machine = try root(for: "a VMX instruction")
    try becomeHost(machine)
    switch instruction {
    case .vmlaunch:
      return try enter(launch: true, limit: RunLimit(interrupt: interrupt))
    case .vmresume:
      return try enter(launch: false, limit: RunLimit(interrupt: interrupt))
    default:
      let processor = machine.processor
      var notes: [String] = []
      let typed = try prepare(instruction, machine, &notes)
      var answer = try Self.answer(processor.prompt(typed))
      if answer.value == nil { answer.value = Self.address(of: typed) }
      answer.notes = notes
      if answer.outcome == .success { note(typed, processor) }
      return answer
    }
  }

  /// A VM entry, and the guest up to its first VM exit, a breakpoint or the limit. The outcome is
  /// `success` without an exit if the guest was stopped before it exited.
  public func enter(launch: Bool, limit: RunLimit) throws -> VMXAnswer {
    let machine = try root(for: launch ? "VMLAUNCH" : "VMRESUME")
    try becomeHost(machine)
    rememberFields(machine)
    let result = machine.processor.prompt(launch ? .vmlaunch : .vmresume)
    switch result {
    case .entered: break
    case .entryFailure(let exit):
      record(exit, place(of: exit), cost: ExitCosts.cycles(of: exit))
      pendingExit = nil
      return VMXAnswer(.exit, exit: exit)
    default: return try Self.answer(result)
    }
    pendingExit = nil
    try beginHistory()
    defer { noteTouches() }
    guard case .vmExit(let exit) = try runToExit(until: limit) else {
      return VMXAnswer(.success)
    }
    record(exit, place(of: exit), cost: ExitCosts.cycles(of: exit))
    pendingExit = exit
    return VMXAnswer(.exit, exit: exit)
  }

  /// Runs until something stops, with checkpoints on the way.
  private func runToExit(until limit: RunLimit) throws -> Exit {
    let run = GuestRun(self, limit: limit)
    while true {
      guard var next = run.nextLimit else { return .limit }
      let isSlice = shortenToCheckpoint(&next)
      let exit = try machine.cpu.run(until: next)
      guard isSlice, exit == .limit else { return exit }
      if !limit.breakpoints.isEmpty, limit.breakpoints.contains(try linearRIP()) {
        return .breakpoint(address: try linearRIP())
      }
    }
  }

  static func answer(_ result: VMXPromptResult) throws -> VMXAnswer {
    switch result {
    case .success, .entered: return VMXAnswer(.success)
    case .failInvalid: return VMXAnswer(.failInvalid)
    case .failValid(let number): return VMXAnswer(.failValid, error: number)
    case .fault(let vector, _): return VMXAnswer(.fault, vector: vector)
    case .value(let value): return VMXAnswer(.success, value: value)
    case .entryFailure(let exit): return VMXAnswer(.exit, exit: exit)
    case .inNonRootOperation: throw MonitorError.inGuest
    case .aborted:
      throw MonitorError.refused(
        what: "the processor", why: VMXFailure.text(result), remedy: "`reset`")
    }
  }

  /// What the prompt is to execute, after the monitor has done what software does first.
  private func prepare(
    _ instruction: PromptInstruction, _ machine: SimulatedMachine, _ notes: inout [String]
  ) throws -> VMXPromptInstruction {
    switch instruction {
    case .vmxon(let address):
      let region = address ?? MonitorLayout.vmxonRegion
      if !machine.processor.isInVMXOperation, machine.processor.setVMXE(true) {
        notes.append("CR4.VMXE was set first: VMXON raises #UD without it")
      }
      try prepareRegion(region, machine, &notes)
      return .vmxon(region: region)
    case .vmclear(let address):
      try prepareRegion(address ?? MonitorLayout.vmcs, machine, &notes)
      return .vmclear(region: address ?? MonitorLayout.vmcs)
    case .vmptrld(let address):
      rememberPlan(machine)
      try prepareRegion(address ?? MonitorLayout.vmcs, machine, &notes)
      return .vmptrld(region: address ?? MonitorLayout.vmcs)
    case .vmxoff: return .vmxoff
    case .vmptrst: return .vmptrst
    case .vmread(let field): return .vmread(encoding: UInt64(field.rawValue))
    case .vmwrite(let field, let value):
      return .vmwrite(encoding: UInt64(field.rawValue), value: value)
    case .vmlaunch: return .vmlaunch
    case .vmresume: return .vmresume
    case .vmcall: return .vmcall
    case .invept(let type, let pointer):
      return .invept(type: type, descriptor: InvalidationDescriptor(low: pointer))
    case .invvpid(let type, let vpid, let linear):
      return .invvpid(
        type: type, descriptor: InvalidationDescriptor(low: UInt64(vpid), high: linear))
    }
  }

  /// Writes the revision identifier where the monitor may and nothing stands yet.
  private func prepareRegion(
    _ region: UInt64, _ machine: SimulatedMachine, _ notes: inout [String]
  ) throws {
    guard MonitorLayout.isRegion(region),
      try HostArea.writeRevision(to: machine.memory, region)
    else { return }
    notes.append(
      "the monitor wrote the VMCS revision identifier "
        + "\(hex(VMXCapabilities.ringside.revisionIdentifier)) at \(hex(region)) first, as "
        + "software has to")
  }

  private static func address(of instruction: VMXPromptInstruction) -> UInt64? {
    switch instruction {
    case .vmxon(let region), .vmclear(let region), .vmptrld(let region): region
    default: nil
    }
  }

  /// Keeps the books about an instruction that succeeded.
  private func note(_ instruction: VMXPromptInstruction, _ processor: Processor) {
    switch instruction {
    case .vmclear(let region):
      preparation.filled.remove(region)
      pendingExit = nil
    case .vmptrld, .vmxoff: pendingExit = nil
    case .vmwrite:
      if let current = processor.currentVMCSPointer { preparation.filled.insert(current) }
    default: break
    }
  }
}
