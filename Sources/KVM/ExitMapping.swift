import X86

extension KVMCPU {
  /// A KVM exit in the terms of the VMX manual, as far as KVM tells them.
  func vmExit(_ exit: KVMExit) -> VMExit {
    var result = Self.mapped(exit)
    if case .io(true, let size, _, 1, let offset) = exit {
      result.access?.value = page.ioItem(0, size: size, offset: offset)
    }
    if case .internalError = exit, let rip = try? getRegs().rip {
      result.backendDetail = (result.backendDetail ?? "") + ", at rip 0x\(Self.hex(rip))"
    }
    return result
  }

  /// As `vmExit`, without what has to be asked of the vCPU or read from kvm_run's data.
  static func mapped(_ exit: KVMExit) -> VMExit {
    switch exit {
    case .io(let isWrite, let size, let port, let count, _):
      return ioExit(isWrite: isWrite, size: size, port: port, count: count)
    case .mmio(let address, let length, let isWrite, let value):
      return mmioExit(address: address, length: length, isWrite: isWrite, value: value)
    case .hlt: return named(12, "HLT")
    case .shutdown: return named(2, "SHUTDOWN")
    case .failEntry(let reason): return entryFailure(reason)
    case .internalError(let suberror, let data): return internalError(suberror, data)
    case .hypercall(let number): return named(18, "HYPERCALL", "number \(number)")
    case .readMSR(let index): return named(31, "X86_RDMSR", "MSR 0x\(hex(index))")
    case .writeMSR(let index, let value):
      return named(32, "X86_WRMSR", "MSR 0x\(hex(index)) = 0x\(hex(value))")
    case .interruptWindow: return named(7, "IRQ_WINDOW_OPEN")
    case .debug(let pc, let dr6):
      return named(VMExit.backendError, "DEBUG", "at 0x\(hex(pc)), dr6 0x\(hex(dr6))")
    case .interrupted: return named(VMExit.backendError, "INTR")
    case .systemEvent(let type): return named(VMExit.backendError, "SYSTEM_EVENT", "type \(type)")
    case .unsupported(let number):
      var result = VMExit(reason: VMExit.backendError)
      result.backend = KVMExit.name(number)
      result.backendDetail = "Ringside does not know this exit"
      return result
    }
  }

  private static func named(_ reason: UInt16, _ name: String, _ detail: String? = nil) -> VMExit {
    var result = VMExit(reason: reason)
    result.backend = "KVM_EXIT_" + name
    result.backendDetail = detail
    return result
  }

  private static func ioExit(isWrite: Bool, size: Int, port: UInt16, count: Int) -> VMExit {
    var result = named(30, "IO", count == 1 ? nil : "\(count) items")
    // SDM 3C, "Exit Qualification for I/O Instructions": size - 1 in 2:0, IN in 3, string in 4,
    // REP in 5, immediate operand in 6, port in 31:16. KVM hides bits 6:4, except that more than
    // one item can only be a repeated string instruction.
    result.qualification = UInt64(truncatingIfNeeded: size &- 1) & 7
    result.qualification |= (isWrite ? 0 : 1 << 3) | UInt64(port) << 16
    if count > 1 { result.qualification |= 1 << 4 | 1 << 5 }
    result.access = DeviceAccess(
      space: .port, address: UInt64(port), size: size, count: count, isWrite: isWrite)
    return result
  }

  private static func mmioExit(
    address: UInt64, length: Int, isWrite: Bool, value: UInt64
  ) -> VMExit {
    var result = named(48, "MMIO")
    // SDM 3C, "Exit Qualification for EPT Violations": data read in 0, data write in 1; bits 5:3
    // are 0, because no memory slot allows anything at this address.
    result.qualification = isWrite ? 1 << 1 : 1 << 0
    result.guestPhysical = address
    result.access = DeviceAccess(
      space: .memory, address: address, size: length, isWrite: isWrite,
      value: isWrite ? value : nil)
    return result
  }

  private static func entryFailure(_ hardware: UInt64) -> VMExit {
    // On VMX the number is the exit-reason field when bit 31 is set, else the VM-instruction error.
    let isReason = hardware & 0x8000_0000 != 0
    var result = named(
      isReason ? UInt16(truncatingIfNeeded: hardware) : 33, "FAIL_ENTRY",
      isReason
        ? "hardware exit reason 0x\(hex(hardware))"
        : "hardware entry failure reason \(hardware)")
    result.isEntryFailure = true
    return result
  }

  /// What KVM_EXIT_INTERNAL_ERROR means by its suberrors.
  private static let suberrors: [UInt32: String] = [
    1: "emulation failure: KVM could not emulate an instruction",
    2: "simultaneous exceptions", 3: "event delivery failed", 4: "unexpected hardware exit",
  ]

  private static func internalError(_ suberror: UInt32, _ data: [UInt64]) -> VMExit {
    var words = "suberror \(suberror): \(suberrors[suberror] ?? "unknown")"
    // With flag bit 0 of the first word, the next bytes are the length and the instruction.
    if suberror == 1, data.count >= 3, data[0] & 1 != 0 {
      let bytes = data[1...].prefix(2).flatMap { word in
        (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64($0 * 8)) }
      }
      let length = min(Int(bytes[0]), 15)
      words += ", bytes " + bytes[1...].prefix(length).map { hex($0, 2) }.joined(separator: " ")
    } else if !data.isEmpty {
      words += ", data " + data.map { "0x" + hex($0) }.joined(separator: " ")
    }
    return named(VMExit.backendError, "INTERNAL_ERROR", words)
  }

  private static func hex(_ value: some BinaryInteger, _ digits: Int = 1) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
  }
}
