import CKVM
import X86

/// What KVM lets user space see of one VMCS field.
public struct KVMGuestField: Sendable, Equatable {
  public enum Status: String, Sendable {
    /// The very value that the guest has.
    case live
    /// Put together from what KVM shows; the field may hold something else.
    case derived
    /// KVM keeps it.
    case hidden
  }
  /// The field's name in the manual's table of encodings, e.g. `GUEST_RIP`.
  public var symbol: String
  /// The encoding that VMREAD takes.
  public var encoding: UInt16
  public var value: UInt64?
  public var status: Status
  /// Where the value comes from, or why there is none.
  public var source: String
}

/// The VMCS fields rebuilt from KVM's ioctls, each marked live, derived or hidden.
public struct KVMGuestStateView: Sendable {
  public var fields: [KVMGuestField]
}

extension KVMCPU {
  /// Reads the guest-state area as far as KVM shows it, in the order of the manual.
  public func guestStateView() throws -> KVMGuestStateView {
    let state = try registers()
    let events = try getEvents()
    var mode = kvm_mp_state()
    try exchange("KVM_GET_MP_STATE", &mode) { unsafe ckvm_get_mp_state($0, &$1) }
    var fields = Self.segmentFields(state)
    fields += Self.controlFields(state)
    fields += try msrFields()
    fields += Self.eventFields(events, mode)
    fields += Self.hidden.map {
      KVMGuestField(
        symbol: $0.symbol, encoding: $0.encoding, value: nil, status: .hidden, source: $0.why)
    }
    return KVMGuestStateView(fields: fields)
  }

  private static func live(
    _ symbol: String, _ encoding: UInt16, _ value: UInt64, _ source: String
  ) -> KVMGuestField {
    KVMGuestField(
      symbol: symbol, encoding: encoding, value: value, status: .live, source: source)
  }

  private static func derived(
    _ symbol: String, _ encoding: UInt16, _ value: UInt64?, _ source: String
  ) -> KVMGuestField {
    KVMGuestField(
      symbol: symbol, encoding: encoding, value: value, status: .derived, source: source)
  }

  private static func segmentFields(_ state: Registers) -> [KVMGuestField] {
    var segments = SegmentRegister.allCases.map { ($0.name, state[$0]) }
    segments += [("ldt", state.ldtr), ("tr", state.tr)]
    var fields: [KVMGuestField] = []
    // The encodings of each group ascend by 2 in the order ES, CS, SS, DS, FS, GS, LDTR, TR.
    for (index, (name, segment)) in segments.enumerated() {
      let symbol = "GUEST_" + (name == "ldt" ? "LDTR" : name.uppercased())
      let step = UInt16(truncatingIfNeeded: index * 2)
      let source = "KVM_GET_SREGS \(name)"
      fields += [
        live(symbol + "_SELECTOR", 0x0800 + step, UInt64(segment.selector), source + ".selector"),
        live(symbol + "_LIMIT", 0x4800 + step, UInt64(segment.limit), source + ".limit"),
        derived(
          symbol + "_AR_BYTES", 0x4814 + step, UInt64(segment.access),
          source + " type, s, dpl, present, avl, l, db, g, unusable"),
        live(symbol + "_BASE", 0x6806 + step, segment.base, source + ".base"),
      ]
    }
    return fields + [
      live("GUEST_GDTR_LIMIT", 0x4810, UInt64(state.gdtr.limit), "KVM_GET_SREGS gdt.limit"),
      live("GUEST_IDTR_LIMIT", 0x4812, UInt64(state.idtr.limit), "KVM_GET_SREGS idt.limit"),
      live("GUEST_GDTR_BASE", 0x6816, state.gdtr.base, "KVM_GET_SREGS gdt.base"),
      live("GUEST_IDTR_BASE", 0x6818, state.idtr.base, "KVM_GET_SREGS idt.base"),
    ]
  }

