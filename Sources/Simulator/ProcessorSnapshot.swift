import X86

/// Everything about a processor that is not a cache.
struct ProcessorSnapshot: Sendable {
  private let registers: Registers
  private let flags: (result: UInt64, carries: UInt64, system: UInt64)
  private let pdptes: (UInt64, UInt64, UInt64, UInt64)
  private let msrs: MSRFile
  private let activity: ActivityState
  private let interruptShadow: InterruptShadow
  private let nmiBlocked: Bool
  private let pendingDebug: UInt64
  private let interruptRequest: UInt8?
  private let nmiRequest: Bool
  private let retired: UInt64
  private let eventsDelivered: UInt64
  private let vmx: VMXState
  private let unimplemented: [UInt64: Mnemonic]

  init(_ processor: Processor) {
    registers = processor.currentRegisters()
    flags = (processor.flagResult, processor.flagCarries, processor.systemFlags)
    pdptes = processor.pdptes
    msrs = processor.msrs
    activity = processor.activity
    interruptShadow = processor.interruptShadow
    nmiBlocked = processor.nmiBlocked
    pendingDebug = processor.pendingDebug
    interruptRequest = processor.interruptRequest
    nmiRequest = processor.nmiRequest
    retired = processor.retired
    eventsDelivered = processor.eventsDelivered
    vmx = processor.vmx
    unimplemented = processor.unimplemented
  }

  func restore(_ processor: Processor) {
    restoreState(processor)
    processor.suspended = nil
    processor.tlb.flushEverything()
    processor.blocks.flushEverything()
    processor.updateMode()
  }

  /// As `restore`, but caches stay as they are, and `updateMode()` is the caller's to call.
  func restoreState(_ processor: Processor) {
    processor.vmx = vmx
    processor.setRegisters(registers)
    (processor.flagResult, processor.flagCarries, processor.systemFlags) = flags
    processor.pdptes = pdptes
    processor.msrs = msrs
    processor.activity = activity
    processor.interruptShadow = interruptShadow
    processor.nmiBlocked = nmiBlocked
    processor.pendingDebug = pendingDebug
    processor.interruptRequest = interruptRequest
    processor.nmiRequest = nmiRequest
    processor.retired = retired
    processor.eventsDelivered = eventsDelivered
    processor.unimplemented = unimplemented
    processor.delivering = nil
  }
}
