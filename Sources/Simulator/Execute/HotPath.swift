import X86

extension Processor {
  /// Executes `count` ops from `first`. Throws what stopped one of them, with RIP at it.
  ///
  /// The one loop that everything depends on: no call that is not inlined, but for the general path and
  /// for what misses the TLB.
  func executeOps(_ first: Int, _ count: Int) throws(Fault) {
    // SAFETY: a block's ops lie in the arena, which is not freed or moved while the processor lives.
    let start = unsafe UnsafePointer(blocks.ops) + first
    var op = unsafe start
    unsafe blockEnd = start + count
    do throws(Fault) {
      while unsafe op < blockEnd {
        r[17] = unsafe r[17] &+ UInt64(op.pointee.length)
        try unsafe executeOp(op)
        unsafe op += 1
      }
      retired &+= UInt64(unsafe op - start)
    } catch {
      retired &+= UInt64(unsafe op - start)
      r[17] = unsafe r[17] &- UInt64(op.pointee.length)
      throw error
    }
  }

  @inline(__always)
  private func executeOp(_ pointer: UnsafePointer<DecodedOp>) throws(Fault) {
    // SAFETY: points into the arena, see executeOps.
    let op = unsafe pointer.pointee
    switch op.handler {
    case .general: try unsafe executeGeneral(at: pointer - UnsafePointer(blocks.ops))
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
    case .callRelative: try callRelative(op)
    case .ret: try returnNear()
    case .jmpRelative: try branch(op)

    case .jo: if condition(0) { try leave(op) }
    case .jno: if condition(1) { try leave(op) }
    case .jb: if condition(2) { try leave(op) }
    case .jnb: if condition(3) { try leave(op) }
    case .jz: if condition(4) { try leave(op) }
    case .jnz: if condition(5) { try leave(op) }
    case .jbe: if condition(6) { try leave(op) }
    case .jnbe: if condition(7) { try leave(op) }
    case .js: if condition(8) { try leave(op) }
    case .jns: if condition(9) { try leave(op) }
    case .jp: if condition(10) { try leave(op) }
    case .jnp: if condition(11) { try leave(op) }
    case .jl: if condition(12) { try leave(op) }
    case .jnl: if condition(13) { try leave(op) }
    case .jle: if condition(14) { try leave(op) }
    case .jnle: if condition(15) { try leave(op) }
    }
  }
}