  private static func controlFields(_ state: Registers) -> [KVMGuestField] {
    let asSeen = ", as the guest sees it: read shadow applied"
    return [
      derived("GUEST_CR0", 0x6800, state.cr0, "KVM_GET_SREGS cr0" + asSeen),
      live("GUEST_CR3", 0x6802, state.cr3, "KVM_GET_SREGS cr3"),
      derived("GUEST_CR4", 0x6804, state.cr4, "KVM_GET_SREGS cr4" + asSeen),
      live("GUEST_DR7", 0x681a, state[debug: 7], "KVM_GET_DEBUGREGS dr7"),
      live("GUEST_RSP", 0x681c, state[.rsp], "KVM_GET_REGS rsp"),
      live("GUEST_RIP", 0x681e, state.rip, "KVM_GET_REGS rip"),
      live("GUEST_RFLAGS", 0x6820, state.rflags.rawValue, "KVM_GET_REGS rflags"),
      live("GUEST_IA32_EFER", 0x2806, state.efer, "KVM_GET_SREGS efer"),
    ]
  }

  private static let msrs: [(symbol: String, encoding: UInt16, index: UInt32)] = [
    ("GUEST_IA32_DEBUGCTL", 0x2802, 0x1d9), ("GUEST_IA32_PAT", 0x2804, 0x277),
    ("GUEST_IA32_PERF_GLOBAL_CTRL", 0x2808, 0x38f), ("GUEST_IA32_BNDCFGS", 0x2812, 0xd90),
    ("GUEST_SYSENTER_CS", 0x482a, 0x174), ("GUEST_SYSENTER_ESP", 0x6824, 0x175),
    ("GUEST_SYSENTER_EIP", 0x6826, 0x176),
  ]

  private func msrFields() throws -> [KVMGuestField] {
    try Self.msrs.map { row in
      let source = "KVM_GET_MSRS 0x\(String(row.index, radix: 16))"
      guard let value = try readMSR(row.index) else {
        return KVMGuestField(
          symbol: row.symbol, encoding: row.encoding, value: nil, status: .hidden,
          source: source + ": this virtual processor lacks it")
      }
      return Self.live(row.symbol, row.encoding, value, source)
    }
  }

  private static func eventFields(
    _ events: kvm_vcpu_events, _ mode: kvm_mp_state
  ) -> [KVMGuestField] {
    // SDM 3C, "Interruptibility State": STI 0, MOV SS 1, SMI 2, NMI 3. KVM's shadow has MOV SS
    // in bit 0 and STI in bit 1.
    let shadow = UInt64(events.interrupt.shadow)
    var state = (shadow & 1) << 1 | (shadow >> 1 & 1)
    if events.smi.smm != 0 { state |= 1 << 2 }
    if events.nmi.masked != 0 { state |= 1 << 3 }
    // SDM 3C, "Guest Non-Register State": activity 0 active, 1 HLT, 3 wait-for-SIPI.
    let activity: UInt64? =
      switch Int32(truncatingIfNeeded: mode.mp_state) {
      case KVM_MP_STATE_RUNNABLE: 0
      case KVM_MP_STATE_HALTED: 1
      case KVM_MP_STATE_UNINITIALIZED, KVM_MP_STATE_INIT_RECEIVED: 3
      default: nil
      }
    return [
      derived(
        "GUEST_INTERRUPTIBILITY_STATE", 0x4824, state,
        "KVM_GET_VCPU_EVENTS interrupt.shadow, nmi.masked, smi.smm"),
      derived(
        "GUEST_ACTIVITY_STATE", 0x4826, activity, "KVM_GET_MP_STATE; KVM keeps a halt itself"),
      derived(
        "VM_ENTRY_INTERRUPTION_INFO", 0x4016, interruption(events),
        "KVM_GET_VCPU_EVENTS exception, interrupt, nmi"),
    ]
  }

