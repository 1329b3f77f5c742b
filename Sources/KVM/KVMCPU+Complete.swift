import X86

extension KVMCPU {
  /// Most pieces of one instruction's memory access: a read and a write, each split in eights.
  static let maximumPieces = 16

  /// Carries out the access on `bus`, all items of a string instruction. KVM finishes the
  /// instruction in the next KVM_RUN, or, so that RIP is past it on every host, in one with
  /// `immediate_exit` before anybody looks at the state.
  ///
  /// A repeated OUTS comes back once for each item: the next one is the exit of the next run.
  /// Throws `MachineError.backend` if the exit is not the one that KVM waits for.
  public func complete(_ exit: VMExit, on bus: any DeviceBus) throws {
    guard let access = exit.access else { return try finish() }
    guard let waiting = unfinished, !isPerformed, vmExit(waiting).access == access else {
      throw MachineError.backend(
        what: "complete", why: "KVM does not wait for this access any more",
        remedy: "complete an exit once, and before the guest runs again")
    }
    perform(waiting, on: bus)
    isPerformed = true
    guard access.space == .memory else { return }
    try finish()
    var last = waiting
    for _ in 1..<Self.maximumPieces {
      guard let next = queued, Self.isSameInstruction(last, next) else { return }
      queued = nil
      perform(next, on: bus)
      unfinished = next
      last = next
      try finish()
    }
  }

  /// Whether KVM split one memory access into `last` and `next`, or read and now writes.
  private static func isSameInstruction(_ last: KVMExit, _ next: KVMExit) -> Bool {
    guard case .mmio(let from, let length, let wrote, _) = last,
      case .mmio(let to, _, let writes, _) = next
    else { return false }
    if wrote == writes { return to == from &+ UInt64(length) && length == 8 }
    return !wrote
  }

  private func perform(_ exit: KVMExit, on bus: any DeviceBus) {
    switch exit {
    case .io(let isWrite, let size, let port, let count, let offset):
      for item in 0..<count {
        if isWrite {
          let value = page.ioItem(item, size: size, offset: offset) ?? 0
          bus.write(.port, UInt64(port), size: size, value: value)
        } else {
          let value = bus.read(.port, UInt64(port), size: size)
          page.setIOItem(item, size: size, offset: offset, to: value)
        }
      }
    case .mmio(let address, let length, let isWrite, let value):
      for (offset, size) in Self.naturalPieces(length) {
        let piece = address &+ UInt64(offset)
        if isWrite {
          let mask = UInt64.max >> UInt64(64 - size * 8)
          bus.write(.memory, piece, size: size, value: value >> UInt64(offset * 8) & mask)
        }
      }
      if !isWrite { page.setMMIOData(readPieces(address, length, bus)) }
    default: break
    }
  }

  private func readPieces(_ address: UInt64, _ length: Int, _ bus: any DeviceBus) -> UInt64 {
    var value: UInt64 = 0
    for (offset, size) in Self.naturalPieces(length) {
      let mask = UInt64.max >> UInt64(64 - size * 8)
      let read = bus.read(.memory, address &+ UInt64(offset), size: size)
      value |= (read & mask) << UInt64(offset * 8)
    }
    return value
  }

  /// A bus takes 1, 2, 4 or 8 bytes; an access over a page edge may have other lengths.
  private static func naturalPieces(_ length: Int) -> [(offset: Int, size: Int)] {
    var pieces: [(offset: Int, size: Int)] = []
    var offset = 0
    for size in [8, 4, 2, 1] where length & size != 0 {
      pieces.append((offset, size))
      offset += size
    }
    return pieces
  }

  /// Moves past the instruction of a device access without carrying it out. KVM has already moved
  /// past a HLT, so there is nothing to do for other exits.
  public func skip(_ exit: VMExit) throws {
    try settle()
    guard unfinished != nil else { return }
    let before = try getRegs()
    try finish()
    var after = before
    after.rip = try getRegs().rip
    try setRegs(after)
  }

  /// Finishes an instruction whose access has been carried out, so that its effects can be seen.
  func settle() throws {
    if isPerformed { try finish() }
  }

  /// Lets KVM consume the data it waits for and finish the instruction, without running on.
  func finish() throws {
    guard unfinished != nil else { return }
    isPerformed = false
    page.immediateExit = true
    let next = try runOnce()
    page.immediateExit = false
    // A raise in the meantime set the byte that was just cleared.
    if interrupt?.isRaised == true { page.immediateExit = true }
    switch next {
    case .interrupted, .debug: break
    default: queued = next
    }
    steppedTo = nil
    if isSingleStepping == true { isSingleStepping = nil }
  }
}
