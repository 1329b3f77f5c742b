import CKVM
import Glibc
import X86

/// The shared `struct kvm_run` of a vCPU. Its union leaves this file only as a `KVMExit`.
@safe final class RunPage {
  private let base: UnsafeMutableRawPointer
  private let size: Int
  private var run: UnsafeMutablePointer<kvm_run> {
    // SAFETY: KVM puts a kvm_run at the start of the mapping, which is at least that large.
    unsafe base.assumingMemoryBound(to: kvm_run.self)
  }

  /// `size` is what KVM_GET_VCPU_MMAP_SIZE answered: at least `sizeof(struct kvm_run)`.
  init(vcpu: Descriptor, size: Int) throws(MachineError) {
    // SAFETY: a shared mapping of the vCPU descriptor at an address of the kernel's choice.
    let mapped = unsafe mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu.number, 0)
    // SAFETY: the pointers are compared, not followed.
    guard let base = unsafe mapped, unsafe base != MAP_FAILED else {
      throw .backend(what: "mmap of kvm_run", why: "the kernel refused it", remedy: "")
    }
    unsafe self.base = unsafe base
    self.size = size
  }

  deinit {
    // SAFETY: this object made the mapping; interrupts were detached when running ended.
    unsafe munmap(base, size)
  }

  /// Makes the next KVM_RUN finish the pending instruction and return -EINTR.
  var immediateExit: Bool {
    // SAFETY: one byte of the mapped kvm_run.
    get { unsafe run.pointee.immediate_exit != 0 }
    set { unsafe run.pointee.immediate_exit = newValue ? 1 : 0 }
  }

  /// Asks for KVM_EXIT_IRQ_WINDOW_OPEN as soon as the guest can take an interrupt.
  var requestInterruptWindow: Bool {
    // SAFETY: one byte of the mapped kvm_run.
    get { unsafe run.pointee.request_interrupt_window != 0 }
    set { unsafe run.pointee.request_interrupt_window = newValue ? 1 : 0 }
  }

  var isReadyForInterrupt: Bool {
    // SAFETY: one byte of the mapped kvm_run.
    unsafe run.pointee.ready_for_interrupt_injection != 0
  }

  /// Without an in-kernel APIC, KVM_RUN takes CR8 from here.
  var cr8: UInt64 {
    // SAFETY: a field of the mapped kvm_run.
    get { unsafe run.pointee.cr8 }
    set { unsafe run.pointee.cr8 = newValue }
  }

  var exitNumber: UInt32 {
    // SAFETY: a field of the mapped kvm_run.
    unsafe run.pointee.exit_reason
  }

  /// Lets a raise of `interrupt` stop KVM_RUN on the calling thread.
  func attach(_ interrupt: Interrupt) {
    // Threads of a dispatch pool block every signal.
    _ = ckvm_unblock(ckvm_kick_signal())
    let offset = MemoryLayout<kvm_run>.offset(of: \.immediate_exit) ?? 1
    // SAFETY: the byte lies in the mapping, which outlives the run that detaches it.
    unsafe interrupt.attach(
      settingByte: (base + offset).assumingMemoryBound(to: UInt8.self),
      signal: ckvm_kick_signal())
  }

  /// Reads the union member that the exit number selects.
  var exit: KVMExit {
    // SAFETY: each member is plain data inside the mapping, and is the one that KVM filled.
    let page = unsafe run
    switch Int32(truncatingIfNeeded: exitNumber) {
    case KVM_EXIT_IO:
      let io = unsafe page.pointee.io
      return .io(
        isWrite: Int32(io.direction) == KVM_EXIT_IO_OUT, size: Int(io.size), port: io.port,
        count: Int(io.count), offset: Int(truncatingIfNeeded: io.data_offset))
    case KVM_EXIT_MMIO:
      let mmio = unsafe page.pointee.mmio
      let length = min(Int(mmio.len), 8)
      let bytes = unsafe withUnsafeBytes(of: mmio.data) { unsafe Array($0.prefix(length)) }
      return .mmio(
        address: mmio.phys_addr, length: length, isWrite: mmio.is_write != 0,
        value: bytes.littleEndianValue)
    case KVM_EXIT_HLT: return .hlt
    case KVM_EXIT_SHUTDOWN: return .shutdown
    case KVM_EXIT_FAIL_ENTRY:
      return .failEntry(reason: unsafe page.pointee.fail_entry.hardware_entry_failure_reason)
    case KVM_EXIT_INTERNAL_ERROR:
      let error = unsafe page.pointee.internal
      let words = unsafe withUnsafeBytes(of: error.data) {
        unsafe Array($0.bindMemory(to: UInt64.self).prefix(Int(min(error.ndata, 16))))
      }
      return .internalError(suberror: error.suberror, data: words)
    case KVM_EXIT_DEBUG:
      let debug = unsafe page.pointee.debug.arch
      return .debug(pc: debug.pc, dr6: debug.dr6)
    case KVM_EXIT_HYPERCALL: return .hypercall(number: unsafe page.pointee.hypercall.nr)
    case KVM_EXIT_X86_RDMSR: return .readMSR(index: unsafe page.pointee.msr.index)
    case KVM_EXIT_X86_WRMSR:
      let msr = unsafe page.pointee.msr
      return .writeMSR(index: msr.index, value: msr.data)
    case KVM_EXIT_IRQ_WINDOW_OPEN: return .interruptWindow
    case KVM_EXIT_INTR: return .interrupted
    case KVM_EXIT_SYSTEM_EVENT: return .systemEvent(unsafe page.pointee.system_event.type)
    default: return .unsupported(exitNumber)
    }
  }

  /// Item `index` of the data of a KVM_EXIT_IO; nil outside the mapping.
  func ioItem(_ index: Int, size: Int, offset: Int) -> UInt64? {
    guard let start = itemStart(index, size: size, offset: offset) else { return nil }
    // SAFETY: `itemStart` checked that the item lies in the mapping.
    return unsafe Array(UnsafeRawBufferPointer(start: base + start, count: size))
      .littleEndianValue
  }

  func setIOItem(_ index: Int, size: Int, offset: Int, to value: UInt64) {
    guard let start = itemStart(index, size: size, offset: offset) else { return }
    for byte in 0..<size {
      // SAFETY: `itemStart` checked that the item lies in the mapping.
      unsafe (base + start + byte).storeBytes(
        of: UInt8(truncatingIfNeeded: value >> UInt64(byte * 8)), as: UInt8.self)
    }
  }

  private func itemStart(_ index: Int, size itemSize: Int, offset: Int) -> Int? {
    guard (1...8).contains(itemSize), index >= 0, index < size, offset >= 0, offset < size
    else { return nil }
    let start = offset + index * itemSize
    return start + itemSize <= size ? start : nil
  }

  /// Sets what the guest reads at a KVM_EXIT_MMIO.
  func setMMIOData(_ value: UInt64) {
    // SAFETY: eight bytes of plain data in the mapped kvm_run.
    unsafe withUnsafeMutableBytes(of: &run.pointee.mmio.data) {
      unsafe $0.storeBytes(of: value.littleEndian, as: UInt64.self)
    }
  }
}

extension [UInt8] {
  /// The bytes as one number, the first byte lowest.
  var littleEndianValue: UInt64 { reversed().reduce(0) { $0 << 8 | UInt64($1) } }
}
