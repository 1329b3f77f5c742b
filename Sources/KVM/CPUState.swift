import CKVM
import X86

/// What is saved of a vCPU besides memory.
struct KVMCPUState: Sendable {
  var registers: Registers
  var msrs: [UInt32: UInt64]
  var xsave: [UInt8]
  var xcrs: [UInt8]
  var events: [UInt8]
  var multiprocessing: UInt32
  var waitingVectors: [UInt8]
  var stepped: UInt64
  var hasRunFreely: Bool
}

extension KVMCPU {
  /// The MSRs that a guest can see itself in, by number; the CPU may lack some.
  private static let savedMSRs: [UInt32] = [
    0x10, 0x174, 0x175, 0x176, 0x1a0, 0x1d9, 0x277, 0x2ff,
    0xc000_0081, 0xc000_0082, 0xc000_0083, 0xc000_0084, 0xc000_0102, 0xc000_0103,
  ]

  func saveState() throws -> KVMCPUState {
    var msrs: [UInt32: UInt64] = [:]
    for index in Self.savedMSRs { msrs[index] = try readMSR(index) }
    var xsave = kvm_xsave()
    try exchange("KVM_GET_XSAVE", &xsave) { unsafe ckvm_get_xsave($0, &$1) }
    var xcrs = kvm_xcrs()
    try exchange("KVM_GET_XCRS", &xcrs) { unsafe ckvm_get_xcrs($0, &$1) }
    var state = kvm_mp_state()
    try exchange("KVM_GET_MP_STATE", &state) { unsafe ckvm_get_mp_state($0, &$1) }
    return KVMCPUState(
      registers: try registers(), msrs: msrs, xsave: Self.bytes(of: xsave),
      xcrs: Self.bytes(of: xcrs), events: Self.bytes(of: try getEvents()),
      multiprocessing: state.mp_state, waitingVectors: waitingVectors, stepped: stepped,
      hasRunFreely: hasRunFreely)
  }

  func restoreState(_ state: KVMCPUState) throws {
    try abandonAccess()
    try setRegisters(state.registers)
    for index in Self.savedMSRs {
      // Not every MSR that can be read takes a write, not even of its own value.
      guard let value = state.msrs[index], try readMSR(index) != value else { continue }
      _ = try writeMSR(index, value)
    }
    if var value = Self.value(kvm_xcrs(), from: state.xcrs) {
      try exchange("KVM_SET_XCRS", &value) { unsafe ckvm_set_xcrs($0, &$1) }
    }
    if var value = Self.value(kvm_xsave(), from: state.xsave) {
      try exchange("KVM_SET_XSAVE", &value) { unsafe ckvm_set_xsave($0, &$1) }
    }
    var multiprocessing = kvm_mp_state(mp_state: state.multiprocessing)
    try exchange("KVM_SET_MP_STATE", &multiprocessing) { unsafe ckvm_set_mp_state($0, &$1) }
    if let events = Self.value(kvm_vcpu_events(), from: state.events) {
      try setEvents(events, "as saved")
    }
    waitingVectors = state.waitingVectors
    page.requestInterruptWindow = !waitingVectors.isEmpty
    stepped = state.stepped
    hasRunFreely = state.hasRunFreely
  }

  /// Ends the access that KVM still waits for; it would otherwise change the restored registers.
  private func abandonAccess() throws {
    for _ in 0..<Self.maximumPieces where unfinished != nil || queued != nil {
      unfinished = unfinished ?? queued
      queued = nil
      // A repeated string instruction ends when its count is 0.
      var registers = try getRegs()
      registers.rcx = 0
      try setRegs(registers)
      try finish()
    }
    unfinished = nil
    queued = nil
  }

  private static func bytes<Value>(of value: Value) -> [UInt8] {
    // SAFETY: a C structure of plain data; its bytes are copied.
    unsafe withUnsafeBytes(of: value) { unsafe Array($0) }
  }

  private static func value<Value>(
    _ empty: Value, from bytes: [UInt8]
  ) -> Value? {
    guard bytes.count == MemoryLayout<Value>.size else { return nil }
    var value = empty
    // SAFETY: the sizes agree, and every bit pattern is a value of plain C data.
    unsafe withUnsafeMutableBytes(of: &value) { unsafe $0.copyBytes(from: bytes) }
    return value
  }
}