  /// SDM 3C, "VM-Entry Controls for Event Injection": vector 7:0, type 10:8, error code 11,
  /// valid 31.
  private static func interruption(_ events: kvm_vcpu_events) -> UInt64 {
    if events.exception.injected != 0 {
      let errorCode: UInt64 = events.exception.has_error_code != 0 ? 1 << 11 : 0
      return UInt64(events.exception.nr) | 3 << 8 | errorCode | 1 << 31
    }
    if events.interrupt.injected != 0 {
      let type: UInt64 = events.interrupt.soft != 0 ? 4 : 0
      return UInt64(events.interrupt.nr) | type << 8 | 1 << 31
    }
    if events.nmi.injected != 0 { return 2 | 2 << 8 | 1 << 31 }
    return 0
  }

  private static let inKernel = "KVM keeps it in the kernel"
  private static let pdptrs = "not read here: KVM_GET_SREGS2 pdptrs, with PAE paging"
  private static let hidden: [(symbol: String, encoding: UInt16, why: String)] = [
    ("VMCS_LINK_POINTER", 0x2800, inKernel), ("GUEST_SMBASE", 0x4828, inKernel),
    ("GUEST_PREEMPTION_TIMER", 0x482e, inKernel), ("GUEST_PML_INDEX", 0x0812, inKernel),
    ("GUEST_PENDING_DBG_EXCEPTIONS", 0x6822, "only indirectly, in an exception's payload"),
    ("GUEST_INTR_STATUS", 0x0810, "in KVM_GET_LAPIC, with an in-kernel APIC"),
    ("GUEST_PDPTR0", 0x280a, pdptrs), ("GUEST_PDPTR1", 0x280c, pdptrs),
    ("GUEST_PDPTR2", 0x280e, pdptrs), ("GUEST_PDPTR3", 0x2810, pdptrs),
    ("CR0_GUEST_HOST_MASK", 0x6000, "merged into KVM_GET_SREGS cr0"),
    ("CR0_READ_SHADOW", 0x6004, "merged into KVM_GET_SREGS cr0"),
    ("CR4_GUEST_HOST_MASK", 0x6002, "merged into KVM_GET_SREGS cr4"),
    ("CR4_READ_SHADOW", 0x6006, "merged into KVM_GET_SREGS cr4"),
    ("PIN_BASED_VM_EXEC_CONTROL", 0x4000, "chosen by KVM"),
    ("CPU_BASED_VM_EXEC_CONTROL", 0x4002, "chosen by KVM"),
    ("SECONDARY_VM_EXEC_CONTROL", 0x401e, "chosen by KVM"),
    ("VM_EXIT_CONTROLS", 0x400c, "chosen by KVM"),
    ("VM_ENTRY_CONTROLS", 0x4012, "chosen by KVM"),
    ("EXCEPTION_BITMAP", 0x4004, "chosen by KVM; KVM_SET_GUEST_DEBUG adds #DB and #BP"),
    ("IO_BITMAP_A", 0x2000, inKernel), ("IO_BITMAP_B", 0x2002, inKernel),
    ("MSR_BITMAP", 0x2004, inKernel),
    ("EPT_POINTER", 0x201a, "built from the memory slots; host-physical addresses are not shown"),
    ("VIRTUAL_PROCESSOR_ID", 0x0000, inKernel),
    ("VM_EXIT_REASON", 0x4402, "only the translated KVM_EXIT_*"),
    ("EXIT_QUALIFICATION", 0x6400, "only the translated KVM_EXIT_*"),
    ("VM_EXIT_INSTRUCTION_LEN", 0x440c, inKernel),
    ("GUEST_PHYSICAL_ADDRESS", 0x2400, "only at KVM_EXIT_MMIO"),
    ("GUEST_LINEAR_ADDRESS", 0x640a, inKernel),
    ("HOST_RIP", 0x6c16, inKernel), ("HOST_RSP", 0x6c14, inKernel), ("HOST_CR3", 0x6c02, inKernel),
  ]
}
