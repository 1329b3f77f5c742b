/// The decoder of x86 machine code: a pure function from bytes to an instruction.
public enum Decoder {
  /// Decodes the instruction at the start of `bytes`, in code of the given default sizes.
  ///
  /// - Throws: `undefined` for #UD, `tooLong` for #GP(0), `truncated` if more bytes are needed.
  public static func decode(
    _ bytes: InstructionBytes, _ size: CodeSize
  ) throws(DecodeError) -> Instruction {
    var decoding = Decoding(bytes, size)
    try decoding.run()
    return decoding.instruction
  }
}
