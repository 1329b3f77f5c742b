import X86

/// Everything about a processor that is not a cache.
struct ProcessorSnapshot: Sendable {
  private let registers: Registers
  private let flags: (result: UInt64, carries: UInt64, system: UInt64)
  private let pdptes: (UInt64, UInt64, UInt64, UInt64)
  private let pkru: UInt32
  private let msrs: MSRFile
  private let activity: ActivityState
  private let interruptShadow: InterruptShadow
  private let nmiBlocked: Bool
  private let pendingDebug: UInt64
  private let deferredException: DeferredException?
  private let isMonitorArmed: Bool
  private let interruptRequest: UInt8?
  private let nmiRequest: Bool
  private let retired: UInt64
  private let eventsDelivered: UInt64
  private let apic: LocalAPIC
  private let timeOffset: UInt64
  private let initRequest: Bool
  private let startupVector: UInt8?
  private let endsTurn: Bool
  private let vmx: VMXState
  private let unimplemented: UnimplementedInstructions
  private let xcr0: UInt64
  private let x87: X87State
  private let random: RandomSource

  init(_ processor: Processor) {
    registers = processor.currentRegisters()
    flags = (processor.flagResult, processor.flagCarries, processor.systemFlags)
    pdptes = processor.pdptes
    pkru = processor.pkru
    msrs = processor.msrs
    activity = processor.activity
    interruptShadow = processor.interruptShadow
    nmiBlocked = processor.nmiBlocked
    pendingDebug = processor.pendingDebug
    deferredException = processor.deferredException
    isMonitorArmed = processor.isMonitorArmed
    interruptRequest = processor.interruptRequest
    nmiRequest = processor.nmiRequest
    retired = processor.retired
    eventsDelivered = processor.eventsDelivered
    apic = processor.apic
    timeOffset = processor.timeOffset
    initRequest = processor.initRequest
    startupVector = processor.startupVector
    endsTurn = processor.endsTurn
    vmx = processor.vmx
    unimplemented = processor.unimplemented
    (xcr0, x87, random) = (processor.xcr0, processor.x87, processor.random)
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
    processor.pkru = pkru
    processor.msrs = msrs
    processor.activity = activity
    processor.interruptShadow = interruptShadow
    processor.nmiBlocked = nmiBlocked
    processor.pendingDebug = pendingDebug
    processor.deferredException = deferredException
    processor.isMonitorArmed = isMonitorArmed
    processor.interruptRequest = interruptRequest
    processor.nmiRequest = nmiRequest
    processor.retired = retired
    processor.eventsDelivered = eventsDelivered
    processor.apic = apic
    processor.timeOffset = timeOffset
    processor.initRequest = initRequest
    processor.startupVector = startupVector
    processor.endsTurn = endsTurn
    processor.wantsAlone = false
    processor.refreshAPICPage()
    processor.unimplemented = unimplemented
    (processor.xcr0, processor.x87, processor.random) = (xcr0, x87, random)
    processor.delivering = nil
  }
}
