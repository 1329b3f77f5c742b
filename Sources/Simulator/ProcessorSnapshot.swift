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
  private let interruptRequest: UInt8?
  private let nmiRequest: Bool
  private let retired: UInt64
  private let vmx: VMXState
  private let unimplemented: [UInt64: Mnemonic]

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
    interruptRequest = processor.interruptRequest
    nmiRequest = processor.nmiRequest
    retired = processor.retired
    vmx = processor.vmx
    unimplemented = processor.unimplemented
  }

  func restore(_ processor: Processor) {
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
    processor.interruptRequest = interruptRequest
    processor.nmiRequest = nmiRequest
    processor.retired = retired
    processor.unimplemented = unimplemented
    processor.delivering = nil
    processor.tlb.flushEverything()
    processor.blocks.flushEverything()
    processor.updateMode()
  }
}
