import Glibc
import X86

extension KVMHost {
  /// Whether a VMCALL in guest ring 0 comes back on this host, and why (not).
  ///
  /// Tried once in a process, with a scratch machine and at most a twentieth of a second. Even
  /// where it is usable, KVM answers the call in the kernel: an unknown number gives RAX = -1000
  /// and the monitor sees nothing.
  public static func hypercallUsable() -> (usable: Bool, why: String) { hypercallAnswer }

  private static let hypercallAnswer: (usable: Bool, why: String) = probeHypercall()

  private static func probeHypercall() -> (usable: Bool, why: String) {
    do {
      let machine = try KVMMachine(memorySize: 0x10000)
      // vmcall; hlt. Vector 6, the invalid-opcode exception, leads to a HLT at 0x800.
      try machine.writePhysical(0x1000, [0x0f, 0x01, 0xc1, 0xf4])
      try machine.writePhysical(0x800, [0xf4])
      try machine.writePhysical(6 * 4, [0x00, 0x08, 0x00, 0x00])
      var registers = try machine.cpu.registers()
      registers[.cs] = .realMode(selector: 0)
      registers.rip = 0x1000
      registers[.rsp] = 0x8000
      try machine.cpu.setRegisters(registers)
      let interrupt = Interrupt()
      guard raiseLater(interrupt) else {
        return (false, "no timer thread could be started to try it")
      }
      return judge(try machine.cpu.run(until: RunLimit(interrupt: interrupt)), machine)
    } catch {
      return (false, "\(error)")
    }
  }

  private static func judge(_ exit: Exit, _ machine: KVMMachine) -> (usable: Bool, why: String) {
    switch exit {
    case .interrupted:
      return (false, "VMCALL in guest ring 0 never comes back from KVM_RUN on this host")
    case .vmExit(let exit) where exit.reason == 12:
      guard let registers = try? machine.cpu.registers(), registers.rip == 0x1004 else {
        return (false, "VMCALL raises an invalid-opcode exception on this host")
      }
      return (true, "KVM answers VMCALL in the kernel; it never reaches the monitor")
    case .vmExit(let exit):
      return (false, "VMCALL ended in \(exit.backend ?? "an unknown exit")")
    default: return (false, "VMCALL ended in \(exit)")
    }
  }

  /// Raises `interrupt` from a thread of its own; harmless after the machine is gone.
  private static func raiseLater(_ interrupt: Interrupt) -> Bool {
    // SAFETY: either the thread or the failure below releases it, once.
    let box = unsafe Unmanaged.passRetained(interrupt)
    var thread = pthread_t()
    // SAFETY: the retained interrupt is handed to the thread, which releases it.
    let started = unsafe pthread_create(
      &thread, nil,
      { context in
        guard let context = unsafe context else { return nil }
        let interrupt = unsafe Unmanaged<Interrupt>.fromOpaque(context).takeRetainedValue()
        usleep(50_000)
        interrupt.raise()
        return nil
      }, unsafe box.toOpaque())
    guard started == 0 else {
      unsafe box.release()
      return false
    }
    pthread_detach(thread)
    return true
  }
}
