/// Instructions as text, in Intel syntax as LLVM writes it.
public enum Disassembler {
  /// One line of a listing.
  public struct Row: Sendable, Equatable {
    public var address: UInt64
    public var bytes: [UInt8]
    /// `(bad)` for bytes that are no instruction.
    public var text: String
  }

  /// `instruction`, which lies at `address`, as text: `mov eax, dword ptr [rbx + 4*rcx - 0x8]`.
  ///
  /// - Parameter bytes: the encoding, for the few texts that differ between encodings of the same
  ///   instruction; nil prints the common one.
  public static func text(
    _ instruction: Instruction, at address: UInt64, bytes: InstructionBytes? = nil
  ) -> String {
    InstructionText(instruction, address, bytes).line
  }

  /// Decodes and prints `code`, which lies at `address`, from its start to its end.
  ///
  /// Bytes that are no instruction, or one cut off by the end, make a row of one byte each.
  public static func decodeAndPrint(
    _ code: [UInt8], at address: UInt64, _ size: CodeSize
  ) -> [Row] {
    var rows: [Row] = []
    var offset = 0
    while offset < code.count {
      let bytes = InstructionBytes(code[offset...].prefix(15))
      let here = address &+ UInt64(offset)
      let instruction = try? Decoder.decode(bytes, size)
      let length = max(1, Int(instruction?.length ?? 1))
      let text = instruction.map { Self.text($0, at: here, bytes: bytes) } ?? "(bad)"
      let encoding = Array(code[offset..<min(offset + length, code.count)])
      rows.append(Row(address: here, bytes: encoding, text: text))
      offset += length
    }
    return rows
  }
}
