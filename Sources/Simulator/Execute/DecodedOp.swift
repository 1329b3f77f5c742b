import X86

/// What the executor's loop reads for one instruction: small, flat, and passed by pointer.
///
/// Everything an instruction can be stands in its `Instruction`, kept beside it for the general path;
/// this holds what the handlers of the hot path need.
struct DecodedOp {
  var handler = Handler.general
  /// Bytes of the instruction.
  var length: UInt8 = 0
  /// Register numbers of destination and source; 20 to 23 are AH, CH, DH, BH.
  var destination: UInt8 = 0
  var source: UInt8 = 0
  /// Base and index as indices into the register file, where 16 reads 0 and 17 is RIP.
  var base: UInt8 = 16
  var index: UInt8 = 16
  var scale: UInt8 = 0
  var segment: UInt8 = 3
  /// 64 minus the address size in bits: shifting up and down by it truncates an effective address.
  var addressShift: UInt8 = 32
  var displacement: Int64 = 0
  var immediate: UInt64 = 0
}
