import CKVM

/// A KVM_CAP_ number with its name.
struct KVMCapability {
  var name: String
  var number: Int

  init(_ name: String, _ number: Int32) {
    self.name = name
    self.number = Int(number)
  }

  static let userMemory = KVMCapability("KVM_CAP_USER_MEMORY", KVM_CAP_USER_MEMORY)
  static let cpuid = KVMCapability("KVM_CAP_EXT_CPUID", KVM_CAP_EXT_CPUID)
  static let immediateExit = KVMCapability("KVM_CAP_IMMEDIATE_EXIT", KVM_CAP_IMMEDIATE_EXIT)
  static let setTSS = KVMCapability("KVM_CAP_SET_TSS_ADDR", KVM_CAP_SET_TSS_ADDR)
  static let identityMap = KVMCapability(
    "KVM_CAP_SET_IDENTITY_MAP_ADDR", KVM_CAP_SET_IDENTITY_MAP_ADDR)
  static let guestDebug = KVMCapability("KVM_CAP_SET_GUEST_DEBUG", KVM_CAP_SET_GUEST_DEBUG)
  static let nested = KVMCapability("KVM_CAP_NESTED_STATE", KVM_CAP_NESTED_STATE)

  /// Without these no machine is made.
  static let required = [userMemory, cpuid, immediateExit]

  /// What the doctor reports.
  static let reported =
    required + [
      setTSS, identityMap, guestDebug, nested,
      KVMCapability("KVM_CAP_NR_VCPUS", KVM_CAP_NR_VCPUS),
      KVMCapability("KVM_CAP_MAX_VCPUS", KVM_CAP_MAX_VCPUS),
      KVMCapability("KVM_CAP_NR_MEMSLOTS", KVM_CAP_NR_MEMSLOTS),
      KVMCapability("KVM_CAP_IRQCHIP", KVM_CAP_IRQCHIP),
      KVMCapability("KVM_CAP_MP_STATE", KVM_CAP_MP_STATE),
      KVMCapability("KVM_CAP_VCPU_EVENTS", KVM_CAP_VCPU_EVENTS),
      KVMCapability("KVM_CAP_DEBUGREGS", KVM_CAP_DEBUGREGS),
      KVMCapability("KVM_CAP_XSAVE", KVM_CAP_XSAVE),
      KVMCapability("KVM_CAP_XCRS", KVM_CAP_XCRS),
      KVMCapability("KVM_CAP_SYNC_REGS", KVM_CAP_SYNC_REGS),
      KVMCapability("KVM_CAP_X86_USER_SPACE_MSR", KVM_CAP_X86_USER_SPACE_MSR),
      KVMCapability("KVM_CAP_EXIT_HYPERCALL", KVM_CAP_EXIT_HYPERCALL),
    ]

  static func name(of number: Int) -> String {
    reported.first { $0.number == number }?.name ?? "capability \(number)"
  }
}
