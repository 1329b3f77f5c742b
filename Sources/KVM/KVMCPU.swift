import CKVM
import X86

/// One vCPU of KVM. The thread that drives the machine is the one that calls KVM_RUN.
public final class KVMCPU: VirtualCPU {
  let descriptor: Descriptor
  let page: RunPage
  let log: IoctlLog
  /// Kept so that the slot's memory outlives the vCPU.
  let memory: GuestMemory
  /// What stops `step()` and `complete(_:on:)`; `run(until:)` sets it to the one of its limit.
  /// Without one, any signal stops them.
  public var interrupt: Interrupt?

  /// The exit that KVM waits to be told the end of: its data are consumed by the next KVM_RUN.
  var unfinished: KVMExit?
  /// `unfinished` has been carried out; KVM has only to be told, by the next KVM_RUN or `settle()`.
  var isPerformed = false
  /// The next exit, when finishing an instruction brought one.
  var queued: KVMExit?
  /// External interrupts that wait for RFLAGS.IF.
  var waitingVectors: [UInt8] = []
  /// What KVM_SET_GUEST_DEBUG was last told; nil when it has to be told again.
  var isSingleStepping: Bool? = false
  /// Where the last single step ended; nil when anything else happened since.
  var steppedTo: UInt64?
  var stepped: UInt64 = 0
  var hasRunFreely = false

  init(vm: Descriptor, device: KVMDevice, memory: GuestMemory) throws {
    log = device.log
    self.memory = memory
    let number = log.call("KVM_CREATE_VCPU", .vm, "vcpu 0") { ckvm_create_vcpu(vm.number, 0) }
    guard number >= 0 else { throw MachineError.ioctl("KVM_CREATE_VCPU", number) }
    descriptor = Descriptor(Int32(truncatingIfNeeded: number))
    page = try RunPage(vcpu: descriptor, size: try device.runPageSize())
    guard Self.catchesKicks else {
      throw MachineError.backend(
        what: "signal handler", why: "the kernel refused it, so no guest could be stopped",
        remedy: "")
    }
    try setCPUID(try device.supportedCPUID())
  }

  /// Installed once in a process: the signal must interrupt KVM_RUN and do nothing else.
  private static let catchesKicks = ckvm_catch_kick(ckvm_kick_signal()) == 0

  private func setCPUID(_ words: [UInt32]) throws {
    let result = log.call("KVM_SET_CPUID2", .vcpu, "\(words[0]) entries, as supported") {
      // SAFETY: the kernel reads as many entries as the header says, and the array holds 256.
      unsafe words.withUnsafeBytes { unsafe ckvm_set_cpuid2(descriptor.number, $0.baseAddress) }
    }
    guard result == 0 else { throw MachineError.ioctl("KVM_SET_CPUID2", result) }
  }

  /// Instructions that were single-stepped; nil as soon as the guest has run freely, because KVM
  /// does not count instructions.
  public var instructionsRetired: UInt64? { hasRunFreely ? nil : stepped }

  /// Calls `body` on a C structure and throws when the kernel refuses it. A body passes the
  /// structure of exactly the request's type, and the kernel uses it only during the call.
  func exchange<Value>(
    _ name: String, _ value: inout Value, _ argument: @autoclosure () -> String = "",
    _ body: (Int32, inout Value) -> Int32
  ) throws {
    try settle()
    let text = log.isRecording ? argument() : ""
    let result = log.call(name, .vcpu, text) { body(descriptor.number, &value) }
    guard result >= 0 else { throw MachineError.ioctl(name, result) }
  }

  public func registers() throws -> Registers {
    Registers(try getRegs(), try getSregs(), try getDebugregs())
  }

