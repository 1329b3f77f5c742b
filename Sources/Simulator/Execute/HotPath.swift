import X86

/// How the executor's loop goes on behind an op.
enum Flow {
  /// With the next op; RIP is still the block's.
  case next
  /// Behind a pair of ops.
  case behindPair
  /// Out of the block: RIP is where execution goes on.
  case leave
  /// The same behind a pair.
  case leaveBehindPair
  /// The general path has run, which leaves RIP behind its instruction or where that went.
  case general
}

extension Processor {
  /// Executes `count` ops from `first`, which are `offset` bytes into their block. RIP is that of the
  /// block's start until the block is left. Throws what stopped an op, with RIP at it.
  ///
  /// As long as `chain` says so, it goes on with the block that follows. The one loop that everything
  /// depends on: no call that is not inlined, but for the general path and for what misses the TLB.
  func executeOps(_ first: Int, _ count: Int, _ chain: Chain = .none) throws(Fault) {
    // SAFETY: a block's ops lie in the arena, which is not freed or moved while the processor lives.
    let ops = unsafe UnsafePointer(blocks.ops)
    var start = unsafe ops + first
    var op = unsafe start
    var end = unsafe start + count
    var chain = chain
    var entry = r[17]
    var mayRepeatBelow = chain.repeats(retired, count)
    unsafe blockEnd = end
    do throws(Fault) {
      while true {
        ops: while true {
          switch try executeOp(unsafe OpReference(pointer: op)) {
          case .next:
            unsafe op += 1
          case .behindPair:
            unsafe op += 2
          case .leave:
            unsafe op += 1
            break ops
          case .leaveBehindPair:
            unsafe op += 2
            break ops
          case .general:
            unsafe op += 1
            if unsafe op >= blockEnd {
              retired &+= unsafe OpReference.count(start, op)
              return
            }
            r[17] = unsafe r[17] &- UInt64((op - 1).pointee.end)
          }
          if unsafe op >= blockEnd {
            r[17] = unsafe r[17] &+ UInt64((op - 1).pointee.end)
            break
          }
        }
        retired &+= unsafe OpReference.count(start, op)
        // The body of a loop: a block that goes back to its start, and has not been told to stop.
        if unsafe r[17] == entry && retired < mayRepeatBelow && !attention && blockEnd == end {
          unsafe op = start
          continue
        }
        guard let block = unsafe nextBlock(&chain) else { return }
        // SAFETY: a slot of the block table.
        unsafe start = ops + Int(block.pointee.firstOp)
        unsafe op = start
        unsafe end = start + Int(block.pointee.count)
        unsafe blockEnd = end
        entry = r[17]
        mayRepeatBelow = unsafe chain.repeats(retired, Int(block.pointee.count))
      }
    } catch {
      retired &+= unsafe OpReference.count(start, op)
      let failed = unsafe OpReference(pointer: op)
      // The general path has been given RIP behind its instruction.
      if failed.handler == .general {
        r[17] = r[17] &- UInt64(failed.length)
      } else {
        r[17] = r[17] &+ UInt64(failed.end) &- UInt64(failed.length)
      }
      throw error
    }
  }

