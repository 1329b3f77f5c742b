import X86

/// IN, OUT, INS and OUTS. In non-root operation the instruction exits, on a bare machine the board
/// answers or, without one, it stops for the platform; while a monitor emulates it the bus answers.
extension Processor {
  func portIO(_ i: Instruction) throws(Fault) {
    let isInput = i.mnemonic == .in
    let portOperand = isInput ? i.operand1 : i.operand0
    let size = isInput ? i.operand0.size : i.operand1.size
    let isImmediate = portOperand.kind == .immediate
    let port = UInt16(truncatingIfNeeded: isImmediate ? i.immediate : r[2])
    try checkPortPermission(port, size)
    notePortAccess(port, size)
    if isInput {
      let value = try inputPort(i, port, size, isImmediate: isImmediate)
      writeRegister(0, size, value)
    } else {
      try outputPort(i, port, size, r[0] & Processor.mask(size), isImmediate: isImmediate)
    }
  }

  func stringIO(_ i: Instruction) throws(Fault) {
    let isInput = i.mnemonic == .ins
    let size = isInput ? i.operand0.size : i.operand1.size
    let port = UInt16(truncatingIfNeeded: r[2])
    try checkPortPermission(port, size)
    let repeats = i.prefixes.contains(.rep) || i.prefixes.contains(.repne)
    guard repeats else { return try stringIOItem(i, port, size) }
    let mask = Processor.mask(i.addressSize)
    var budget = isInput ? inputRepetitionBudget : repetitionBudget
    while r[1] & mask != 0 {
      if budget == 0 { return repeatInstruction(i) }
      budget -= 1
      try stringIOItem(i, port, size)
      writeCounted(1, i, (r[1] & mask) &- 1)
    }
  }

  private func stringIOItem(_ i: Instruction, _ port: UInt16, _ size: UInt8) throws(Fault) {
    notePortAccess(port, size)
    let mask = Processor.mask(i.addressSize)
    if i.mnemonic == .ins {
      // The store must be possible before the port is read; the exit itself comes before either.
      if !leavesForPort(port, size) { _ = try loadForUpdateSized(0, r[7] & mask, size) }
      let value = try inputPort(i, port, size, isImmediate: false)
      try storeSized(0, r[7] & mask, size, value)
      advance(i, size, source: false, destination: true)
    } else {
      if leavesForPort(port, size) {
        try outputPort(i, port, size, nil, isImmediate: false)
      } else {
        let value = try loadSized(i.segment.rawValue, r[6] & mask, size)
        try outputPort(i, port, size, value, isImmediate: false)
      }
      advance(i, size, source: true, destination: false)
    }
  }

  private func leavesForPort(_ port: UInt16, _ size: UInt8) -> Bool {
    emulationBus == nil && vmx.isNonRoot && interceptsIO(port: port, size: Int(size))
  }

  private func inputPort(
    _ i: Instruction, _ port: UInt16, _ size: UInt8, isImmediate: Bool
  ) throws(Fault) -> UInt64 {
    if let bus = emulationBus { return bus.read(.port, UInt64(port), size: Int(size)) }
    try leaveForPort(i, port, size, value: nil, isInput: true, isImmediate: isImmediate)
    guard let systemBus else { return Processor.mask(size) }
    return systemBus.read(.port, UInt64(port), size: Int(size), by: self)
  }

  private func outputPort(
    _ i: Instruction, _ port: UInt16, _ size: UInt8, _ value: UInt64?, isImmediate: Bool
  ) throws(Fault) {
    if let bus = emulationBus {
      bus.write(.port, UInt64(port), size: Int(size), value: value ?? 0)
      return
    }
    try leaveForPort(i, port, size, value: value, isInput: false, isImmediate: isImmediate)
    systemBus?.write(.port, UInt64(port), size: Int(size), value: value ?? 0, by: self)
  }

  /// The VM exit or the stop for the platform. Returns if neither applies: a guest whose ports are not
  /// intercepted reads all ones.
  private func leaveForPort(
    _ i: Instruction, _ port: UInt16, _ size: UInt8, value: UInt64?, isInput: Bool,
    isImmediate: Bool
  ) throws(Fault) {
    let access = DeviceAccess(
      space: .port, address: UInt64(port), size: Int(size), isWrite: !isInput, value: value)
    if vmx.isNonRoot {
      guard interceptsIO(port: port, size: Int(size)) else { return }
      let isString = i.mnemonic == .ins || i.mnemonic == .outs
      // SDM 3C, "Exit Qualification for I/O Instructions".
      var qualification = UInt64(size - 1) | UInt64(port) << 16
      if isInput { qualification |= 1 << 3 }
      if isString { qualification |= 1 << 4 }
      if isString, i.prefixes.contains(.rep) || i.prefixes.contains(.repne) {
        qualification |= 1 << 5
      }
      if isImmediate { qualification |= 1 << 6 }
      let exit = vmExit(30, qualification: qualification, information: stringInformation(i))
      if isString {
        let register: UInt8 = isInput ? 7 : 6
        let base = segments[isInput ? 0 : i.segment.rawValue].base
        let offset = r[register] & Processor.mask(i.addressSize)
        pendingExit.guestLinear = (base &+ offset) & linearMask
      }
      pendingExit.access = access
      throw exit
    }
    guard !monitorIsExternal, !hasBoard else { return }
    pendingAccess = access
    throw .access
  }

  /// SDM 3C, "VM-Exit Instruction-Information Field as Used for INS and OUTS".
  private func stringInformation(_ i: Instruction) -> UInt32 {
    guard i.mnemonic == .ins || i.mnemonic == .outs else { return 0 }
    let addressSize: UInt32 = i.addressSize == 2 ? 0 : i.addressSize == 4 ? 1 : 2
    let segment = i.mnemonic == .outs ? UInt32(i.segment.rawValue) : 0
    return addressSize << 7 | segment << 15
  }

  /// SDM 1, "I/O Privilege Level" and "I/O Permission Bit Map".
  private func checkPortPermission(_ port: UInt16, _ size: UInt8) throws(Fault) {
    if mode == .real || (mode != .virtual8086 && cpl <= iopl) { return }
    // Only a 32-bit TSS has a map.
    guard tr.type & 8 != 0, tr.limit >= 0x67 else { throw generalProtection() }
    let map: UInt16 = try loadLinear((tr.base &+ 0x66) & linearMaskForTables, isUser: false)
    let place = UInt64(map) &+ UInt64(port >> 3)
    // Two bytes are read, so that ports that straddle a byte are covered.
    guard place + 1 <= UInt64(tr.limit) else { throw generalProtection() }
    let bits: UInt16 = try loadLinear((tr.base &+ place) & linearMaskForTables, isUser: false)
    let mask = ((UInt16(1) << UInt16(size)) - 1) << (port & 7)
    if bits & mask != 0 { throw generalProtection() }
  }
}
