import CKVM
import X86

extension KVMCPU {
  /// Queues an event for the next entry. An external interrupt waits for RFLAGS.IF.
  public func inject(_ event: InjectedEvent) throws {
    steppedTo = nil
    try settle()
    // SDM 3C, "VM-Entry Controls for Event Injection": the interruption type.
    switch event.type {
    case 0:
      waitingVectors.append(event.vector)
      page.requestInterruptWindow = true
    case 2:
      let result = log.call("KVM_NMI", .vcpu) { ckvm_nmi(descriptor.number) }
      guard result == 0 else { throw MachineError.ioctl("KVM_NMI", result) }
    case 3: try injectException(event)
    case 4, 5, 6:
      // SDM 3C, "Event Injection": software events push the RIP of the following instruction.
      var registers = try getRegs()
      registers.rip &+= UInt64(event.instructionLength)
      try setRegs(registers)
      if event.type == 4 { try injectSoftwareInterrupt(event) } else { try injectException(event) }
    default:
      throw MachineError.backend(
        what: "inject", why: "interruption type \(event.type) cannot be injected",
        remedy: "use 0, 2, 3, 4, 5 or 6")
    }
  }

  private func injectException(_ event: InjectedEvent) throws {
    var events = try getEvents()
    events.exception.injected = 1
    events.exception.nr = event.vector
    events.exception.has_error_code = event.errorCode == nil ? 0 : 1
    events.exception.error_code = event.errorCode ?? 0
    try setEvents(events, "exception \(event.vector)")
  }

  private func injectSoftwareInterrupt(_ event: InjectedEvent) throws {
    var events = try getEvents()
    events.interrupt.injected = 1
    events.interrupt.nr = event.vector
    events.interrupt.soft = 0
    try setEvents(events, "interrupt \(event.vector)")
  }

  func getEvents() throws -> kvm_vcpu_events {
    var value = kvm_vcpu_events()
    try exchange("KVM_GET_VCPU_EVENTS", &value) { unsafe ckvm_get_vcpu_events($0, &$1) }
    return value
  }

  func setEvents(_ events: kvm_vcpu_events, _ what: String) throws {
    var value = events
    try exchange("KVM_SET_VCPU_EVENTS", &value, what) { unsafe ckvm_set_vcpu_events($0, &$1) }
  }

  /// Hands over the oldest waiting interrupt at once if the guest can take it now.
  func deliverIfPossible() throws {
    guard !waitingVectors.isEmpty, unfinished == nil else { return }
    let events = try getEvents()
    guard try RFLAGS(rawValue: getRegs().rflags).contains(.if), events.interrupt.shadow == 0,
      events.interrupt.injected == 0, events.exception.injected == 0
    else { return }
    try queueWaitingInterrupt()
  }

  /// At KVM_EXIT_IRQ_WINDOW_OPEN: hands over the oldest waiting interrupt.
  func deliverWaitingInterrupt() throws {
    if page.isReadyForInterrupt { try queueWaitingInterrupt() }
  }

  private func queueWaitingInterrupt() throws {
    if !waitingVectors.isEmpty {
      let vector = waitingVectors.removeFirst()
      var interrupt = kvm_interrupt(irq: UInt32(vector))
      try exchange("KVM_INTERRUPT", &interrupt, "vector \(vector)") {
        unsafe ckvm_interrupt($0, &$1)
      }
    }
    page.requestInterruptWindow = !waitingVectors.isEmpty
  }
}
