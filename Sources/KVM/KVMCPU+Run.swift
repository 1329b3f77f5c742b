import CKVM
import X86

extension KVMCPU {
  /// Runs until an exit, a breakpoint, the limit or an interrupt.
  ///
  /// KVM neither counts instructions nor, on every host, reports INT3 or has debug registers to
  /// lend. With a limit or breakpoints the guest is therefore single-stepped, some microseconds
  /// each, which needs no patched guest memory and is exact under any paging.
  ///
  /// An access that was neither completed nor skipped is lost: a read gives all ones. After
  /// KVM_EXIT_SHUTDOWN some hosts have reset the registers.
  public func run(until limit: RunLimit) throws -> Exit {
    interrupt = limit.interrupt
    if limit.instructions == nil && limit.breakpoints.isEmpty {
      return try attached { try runFreely(limit.interrupt) }
    }
    return try attached { try runStepping(limit) }
  }

  private func runFreely(_ interrupt: Interrupt) throws -> Exit {
    hasRunFreely = true
    try singleStep(false)
    while true {
      if interrupt.isRaised { return .interrupted }
      let exit = try enter()
      if exit == .interrupted {
        // Another signal; a raise sets its flag before this byte, so none is lost.
        page.immediateExit = false
        continue
      }
      return .vmExit(vmExit(exit))
    }
  }

  private func runStepping(_ limit: RunLimit) throws -> Exit {
    var count: UInt64 = 0
    while count < limit.instructions ?? .max {
      if limit.interrupt.isRaised { return .interrupted }
      let exit = try stepOnce()
      guard exit == .stepped else { return exit }
      count += 1
      if let address = steppedTo, limit.breakpoints.contains(address) {
        return .breakpoint(address: address)
      }
    }
    return .limit
  }

  /// Keeps the interrupt attached to this thread and kvm_run while `body` runs.
  func attached<Result>(_ body: () throws -> Result) rethrows -> Result {
    guard let interrupt else { return try body() }
    page.attach(interrupt)
    defer {
      interrupt.detach()
      page.immediateExit = false
    }
    return try body()
  }

  /// One KVM_RUN, or the exit that finishing the last instruction brought. Interrupts that wait
  /// for RFLAGS.IF are delivered here and are not reported.
  func enter() throws -> KVMExit {
    if let exit = queued {
      queued = nil
      return note(exit)
    }
    try deliverIfPossible()
    while true {
      let exit = try runOnce()
      switch exit {
      case .interruptWindow: try deliverWaitingInterrupt()
      // A host that emulates ring 0 may reach HLT before it looks at the window.
      case .hlt where !waitingVectors.isEmpty && page.isReadyForInterrupt:
        try deliverWaitingInterrupt()
      default: return note(exit)
      }
      if interrupt?.isRaised == true { return .interrupted }
    }
  }

  private func note(_ exit: KVMExit) -> KVMExit {
    steppedTo = nil
    switch exit {
    case .io(let isWrite, let size, _, let count, let offset):
      unfinished = exit
      guard !isWrite else { break }
      // A read that nobody answers gives all ones, as on a bus without a device.
      for item in 0..<count { page.setIOItem(item, size: size, offset: offset, to: .max) }
    case .mmio(_, _, let isWrite, _):
      unfinished = exit
      if !isWrite { page.setMMIOData(.max) }
    case .hypercall, .readMSR, .writeMSR: unfinished = exit
    case .debug(let pc, _): steppedTo = pc
    default: break
    }
    return exit
  }

  /// KVM_RUN itself.
  func runOnce() throws -> KVMExit {
    let result = log.call(
      "KVM_RUN", .vcpu, note: KVMExit.name(page.exitNumber), { ckvm_run(descriptor.number) })
    // KVM consumes what it waited for before it looks at immediate_exit.
    unfinished = nil
    isPerformed = false
    if result == 0 { return page.exit }
    guard result == .interrupted || result == .tryAgain else {
      throw MachineError.ioctl(
        "KVM_RUN", result, remedy: "reset the machine; the guest cannot go on")
    }
    return .interrupted
  }

  /// Turns KVM's single-stepping on or off.
  func singleStep(_ on: Bool) throws {
    guard on != isSingleStepping else { return }
    var debug = kvm_guest_debug()
    debug.control = on ? UInt32(KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP) : 0
    try exchange("KVM_SET_GUEST_DEBUG", &debug, on ? "ENABLE | SINGLESTEP" : "off") {
      unsafe ckvm_set_guest_debug($0, &$1)
    }
    isSingleStepping = on
  }
}
