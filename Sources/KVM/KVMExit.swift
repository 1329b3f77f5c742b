import CKVM

/// What KVM_RUN reported, with the payload that belongs to it: kvm_run's union, read once.
enum KVMExit: Equatable, Sendable {
  case io(isWrite: Bool, size: Int, port: UInt16, count: Int, offset: Int)
  case mmio(address: UInt64, length: Int, isWrite: Bool, value: UInt64)
  case hlt
  case shutdown
  case failEntry(reason: UInt64)
  case internalError(suberror: UInt32, data: [UInt64])
  case debug(pc: UInt64, dr6: UInt64)
  case hypercall(number: UInt64)
  case readMSR(index: UInt32)
  case writeMSR(index: UInt32, value: UInt64)
  case interruptWindow
  case interrupted
  case systemEvent(UInt32)
  case unsupported(UInt32)

  /// KVM_EXIT_ names by number.
  static let names: [UInt32: String] = [
    0: "UNKNOWN", 1: "EXCEPTION", 2: "IO", 3: "HYPERCALL", 4: "DEBUG", 5: "HLT", 6: "MMIO",
    7: "IRQ_WINDOW_OPEN", 8: "SHUTDOWN", 9: "FAIL_ENTRY", 10: "INTR", 11: "SET_TPR",
    12: "TPR_ACCESS", 16: "NMI", 17: "INTERNAL_ERROR", 24: "SYSTEM_EVENT", 26: "IOAPIC_EOI",
    27: "HYPERV", 29: "X86_RDMSR", 30: "X86_WRMSR", 31: "DIRTY_RING_FULL",
    32: "AP_RESET_HOLD", 33: "X86_BUS_LOCK", 34: "XEN", 37: "NOTIFY", 39: "MEMORY_FAULT",
  ]

  static func name(_ number: UInt32) -> String { "KVM_EXIT_" + (names[number] ?? "\(number)") }
}
