import X86

extension KVMCPU {
  /// Executes one instruction, or delivers one event.
  ///
  /// A VMCALL in ring 0 never comes back on some hosts (`KVMHost.hypercallUsable()`): set
  /// `interrupt`, or use `run(until:)` with a limit of 1, to be able to stop it.
  public func step() throws -> Exit {
    try attached {
      if interrupt?.isRaised == true { return .interrupted }
      return try stepOnce()
    }
  }

  func stepOnce() throws -> Exit {
    try settle()
    try singleStep(true)
    while true {
      // A further item of a repeated instruction was counted with its first.
      let isCounted = queued == nil
      let next = try nextInstruction()
      let exit = try enter()
      switch exit {
      case .debug(let pc, _):
        stepped &+= 1
        if case .halt(let end) = next, pc == end { return .vmExit(vmExit(.hlt)) }
        if next == .pushFlags { try hideTrapFlag() }
        return .stepped
      case .interrupted:
        // Cleared before the flag is looked at, so that no raise in between is lost.
        page.immediateExit = false
        if interrupt?.isRaised ?? true { return .interrupted }
      default:
        if isCounted { stepped &+= 1 }
        return .vmExit(vmExit(exit))
      }
    }
  }

  /// Instructions that single-stepping treats otherwise than running does.
  private enum NextInstruction: Equatable {
    /// Some hosts report a single-stepped HLT, which ends here, like any other instruction.
    case halt(end: UInt64)
    /// On hosts that step by RFLAGS.TF, PUSHF shows it to the guest.
    case pushFlags
    case other
  }

  private func nextInstruction() throws -> NextInstruction {
    guard queued == nil, unfinished == nil else { return .other }
    let linear = try steppedTo ?? linearRIP()
    let room = GuestMemory.pageSize - Int(linear & 0xfff)
    guard let physical = try translate(linear),
      let bytes = try? memory.read(physical, count: min(room, 15)),
      let opcode = bytes.firstIndex(where: { !Self.isPrefix($0) })
    else { return .other }
    switch bytes[opcode] {
    case 0xf4: return .halt(end: linear &+ UInt64(opcode) &+ 1)
    case 0x9c: return .pushFlags
    default: return .other
    }
  }

  /// Clears TF in the flags that PUSHF has just pushed, unless the guest itself has it set.
  private func hideTrapFlag() throws {
    let state = try registers()
    guard !state.rflags.contains(.tf) else { return }
    var stack = state[.rsp]
    if state.mode != .long {
      stack &= state[.ss].is32Bit ? 0xffff_ffff : 0xffff
      stack = (stack &+ state[.ss].base) & 0xffff_ffff
    }
    // TF is bit 8: bit 0 of the second byte.
    guard let address = try translate(stack &+ 1),
      let byte = try? memory.read(address, count: 1).first, byte & 1 != 0
    else { return }
    try memory.write(address, [byte & 0xfe])
  }

  private func linearRIP() throws -> UInt64 { try registers().linearRIP }

  /// SDM 2A, "Instruction Prefixes". REX is left out: outside 64-bit mode it is INC and DEC.
  private static func isPrefix(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf2, 0xf3: true
    default: false
    }
  }
}
