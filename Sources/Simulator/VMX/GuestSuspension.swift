import X86

/// What a monitor does from outside without a VM exit of its own: stopping a guest for the prompt,
/// and emulating one of its instructions.
extension Processor {
  /// As `suspendGuest`, so that `resumeSuspendedGuest` can go on as if nothing had been.
  func suspendForPrompt() {
    guard vmx.isNonRoot else { return }
    let running = SuspendedGuest.Running(self)
    suspendGuest()
    // Not flatMap: the optimiser of Swift 6.3 stops at such a closure with an ownership error.
    suspended = nil
    if let running { suspended = SuspendedGuest(running, self) }
  }

  /// Leaves non-root operation between two instructions: the guest state is saved and the host
  /// state loaded as by a VM exit, but the exit-information fields keep their values. A host does
  /// this with an interrupt that it sends to the processor; here nothing is sent.
  ///
  /// An event that was injected by an entry is not injected again by the next, but one that waits
  /// while an instruction is emulated stays.
  func suspendGuest(wasEntered: Bool = true) {
    guard vmx.isNonRoot, let vmcs = currentVMCS else { return }
    if wasEntered {
      vmcs[.entryInterruptionInformation] = vmcs[.entryInterruptionInformation] & 0x7fff_ffff
      vmx.resumesWithMTF = vmx.pendingMTF
    }
    saveGuestState(vmcs, .monitorTrapFlag, systemFlags & RFLAGS.rf.rawValue != 0)
    leaveNonRoot(isNMI: false)
    loadHostState(vmcs)
    attention = true
  }

  /// Executes the guest instruction at RIP with `bus` answering for ports and for memory that is
  /// not RAM, without a VM entry: the instruction emulator of the monitor. Returns the exit that
  /// the instruction causes otherwise, e.g. by an intercepted exception.
  func emulateGuestInstruction(on bus: any DeviceBus) -> ProcessorStop? {
    guard monitorIsExternal else { return emulate(on: bus) }
    guard !vmx.isNonRoot, let vmcs = currentVMCS else { return nil }
    loadControls(vmcs)
    loadGuestState(vmcs)
    vmx.isNonRoot = true
    updateMode()
    let stop = emulate(on: bus)
    suspendGuest(wasEntered: false)
    return stop
  }

  private func emulate(on bus: any DeviceBus) -> ProcessorStop? {
    emulationBus = bus
    defer { emulationBus = nil }
    // A repeated string instruction is put back, and exits again, until it is done.
    isPutBack = false
    let hadTrapFlag = systemFlags & RFLAGS.tf.rawValue != 0
    deliveredEvent = false
    systemFlags &= ~RFLAGS.rf.rawValue
    do throws(Fault) {
      let block = try unsafe currentBlock()
      // SAFETY: currentBlock returns a slot of the block table.
      try executeOps(unsafe Int(block.pointee.firstOp), 1)
    } catch {
      return handle(error)
    }
    interruptShadow = .none
    // A repetition that a monitor emulates is a VM exit of its own.
    if monitorIsExternal { systemFlags &= ~RFLAGS.rf.rawValue }
    if hadTrapFlag, !deliveredEvent { pendingDebug |= DebugStatus.singleStep }
    attention = true
    return nil
  }
}

/// A guest that was stopped between two instructions for the prompt, and what the stop has changed.
///
/// A VM exit and a VM entry are no secret to a guest: without VPID they drop translations, and an
/// injected event is done with. A guest that nobody has touched meanwhile must not notice that it was
/// looked at, so it goes on with the very state in which it was stopped.
final class SuspendedGuest: Sendable {
  /// The running guest, before the stop.
  struct Running: Sendable {
    fileprivate let state: ProcessorSnapshot
    fileprivate let vmcsAddress: UInt64
    fileprivate let vmcs: [UInt8]
    fileprivate let contexts: TLB.Contexts

    /// nil without a current VMCS.
    init?(_ processor: Processor) {
      vmcsAddress = processor.vmx.currentVMCS
      guard let bytes = try? processor.memory.read(vmcsAddress, count: SuspendedGuest.vmcsSize)
      else { return nil }
      vmcs = bytes
      state = ProcessorSnapshot(processor)
      contexts = processor.tlb.contexts
    }
  }

  /// Fields end before it.
  static let vmcsSize = 2048

  private let running: Running
  /// VMCS and MSRs as the stop has left them.
  private let vmcs: [UInt8]
  private let msrs: MSRFile

  fileprivate init?(_ running: Running, _ processor: Processor) {
    guard !processor.vmx.isAborted,
      let bytes = try? processor.memory.read(running.vmcsAddress, count: SuspendedGuest.vmcsSize)
    else { return nil }
    self.running = running
    vmcs = bytes
    msrs = processor.msrs
  }

  /// What the guest and the host share, and what VMX instructions have not been at, is compared:
  /// false if the prompt has changed something that only a VM entry brings to the guest.
  fileprivate func resume(_ processor: Processor) -> Bool {
    guard processor.vmx.currentVMCS == running.vmcsAddress, processor.msrs == msrs,
      let now = try? processor.memory.read(running.vmcsAddress, count: SuspendedGuest.vmcsSize),
      now == vmcs, (try? processor.memory.write(running.vmcsAddress, running.vmcs)) != nil
    else { return false }
    let live = LiveState(processor)
    running.state.restoreState(processor)
    live.restore(processor)
    processor.updateMode()
    processor.tlb.contexts = running.contexts
    return true
  }
}

/// What VMX transitions leave alone: changed at the prompt, it is changed for the guest.
private struct LiveState {
  private let general: [UInt64]
  private let control: (cr2: UInt64, cr8: UInt64, dr6: UInt64)
  private let debug: (UInt64, UInt64, UInt64, UInt64)
  private let requests: (interrupt: UInt8?, nmi: Bool)
  private let unimplemented: UnimplementedInstructions

  init(_ processor: Processor) {
    general = (0..<16).map { processor.r[$0] }
    control = (processor.cr2, processor.cr8, processor.dr6)
    debug = processor.dr
    requests = (processor.interruptRequest, processor.nmiRequest)
    unimplemented = processor.unimplemented
  }

  func restore(_ processor: Processor) {
    for number: UInt8 in 0..<16 where number != GeneralRegister.rsp.rawValue {
      processor.r[number] = general[Int(number)]
    }
    (processor.cr2, processor.cr8, processor.dr6) = control
    processor.dr = debug
    (processor.interruptRequest, processor.nmiRequest) = requests
    processor.unimplemented = unimplemented
  }
}

extension Processor {
  /// A guest was stopped for the prompt, and nothing is known to have changed for it.
  public var isSuspendedForPrompt: Bool { suspended != nil }

  /// Lets the guest go on where `suspendForPrompt` has stopped it; false if there is none, or if it
  /// has been touched, so that it takes a VM entry.
  func resumeSuspendedGuest() -> Bool {
    guard let guest = suspended else { return false }
    guard guest.resume(self) else {
      forgetSuspendedGuest()
      return false
    }
    suspended = nil
    attention = true
    return true
  }

  /// The stop was a VM exit after all.
  func forgetSuspendedGuest() { suspended = nil }
}