  /// Writes what changed: KVM_SET_REGS always, the others only when they differ.
  public func setRegisters(_ registers: Registers) throws {
    steppedTo = nil
    var sregs = try getSregs()
    var debug = try getDebugregs()
    let now = Registers(kvm_regs(), sregs, debug)
    if !registers.sameSystemState(as: now) {
      registers.store(into: &sregs)
      try setSregs(sregs)
      page.cr8 = registers.cr8
    }
    if !registers.sameDebugState(as: now) {
      registers.store(into: &debug)
      try exchange("KVM_SET_DEBUGREGS", &debug) { unsafe ckvm_set_debugregs($0, &$1) }
    }
    try setRegs(registers.kvmRegs)
  }

  func getRegs() throws -> kvm_regs {
    var value = kvm_regs()
    try exchange("KVM_GET_REGS", &value) { unsafe ckvm_get_regs($0, &$1) }
    return value
  }

  func setRegs(_ registers: kvm_regs) throws {
    var value = registers
    steppedTo = nil
    try exchange("KVM_SET_REGS", &value, "rip 0x\(String(registers.rip, radix: 16))") {
      unsafe ckvm_set_regs($0, &$1)
    }
    // KVM_SET_REGS writes RFLAGS without the TF that single-stepping needs.
    if isSingleStepping == true { isSingleStepping = nil }
  }

  func getSregs() throws -> kvm_sregs {
    var value = kvm_sregs()
    try exchange("KVM_GET_SREGS", &value) { unsafe ckvm_get_sregs($0, &$1) }
    return value
  }

  private func setSregs(_ sregs: kvm_sregs) throws {
    var value = sregs
    do {
      try exchange(
        "KVM_SET_SREGS", &value,
        "cr0 0x\(String(sregs.cr0, radix: 16)), efer 0x\(String(sregs.efer, radix: 16))"
      ) { unsafe ckvm_set_sregs($0, &$1) }
    } catch MachineError.backend(let what, let why, _) {
      throw MachineError.backend(
        what: what, why: why,
        remedy: "control registers, EFER and segments must fit together (CR0.PG needs CR0.PE, "
          + "EFER.LMA needs EFER.LME, CR0.PG and CR4.PAE)")
    }
  }

  func getDebugregs() throws -> kvm_debugregs {
    var value = kvm_debugregs()
    try exchange("KVM_GET_DEBUGREGS", &value) { unsafe ckvm_get_debugregs($0, &$1) }
    return value
  }

  public func readMSR(_ index: UInt32) throws -> UInt64? {
    try settle()
    // struct kvm_msrs as 64-bit words: count, then index and value of each entry.
    var words: [UInt64] = [1, UInt64(index), 0]
    let result = log.call("KVM_GET_MSRS", .vcpu, "MSR 0x\(String(index, radix: 16))") {
      // SAFETY: the buffer holds the header and the one entry that it announces.
      unsafe words.withUnsafeMutableBytes {
        unsafe ckvm_get_msrs(descriptor.number, $0.baseAddress)
      }
    }
    guard result >= 0 else { throw MachineError.ioctl("KVM_GET_MSRS", result) }
    return result == 1 ? words[2] : nil
  }

  public func writeMSR(_ index: UInt32, _ value: UInt64) throws -> Bool {
    try settle()
    let words: [UInt64] = [1, UInt64(index), value]
    let number = String(index, radix: 16)
    let result = log.call(
      "KVM_SET_MSRS", .vcpu, "MSR 0x\(number) = 0x\(String(value, radix: 16))"
    ) {
      // SAFETY: the buffer holds the header and the one entry that it announces.
      unsafe words.withUnsafeBytes { unsafe ckvm_set_msrs(descriptor.number, $0.baseAddress) }
    }
    guard result >= 0 else { throw MachineError.ioctl("KVM_SET_MSRS", result) }
    return result == 1
  }

  /// Walks the guest's page tables: the guest-physical address of `linear`, nil if not mapped.
  func translate(_ linear: UInt64) throws -> UInt64? {
    var value = kvm_translation()
    value.linear_address = linear
    try exchange("KVM_TRANSLATE", &value, "linear 0x\(String(linear, radix: 16))") {
      unsafe ckvm_translate($0, &$1)
    }
    return value.valid != 0 ? value.physical_address : nil
  }
}
