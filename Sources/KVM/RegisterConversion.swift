import CKVM
import X86

extension Segment {
  /// A segment as KVM_GET_SREGS shows it; the access rights are put together from its parts.
  init(_ raw: kvm_segment) {
    var access = UInt32(raw.type & 0xf) | UInt32(raw.s & 1) << 4 | UInt32(raw.dpl & 3) << 5
    access |= UInt32(raw.present & 1) << 7 | UInt32(raw.avl & 1) << 12 | UInt32(raw.l & 1) << 13
    access |= UInt32(raw.db & 1) << 14 | UInt32(raw.g & 1) << 15
    access |= UInt32(raw.unusable & 1) << 16
    self.init(selector: raw.selector, base: raw.base, limit: raw.limit, access: access)
  }

  var kvm: kvm_segment {
    func bits(_ shift: UInt32, _ mask: UInt32) -> UInt8 {
      UInt8(truncatingIfNeeded: access >> shift & mask)
    }
    var raw = kvm_segment()
    raw.base = base
    raw.limit = limit
    raw.selector = selector
    raw.type = bits(0, 0xf)
    raw.s = bits(4, 1)
    raw.dpl = bits(5, 3)
    raw.present = bits(7, 1)
    raw.avl = bits(12, 1)
    raw.l = bits(13, 1)
    raw.db = bits(14, 1)
    raw.g = bits(15, 1)
    raw.unusable = bits(16, 1)
    return raw
  }
}

extension Registers {
  private static let general: [(GeneralRegister, WritableKeyPath<kvm_regs, UInt64> & Sendable)] = [
    (.rax, \.rax), (.rbx, \.rbx), (.rcx, \.rcx), (.rdx, \.rdx), (.rsi, \.rsi), (.rdi, \.rdi),
    (.rsp, \.rsp), (.rbp, \.rbp), (.r8, \.r8), (.r9, \.r9), (.r10, \.r10), (.r11, \.r11),
    (.r12, \.r12), (.r13, \.r13), (.r14, \.r14), (.r15, \.r15),
  ]
  private static let segments:
    [(SegmentRegister, WritableKeyPath<kvm_sregs, kvm_segment> & Sendable)] = [
      (.es, \.es), (.cs, \.cs), (.ss, \.ss), (.ds, \.ds), (.fs, \.fs), (.gs, \.gs),
    ]

  init(_ regs: kvm_regs, _ sregs: kvm_sregs, _ debug: kvm_debugregs) {
    self.init()
    for (register, path) in Self.general { self[register] = regs[keyPath: path] }
    for (register, path) in Self.segments { self[register] = Segment(sregs[keyPath: path]) }
    rip = regs.rip
    rflags = RFLAGS(rawValue: regs.rflags)
    (cr0, cr2, cr3, cr4, cr8) = (sregs.cr0, sregs.cr2, sregs.cr3, sregs.cr4, sregs.cr8)
    efer = sregs.efer
    ldtr = Segment(sregs.ldt)
    tr = Segment(sregs.tr)
    gdtr = DescriptorTableRegister(base: sregs.gdt.base, limit: sregs.gdt.limit)
    idtr = DescriptorTableRegister(base: sregs.idt.base, limit: sregs.idt.limit)
    (self[debug: 0], self[debug: 1]) = (debug.db.0, debug.db.1)
    (self[debug: 2], self[debug: 3]) = (debug.db.2, debug.db.3)
    (self[debug: 6], self[debug: 7]) = (debug.dr6, debug.dr7)
  }

  var kvmRegs: kvm_regs {
    var raw = kvm_regs()
    for (register, path) in Self.general { raw[keyPath: path] = self[register] }
    raw.rip = rip
    // SDM 1, "EFLAGS Register": bit 1 is always 1.
    raw.rflags = rflags.union(.alwaysOne).rawValue
    return raw
  }

  /// Puts the registers of KVM_SET_SREGS into `raw`, leaving its APIC base and bitmap alone.
  func store(into raw: inout kvm_sregs) {
    for (register, path) in Self.segments { raw[keyPath: path] = self[register].kvm }
    (raw.cr0, raw.cr2, raw.cr3, raw.cr4, raw.cr8) = (cr0, cr2, cr3, cr4, cr8)
    raw.efer = efer
    raw.ldt = ldtr.kvm
    raw.tr = tr.kvm
    (raw.gdt.base, raw.gdt.limit) = (gdtr.base, gdtr.limit)
    (raw.idt.base, raw.idt.limit) = (idtr.base, idtr.limit)
  }

  func store(into raw: inout kvm_debugregs) {
    raw.db = (self[debug: 0], self[debug: 1], self[debug: 2], self[debug: 3])
    (raw.dr6, raw.dr7) = (self[debug: 6], self[debug: 7])
  }

  /// Whether KVM_SET_SREGS has anything to change from `other` to this.
  func sameSystemState(as other: Registers) -> Bool {
    Self.segments.allSatisfy { self[$0.0] == other[$0.0] } && cr0 == other.cr0
      && cr2 == other.cr2 && cr3 == other.cr3 && cr4 == other.cr4 && cr8 == other.cr8
      && efer == other.efer && ldtr == other.ldtr && tr == other.tr && gdtr == other.gdtr
      && idtr == other.idtr
  }

  func sameDebugState(as other: Registers) -> Bool {
    (0..<8).allSatisfy { self[debug: $0] == other[debug: $0] }
  }

  /// The linear address of the next instruction.
  var linearRIP: UInt64 {
    // SDM 3A, "Segmentation in IA-32e Mode": CS.base counts as 0 in 64-bit mode.
    if mode == .long { return rip }
    return (self[.cs].base &+ rip) & 0xffff_ffff
  }
}
