import X86

/// A VMX instruction typed at the prompt, which is VMX root operation.
public enum VMXPromptInstruction: Sendable, Equatable {
  case vmxon(region: UInt64)
  case vmxoff
  case vmclear(region: UInt64)
  case vmptrld(region: UInt64)
  case vmptrst
  case vmread(encoding: UInt64)
  case vmwrite(encoding: UInt64, value: UInt64)
  case vmlaunch
  case vmresume
  case vmcall
  case invept(type: UInt64, descriptor: InvalidationDescriptor)
  case invvpid(type: UInt64, descriptor: InvalidationDescriptor)
}

/// What became of it.
public enum VMXPromptResult: Sendable, Equatable {
  case success
  case failInvalid
  case failValid(UInt32)
  /// The instruction raised an exception, which is not delivered.
  case fault(vector: UInt8, errorCode: UInt32?)
  /// What VMREAD and VMPTRST read.
  case value(UInt64)
  /// The guest is to run.
  case entered
  case entryFailure(VMExit)
  /// The guest runs, so that the instruction would be the guest's; nothing was done.
  case inNonRootOperation
  /// A VMX abort has shut the processor down; only RESET helps.
  case aborted
}

extension Processor {
  /// Carries out an instruction as root-mode machine code does; flags and the VM-instruction error
  /// field are set, RIP stays.
  public func prompt(_ instruction: VMXPromptInstruction) -> VMXPromptResult {
    if vmx.isAborted { return .aborted }
    touches &+= 1
    if suspended != nil { forgetSuspendedGuest() }
    guard !vmx.isNonRoot else { return .inNonRootOperation }
    do throws(Fault) {
      return try execute(instruction)
    } catch {
      return promptResult(of: error)
    }
  }

  func promptResult(of fault: Fault) -> VMXPromptResult {
    // A guest entered whose event delivery faulted: the fault is the guest's.
    if vmx.isNonRoot {
      vmx.deferredFault = fault
      return .entered
    }
    let exception = pendingException
    return .fault(
      vector: exception.vector, errorCode: exception.hasErrorCode ? exception.errorCode : nil)
  }

  private func execute(_ instruction: VMXPromptInstruction) throws(Fault) -> VMXPromptResult {
    switch instruction {
    case .vmxon(let region): return finish(try vmxon(region: region))
    case .vmxoff: return finish(try vmxoff())
    case .vmclear(let region): return finish(try vmclear(region: region))
    case .vmptrld(let region): return finish(try vmptrld(region: region))
    case .vmptrst: return .value(try vmptrst())
    case .vmread(let encoding):
      let read = try vmread(encoding)
      let result = finish(read.result)
      return result == .success ? .value(read.value) : result
    case .vmwrite(let encoding, let value): return finish(try vmwrite(encoding, value))
    case .vmlaunch: return finish(try vmEntry(launch: true))
    case .vmresume: return finish(try vmEntry(launch: false))
    case .vmcall: return finish(try vmcall())
    case .invept(let type, let descriptor): return finish(try invept(type: type, descriptor))
    case .invvpid(let type, let descriptor): return finish(try invvpid(type: type, descriptor))
    }
  }

  private func finish(_ result: VMXResult) -> VMXPromptResult {
    applyResult(result)
    switch result {
    case .succeed: return .success
    case .failInvalid: return .failInvalid
    case .failValid(let number): return .failValid(number)
    }
  }

  func finish(_ outcome: VMEntryOutcome) -> VMXPromptResult {
    if let result = outcome.result { return finish(result) }
    if case .entryFailure(let exit) = outcome { return .entryFailure(exit) }
    return .entered
  }
}

extension Processor {
  /// Puts the processor into the state of a 64-bit monitor outside VMX operation: paging on with
  /// the 4-level table at `pageTable`, flat segments, CPL 0. CR4.VMXE is 0: setting it is the
  /// monitor's first step, and VMXON raises #UD without it.
  public func becomeHost(pageTable: UInt64, rip: UInt64 = 0, rsp: UInt64 = 0) {
    vmx.hostIs64Bit = nil
    var host = Registers()
    host.cr0 = CR0.pg | CR0.wp | CR0.ne | CR0.et | CR0.mp | CR0.pe
    host.cr3 = pageTable
    host.cr4 = CR4.pae
    host.efer = EFER.lme | EFER.lma
    for register in SegmentRegister.allCases {
      host[register] = Segment(selector: 0x10, base: 0, limit: 0xffff_ffff, access: 0xc093)
    }
    host[.cs] = Segment(selector: 0x08, base: 0, limit: 0xffff_ffff, access: 0xa09b)
    host.tr = Segment(selector: 0x18, base: 0, limit: 0x67, access: 0x8b)
    host.ldtr = .unusable()
    host.rip = rip
    host[.rsp] = rsp
    setRegisters(host)
  }

  /// Sets or clears CR4.VMXE as MOV to CR4 does at the prompt; false (#GP) if VMX operation forbids
  /// the change.
  public func setVMXE(_ enabled: Bool) -> Bool {
    touches &+= 1
    if vmx.isOn && !enabled { return false }
    cr4 = enabled ? cr4 | CR4.vmxe : cr4 & ~CR4.vmxe
    return true
  }
}