  @inline(__always)
  private func executeOp(_ op: OpReference) throws(Fault) -> Flow {
    switch op.handler {
    case .general:
      r[17] = r[17] &+ UInt64(op.end)
      try unsafe executeGeneral(at: op.pointer - UnsafePointer(blocks.ops))
      return .general
    case .nop: break

    case .movRR32: r[op.destination] = r[op.source] & 0xffff_ffff
    case .movRR64: r[op.destination] = r[op.source]
    case .movRI32, .movRI64: r[op.destination] = op.immediate
    case .movRM8: write8(op.destination, try load(op.segment, address(op), as: UInt8.self))
    case .movRM16: write16(op.destination, try load(op.segment, address(op), as: UInt16.self))
    case .movRM32: r[op.destination] = UInt64(try load(op.segment, address(op), as: UInt32.self))
    case .movRM64: r[op.destination] = try load(op.segment, address(op), as: UInt64.self)
    case .movMR8: try store(op.segment, address(op), UInt8(truncatingIfNeeded: r[op.source]))
    case .movMR16: try store(op.segment, address(op), UInt16(truncatingIfNeeded: r[op.source]))
    case .movMR32: try store(op.segment, address(op), UInt32(truncatingIfNeeded: r[op.source]))
    case .movMR64: try store(op.segment, address(op), r[op.source])
    case .movMI8: try store(op.segment, address(op), UInt8(truncatingIfNeeded: op.immediate))
    case .movMI16: try store(op.segment, address(op), UInt16(truncatingIfNeeded: op.immediate))
    case .movMI32: try store(op.segment, address(op), UInt32(truncatingIfNeeded: op.immediate))
    case .movMI64: try store(op.segment, address(op), op.immediate)
    case .movzxRR8: r[op.destination] = r[op.source] & 0xff
    case .movzxRR16: r[op.destination] = r[op.source] & 0xffff
    case .movzxRM8: r[op.destination] = UInt64(try load(op.segment, address(op), as: UInt8.self))
    case .movzxRM16: r[op.destination] = UInt64(try load(op.segment, address(op), as: UInt16.self))
    case .movsxRM8:
      let value = Int8(bitPattern: try load(op.segment, address(op), as: UInt8.self))
      r[op.destination] = UInt64(UInt32(bitPattern: Int32(value)))
    case .movsxRM16:
      let value = Int16(bitPattern: try load(op.segment, address(op), as: UInt16.self))
      r[op.destination] = UInt64(UInt32(bitPattern: Int32(value)))
    case .movsxdRR:
      r[op.destination] = UInt64(bitPattern: Int64(Int32(truncatingIfNeeded: r[op.source])))
    case .movsxdRM:
      let value = Int32(bitPattern: try load(op.segment, address(op), as: UInt32.self))
      r[op.destination] = UInt64(bitPattern: Int64(value))
    case .lea32: r[op.destination] = address(op) & 0xffff_ffff
    case .lea64: r[op.destination] = address(op)

    case .addRR32: try aluRR(op, .add, UInt32.self)
    case .addRI32: try aluRI(op, .add, UInt32.self)
    case .addRM32: try aluRM(op, .add, UInt32.self)
    case .addMR32: try aluMR(op, .add, UInt32.self)
    case .addMI32: try aluMI(op, .add, UInt32.self)
    case .addRR64: try aluRR(op, .add, UInt64.self)
    case .addRI64: try aluRI(op, .add, UInt64.self)
    case .addRM64: try aluRM(op, .add, UInt64.self)
    case .addMR64: try aluMR(op, .add, UInt64.self)
    case .addMI64: try aluMI(op, .add, UInt64.self)

    case .subRR32: try aluRR(op, .sub, UInt32.self)
    case .subRI32: try aluRI(op, .sub, UInt32.self)
    case .subRM32: try aluRM(op, .sub, UInt32.self)
    case .subMR32: try aluMR(op, .sub, UInt32.self)
    case .subMI32: try aluMI(op, .sub, UInt32.self)
    case .subRR64: try aluRR(op, .sub, UInt64.self)
    case .subRI64: try aluRI(op, .sub, UInt64.self)
    case .subRM64: try aluRM(op, .sub, UInt64.self)
    case .subMR64: try aluMR(op, .sub, UInt64.self)
    case .subMI64: try aluMI(op, .sub, UInt64.self)

    case .andRR32: try aluRR(op, .and, UInt32.self)
    case .andRI32: try aluRI(op, .and, UInt32.self)
    case .andRM32: try aluRM(op, .and, UInt32.self)
    case .andMR32: try aluMR(op, .and, UInt32.self)
    case .andMI32: try aluMI(op, .and, UInt32.self)
    case .andRR64: try aluRR(op, .and, UInt64.self)
    case .andRI64: try aluRI(op, .and, UInt64.self)
    case .andRM64: try aluRM(op, .and, UInt64.self)
    case .andMR64: try aluMR(op, .and, UInt64.self)
    case .andMI64: try aluMI(op, .and, UInt64.self)

    case .orRR32: try aluRR(op, .or, UInt32.self)
    case .orRI32: try aluRI(op, .or, UInt32.self)
    case .orRM32: try aluRM(op, .or, UInt32.self)
    case .orMR32: try aluMR(op, .or, UInt32.self)
    case .orMI32: try aluMI(op, .or, UInt32.self)
    case .orRR64: try aluRR(op, .or, UInt64.self)
    case .orRI64: try aluRI(op, .or, UInt64.self)
    case .orRM64: try aluRM(op, .or, UInt64.self)
    case .orMR64: try aluMR(op, .or, UInt64.self)
    case .orMI64: try aluMI(op, .or, UInt64.self)

    case .xorRR32: try aluRR(op, .xor, UInt32.self)
    case .xorRI32: try aluRI(op, .xor, UInt32.self)
    case .xorRM32: try aluRM(op, .xor, UInt32.self)
    case .xorMR32: try aluMR(op, .xor, UInt32.self)
    case .xorMI32: try aluMI(op, .xor, UInt32.self)
    case .xorRR64: try aluRR(op, .xor, UInt64.self)
    case .xorRI64: try aluRI(op, .xor, UInt64.self)
    case .xorRM64: try aluRM(op, .xor, UInt64.self)
    case .xorMR64: try aluMR(op, .xor, UInt64.self)
    case .xorMI64: try aluMI(op, .xor, UInt64.self)

    case .cmpRR32: try aluRR(op, .cmp, UInt32.self)
    case .cmpRI32: try aluRI(op, .cmp, UInt32.self)
    case .cmpRM32: try aluRM(op, .cmp, UInt32.self)
    case .cmpMR32: try aluMR(op, .cmp, UInt32.self)
    case .cmpMI32: try aluMI(op, .cmp, UInt32.self)
    case .cmpRR64: try aluRR(op, .cmp, UInt64.self)
    case .cmpRI64: try aluRI(op, .cmp, UInt64.self)
    case .cmpRM64: try aluRM(op, .cmp, UInt64.self)
    case .cmpMR64: try aluMR(op, .cmp, UInt64.self)
    case .cmpMI64: try aluMI(op, .cmp, UInt64.self)

    case .cmpRR8: try aluRR(op, .cmp, UInt8.self)
    case .cmpRI8: try aluRI(op, .cmp, UInt8.self)
    case .cmpRM8: try aluRM(op, .cmp, UInt8.self)
    case .cmpMR8: try aluMR(op, .cmp, UInt8.self)
    case .cmpMI8: try aluMI(op, .cmp, UInt8.self)

    case .testRR8: try aluRR(op, .test, UInt8.self)
    case .testRI8: try aluRI(op, .test, UInt8.self)
    case .testRR32: try aluRR(op, .test, UInt32.self)
    case .testRI32: try aluRI(op, .test, UInt32.self)
    case .testRR64: try aluRR(op, .test, UInt64.self)
    case .testRI64: try aluRI(op, .test, UInt64.self)
    case .testMI8: try aluMI(op, .test, UInt8.self)

    case .incR32:
      setRegister(op.destination, increment(UInt32(truncatingIfNeeded: r[op.destination])))
    case .decR32:
      setRegister(op.destination, decrement(UInt32(truncatingIfNeeded: r[op.destination])))
    case .incR64:
      setRegister(op.destination, increment(UInt64(truncatingIfNeeded: r[op.destination])))
    case .decR64:
      setRegister(op.destination, decrement(UInt64(truncatingIfNeeded: r[op.destination])))
    case .incM32:
      let place = address(op)
      let value = try loadForUpdate(op.segment, place, as: UInt32.self)
      try store(op.segment, place, value &+ 1)
      _ = increment(value)
    case .decM32:
      let place = address(op)
      let value = try loadForUpdate(op.segment, place, as: UInt32.self)
      try store(op.segment, place, value &- 1)
      _ = decrement(value)
    case .shlRI32:
      setRegister(
        op.destination, shiftLeft(UInt32(truncatingIfNeeded: r[op.destination]), op.immediate))
    case .shrRI32:
      setRegister(
        op.destination, shiftRight(UInt32(truncatingIfNeeded: r[op.destination]), op.immediate))
    case .sarRI32:
      setRegister(
        op.destination, shiftArithmetic(UInt32(truncatingIfNeeded: r[op.destination]), op.immediate)
      )
    case .shlRI64:
      setRegister(
        op.destination, shiftLeft(UInt64(truncatingIfNeeded: r[op.destination]), op.immediate))
    case .shrRI64:
      setRegister(
        op.destination, shiftRight(UInt64(truncatingIfNeeded: r[op.destination]), op.immediate))
    case .sarRI64:
      setRegister(
        op.destination, shiftArithmetic(UInt64(truncatingIfNeeded: r[op.destination]), op.immediate)
      )
    case .imulRR32:
      setRegister(
        op.destination,
        multiply(
          UInt32(truncatingIfNeeded: r[op.destination]), UInt32(truncatingIfNeeded: r[op.source])))
    case .imulRRI32:
      setRegister(
        op.destination,
        multiply(UInt32(truncatingIfNeeded: r[op.source]), UInt32(truncatingIfNeeded: op.immediate))
      )
    case .imulRR64:
      setRegister(
        op.destination,
        multiply(
          UInt64(truncatingIfNeeded: r[op.destination]), UInt64(truncatingIfNeeded: r[op.source])))
    case .imulRRI64:
      setRegister(
        op.destination,
        multiply(UInt64(truncatingIfNeeded: r[op.source]), UInt64(truncatingIfNeeded: op.immediate))
      )

    case .pushR32: try push(UInt32(truncatingIfNeeded: r[op.source]))
    case .pushR64: try push(r[op.source])
    case .pushI32: try push(UInt32(truncatingIfNeeded: op.immediate))
    case .pushI64: try push(op.immediate)
    case .popR32: r[op.destination] = UInt64(try pop(as: UInt32.self))
    case .popR64: r[op.destination] = try pop(as: UInt64.self)
    case .callRelative:
      try callRelative(op)
      return .leave
    case .ret:
      try returnNear()
      return .leave
    case .jmpRelative:
      try branch(op)
      return .leave

    case .retI:
      try returnNear()
      releaseStack(op.immediate)
      return .leave
    case .jmpR:
      r[17] = try checkedTarget(r[op.source])
      return .leave
    case .jmpM:
      r[17] = try checkedTarget(try loadPointer(op))
      return .leave
    case .callR:
      try callNear(op, r[op.source])
      return .leave
    case .callM:
      try callNear(op, try loadPointer(op))
      return .leave
    case .leave: try leaveFrame()

    case .addRR8: try aluRR(op, .add, UInt8.self)
    case .addRI8: try aluRI(op, .add, UInt8.self)
    case .addRM8: try aluRM(op, .add, UInt8.self)
    case .subRR8: try aluRR(op, .sub, UInt8.self)
    case .subRI8: try aluRI(op, .sub, UInt8.self)
    case .subRM8: try aluRM(op, .sub, UInt8.self)
    case .andRR8: try aluRR(op, .and, UInt8.self)
    case .andRI8: try aluRI(op, .and, UInt8.self)
    case .andRM8: try aluRM(op, .and, UInt8.self)
    case .orRR8: try aluRR(op, .or, UInt8.self)
    case .orRI8: try aluRI(op, .or, UInt8.self)
    case .orRM8: try aluRM(op, .or, UInt8.self)
    case .xorRR8: try aluRR(op, .xor, UInt8.self)
    case .xorRI8: try aluRI(op, .xor, UInt8.self)
    case .xorRM8: try aluRM(op, .xor, UInt8.self)
    case .adcRR32: adc(op, r[op.source], UInt32.self)
    case .adcRR64: adc(op, r[op.source], UInt64.self)
    case .adcRI32: adc(op, op.immediate, UInt32.self)
    case .adcRI64: adc(op, op.immediate, UInt64.self)
    case .sbbRR32: sbb(op, r[op.source], UInt32.self)
    case .sbbRR64: sbb(op, r[op.source], UInt64.self)
    case .sbbRI32: sbb(op, op.immediate, UInt32.self)
    case .sbbRI64: sbb(op, op.immediate, UInt64.self)
    case .notR32: setRegister(op.destination, ~UInt32(truncatingIfNeeded: r[op.destination]))
    case .negR32:
      setRegister(op.destination, subtract(0, UInt32(truncatingIfNeeded: r[op.destination])))
    case .notR64: setRegister(op.destination, ~UInt64(truncatingIfNeeded: r[op.destination]))
    case .negR64:
      setRegister(op.destination, subtract(0, UInt64(truncatingIfNeeded: r[op.destination])))
    case .shlRC32:
      setRegister(
        op.destination, shiftLeft(UInt32(truncatingIfNeeded: r[op.destination]), r[1] & 31))
    case .shrRC32:
      setRegister(
        op.destination, shiftRight(UInt32(truncatingIfNeeded: r[op.destination]), r[1] & 31))
    case .sarRC32:
      setRegister(
        op.destination, shiftArithmetic(UInt32(truncatingIfNeeded: r[op.destination]), r[1] & 31))
    case .shlRC64:
      setRegister(
        op.destination, shiftLeft(UInt64(truncatingIfNeeded: r[op.destination]), r[1] & 63))
    case .shrRC64:
      setRegister(
        op.destination, shiftRight(UInt64(truncatingIfNeeded: r[op.destination]), r[1] & 63))
    case .sarRC64:
      setRegister(
        op.destination, shiftArithmetic(UInt64(truncatingIfNeeded: r[op.destination]), r[1] & 63))
    case .movsxRR8: r[op.destination] = Processor.signExtended(r[op.source], 1) & 0xffff_ffff
    case .movsxRR16: r[op.destination] = Processor.signExtended(r[op.source], 2) & 0xffff_ffff
    case .movsxRR8Q: r[op.destination] = Processor.signExtended(r[op.source], 1)
    case .movsxRR16Q: r[op.destination] = Processor.signExtended(r[op.source], 2)
    case .movsxRM8Q:
      let value = UInt64(try load(op.segment, address(op), as: UInt8.self))
      r[op.destination] = Processor.signExtended(value, 1)
    case .movsxRM16Q:
      let value = UInt64(try load(op.segment, address(op), as: UInt16.self))
      r[op.destination] = Processor.signExtended(value, 2)
    case .setR8: write8(op.destination, condition(op.scale) ? 1 : 0)
    case .cmovRR32:
      r[op.destination] =
        (condition(op.scale) ? r[op.source] : r[op.destination]) & 0xffff_ffff
    case .cmovRR64: if condition(op.scale) { r[op.destination] = r[op.source] }
    case .cmovRM32:
      let value = UInt64(try load(op.segment, address(op), as: UInt32.self))
      r[op.destination] =
        condition(op.source) ? value : r[op.destination] & 0xffff_ffff
    case .cmovRM64:
      let value = try load(op.segment, address(op), as: UInt64.self)
      if condition(op.source) { r[op.destination] = value }
    case .cwde: r[0] = Processor.signExtended(r[0], 2) & 0xffff_ffff
    case .cdqe: r[0] = Processor.signExtended(r[0], 4)
    case .cdq: r[2] = r[0] & 0x8000_0000 != 0 ? 0xffff_ffff : 0
    case .cqo: r[2] = r[0] >> 63 != 0 ? ~0 : 0
    case .testMI32: try aluMI(op, .test, UInt32.self)
    case .testMR32: try aluMR(op, .test, UInt32.self)
    case .testMR64: try aluMR(op, .test, UInt64.self)

    case .jo: return try branch(op, if: condition(0))
    case .jno: return try branch(op, if: condition(1))
    case .jb: return try branch(op, if: condition(2))
    case .jnb: return try branch(op, if: condition(3))
    case .jz: return try branch(op, if: condition(4))
    case .jnz: return try branch(op, if: condition(5))
    case .jbe: return try branch(op, if: condition(6))
    case .jnbe: return try branch(op, if: condition(7))
    case .js: return try branch(op, if: condition(8))
    case .jns: return try branch(op, if: condition(9))
    case .jp: return try branch(op, if: condition(10))
    case .jnp: return try branch(op, if: condition(11))
    case .jl: return try branch(op, if: condition(12))
    case .jnl: return try branch(op, if: condition(13))
    case .jle: return try branch(op, if: condition(14))
    case .jnle: return try branch(op, if: condition(15))

    case .cmpRR32jb: return try compareRR(op, 2, UInt32.self)
    case .cmpRR32jnb: return try compareRR(op, 3, UInt32.self)
    case .cmpRR32jz: return try compareRR(op, 4, UInt32.self)
    case .cmpRR32jnz: return try compareRR(op, 5, UInt32.self)
    case .cmpRR32jbe: return try compareRR(op, 6, UInt32.self)
    case .cmpRR32jnbe: return try compareRR(op, 7, UInt32.self)
    case .cmpRR32js: return try compareRR(op, 8, UInt32.self)
    case .cmpRR32jns: return try compareRR(op, 9, UInt32.self)
    case .cmpRR32jl: return try compareRR(op, 12, UInt32.self)
    case .cmpRR32jnl: return try compareRR(op, 13, UInt32.self)
    case .cmpRR32jle: return try compareRR(op, 14, UInt32.self)
    case .cmpRR32jnle: return try compareRR(op, 15, UInt32.self)

    case .cmpRI32jb: return try compareRI(op, 2, UInt32.self)
    case .cmpRI32jnb: return try compareRI(op, 3, UInt32.self)
    case .cmpRI32jz: return try compareRI(op, 4, UInt32.self)
    case .cmpRI32jnz: return try compareRI(op, 5, UInt32.self)
    case .cmpRI32jbe: return try compareRI(op, 6, UInt32.self)
    case .cmpRI32jnbe: return try compareRI(op, 7, UInt32.self)
    case .cmpRI32js: return try compareRI(op, 8, UInt32.self)
    case .cmpRI32jns: return try compareRI(op, 9, UInt32.self)
    case .cmpRI32jl: return try compareRI(op, 12, UInt32.self)
    case .cmpRI32jnl: return try compareRI(op, 13, UInt32.self)
    case .cmpRI32jle: return try compareRI(op, 14, UInt32.self)
    case .cmpRI32jnle: return try compareRI(op, 15, UInt32.self)

    case .cmpRR64jb: return try compareRR(op, 2, UInt64.self)
    case .cmpRR64jnb: return try compareRR(op, 3, UInt64.self)
    case .cmpRR64jz: return try compareRR(op, 4, UInt64.self)
    case .cmpRR64jnz: return try compareRR(op, 5, UInt64.self)
    case .cmpRR64jbe: return try compareRR(op, 6, UInt64.self)
    case .cmpRR64jnbe: return try compareRR(op, 7, UInt64.self)
    case .cmpRR64js: return try compareRR(op, 8, UInt64.self)
    case .cmpRR64jns: return try compareRR(op, 9, UInt64.self)
    case .cmpRR64jl: return try compareRR(op, 12, UInt64.self)
    case .cmpRR64jnl: return try compareRR(op, 13, UInt64.self)
    case .cmpRR64jle: return try compareRR(op, 14, UInt64.self)
    case .cmpRR64jnle: return try compareRR(op, 15, UInt64.self)

    case .cmpRI64jb: return try compareRI(op, 2, UInt64.self)
    case .cmpRI64jnb: return try compareRI(op, 3, UInt64.self)
    case .cmpRI64jz: return try compareRI(op, 4, UInt64.self)
    case .cmpRI64jnz: return try compareRI(op, 5, UInt64.self)
    case .cmpRI64jbe: return try compareRI(op, 6, UInt64.self)
    case .cmpRI64jnbe: return try compareRI(op, 7, UInt64.self)
    case .cmpRI64js: return try compareRI(op, 8, UInt64.self)
    case .cmpRI64jns: return try compareRI(op, 9, UInt64.self)
    case .cmpRI64jl: return try compareRI(op, 12, UInt64.self)
    case .cmpRI64jnl: return try compareRI(op, 13, UInt64.self)
    case .cmpRI64jle: return try compareRI(op, 14, UInt64.self)
    case .cmpRI64jnle: return try compareRI(op, 15, UInt64.self)

    case .cmpRI8jb: return try compareRI(op, 2, UInt8.self)
    case .cmpRI8jnb: return try compareRI(op, 3, UInt8.self)
    case .cmpRI8jz: return try compareRI(op, 4, UInt8.self)
    case .cmpRI8jnz: return try compareRI(op, 5, UInt8.self)
    case .cmpRI8jbe: return try compareRI(op, 6, UInt8.self)
    case .cmpRI8jnbe: return try compareRI(op, 7, UInt8.self)
    case .cmpRI8js: return try compareRI(op, 8, UInt8.self)
    case .cmpRI8jns: return try compareRI(op, 9, UInt8.self)
    case .cmpRI8jl: return try compareRI(op, 12, UInt8.self)
    case .cmpRI8jnl: return try compareRI(op, 13, UInt8.self)
    case .cmpRI8jle: return try compareRI(op, 14, UInt8.self)
    case .cmpRI8jnle: return try compareRI(op, 15, UInt8.self)

    case .cmpMI8jb: return try compareMI(op, 2, UInt8.self)
    case .cmpMI8jnb: return try compareMI(op, 3, UInt8.self)
    case .cmpMI8jz: return try compareMI(op, 4, UInt8.self)
    case .cmpMI8jnz: return try compareMI(op, 5, UInt8.self)
    case .cmpMI8jbe: return try compareMI(op, 6, UInt8.self)
    case .cmpMI8jnbe: return try compareMI(op, 7, UInt8.self)
    case .cmpMI8js: return try compareMI(op, 8, UInt8.self)
    case .cmpMI8jns: return try compareMI(op, 9, UInt8.self)
    case .cmpMI8jl: return try compareMI(op, 12, UInt8.self)
    case .cmpMI8jnl: return try compareMI(op, 13, UInt8.self)
    case .cmpMI8jle: return try compareMI(op, 14, UInt8.self)
    case .cmpMI8jnle: return try compareMI(op, 15, UInt8.self)

    case .testRR32jb: return try testRR(op, 2, UInt32.self)
    case .testRR32jnb: return try testRR(op, 3, UInt32.self)
    case .testRR32jz: return try testRR(op, 4, UInt32.self)
    case .testRR32jnz: return try testRR(op, 5, UInt32.self)
    case .testRR32jbe: return try testRR(op, 6, UInt32.self)
    case .testRR32jnbe: return try testRR(op, 7, UInt32.self)
    case .testRR32js: return try testRR(op, 8, UInt32.self)
    case .testRR32jns: return try testRR(op, 9, UInt32.self)
    case .testRR32jl: return try testRR(op, 12, UInt32.self)
    case .testRR32jnl: return try testRR(op, 13, UInt32.self)
    case .testRR32jle: return try testRR(op, 14, UInt32.self)
    case .testRR32jnle: return try testRR(op, 15, UInt32.self)

    case .testRR64jb: return try testRR(op, 2, UInt64.self)
    case .testRR64jnb: return try testRR(op, 3, UInt64.self)
    case .testRR64jz: return try testRR(op, 4, UInt64.self)
    case .testRR64jnz: return try testRR(op, 5, UInt64.self)
    case .testRR64jbe: return try testRR(op, 6, UInt64.self)
    case .testRR64jnbe: return try testRR(op, 7, UInt64.self)
    case .testRR64js: return try testRR(op, 8, UInt64.self)
    case .testRR64jns: return try testRR(op, 9, UInt64.self)
    case .testRR64jl: return try testRR(op, 12, UInt64.self)
    case .testRR64jnl: return try testRR(op, 13, UInt64.self)
    case .testRR64jle: return try testRR(op, 14, UInt64.self)
    case .testRR64jnle: return try testRR(op, 15, UInt64.self)

    case .testRR8jb: return try testRR(op, 2, UInt8.self)
    case .testRR8jnb: return try testRR(op, 3, UInt8.self)
    case .testRR8jz: return try testRR(op, 4, UInt8.self)
    case .testRR8jnz: return try testRR(op, 5, UInt8.self)
    case .testRR8jbe: return try testRR(op, 6, UInt8.self)
    case .testRR8jnbe: return try testRR(op, 7, UInt8.self)
    case .testRR8js: return try testRR(op, 8, UInt8.self)
    case .testRR8jns: return try testRR(op, 9, UInt8.self)
    case .testRR8jl: return try testRR(op, 12, UInt8.self)
    case .testRR8jnl: return try testRR(op, 13, UInt8.self)
    case .testRR8jle: return try testRR(op, 14, UInt8.self)
    case .testRR8jnle: return try testRR(op, 15, UInt8.self)

    case .decR32jnz: return try decrementAndBranch(op, UInt32.self)
    case .decR64jnz: return try decrementAndBranch(op, UInt64.self)
    }
    return .next
  }
}
