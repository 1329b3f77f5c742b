import X86

/// What the executor's loop reads for one instruction: small, flat, and passed by pointer.
///
/// Everything an instruction can be stands in its `Instruction`, kept beside it for the general path;
/// this holds what the handlers of the hot path need.
struct DecodedOp {
  var handler = Handler.general
  /// Bytes of the instruction.
  var length: UInt8 = 0
  /// Register numbers of destination and source.
  var destination: UInt8 = 0
  var source: UInt8 = 0
  /// Base and index as indices into the register file, where 16 reads 0 and 17 the RIP at which the
  /// block begins.
  var base: UInt8 = 16
  var index: UInt8 = 16
  var scale: UInt8 = 0
  var segment: UInt8 = 3
  /// Bytes from the start of the block to the end of the instruction.
  var end: UInt16 = 0
  var displacement: Int32 = 0
  /// Truncates an effective address to the address size.
  var addressMask: UInt64 = ~0
  /// For a near branch, relative to the start of the block.
  var immediate: UInt64 = 0
}

extension DecodedOp {
  /// Puts the instruction `offset` bytes behind the start of its block, at whose RIP the processor's
  /// stays while the block executes.
  mutating func place(at offset: Int) {
    end = UInt16(truncatingIfNeeded: offset + Int(length))
    guard handler != .general else { return }
    if base == Instruction.rip {
      let (sum, overflow) = displacement.addingReportingOverflow(Int32(end))
      if overflow { handler = .general } else { displacement = sum }
    }
    if handler.isRelative { immediate &+= UInt64(end) }
  }
}

/// An op where it lies in the arena: each field is read where it is needed.
@safe struct OpReference {
  let pointer: UnsafePointer<DecodedOp>

  // SAFETY, for all: made by the executor's loop only, of ops in the arena, which is not freed or moved
  // while the processor lives.
  @inline(__always) var handler: Handler { unsafe pointer.pointee.handler }
  @inline(__always) var length: UInt8 { unsafe pointer.pointee.length }
  @inline(__always) var destination: UInt8 { unsafe pointer.pointee.destination }
  @inline(__always) var source: UInt8 { unsafe pointer.pointee.source }
  @inline(__always) var base: UInt8 { unsafe pointer.pointee.base }
  @inline(__always) var index: UInt8 { unsafe pointer.pointee.index }
  @inline(__always) var scale: UInt8 { unsafe pointer.pointee.scale }
  @inline(__always) var segment: UInt8 { unsafe pointer.pointee.segment }
  @inline(__always) var end: UInt16 { unsafe pointer.pointee.end }
  @inline(__always) var displacement: Int32 { unsafe pointer.pointee.displacement }
  @inline(__always) var addressMask: UInt64 { unsafe pointer.pointee.addressMask }
  @inline(__always) var immediate: UInt64 { unsafe pointer.pointee.immediate }

  /// How many ops there are from `first` to `end`.
  @inline(__always)
  static func count(_ first: UnsafePointer<DecodedOp>, _ end: UnsafePointer<DecodedOp>) -> UInt64 {
    let bytes = UInt64(UInt(bitPattern: end) &- UInt(bitPattern: first))
    return bytes / UInt64(MemoryLayout<DecodedOp>.stride)
  }
}
