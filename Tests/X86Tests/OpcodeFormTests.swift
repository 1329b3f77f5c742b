import Testing
import X86

/// The rows that tests from outside walk over are those that the decoder has.
@Suite struct OpcodeFormTests {
  @Test func everyFormDecodesToItsMnemonic() {
    // The size of the operand chooses among these.
    let bySize: Set<Mnemonic> = [.cbw, .cwd, .cmpxchg8b]
    for form in OpcodeForm.all where !bySize.contains(form.mnemonic) {
      let size: CodeSize = form.isOutside64BitCode ? .bits32 : .bits64
      // Some take only registers, others only memory; LES, LDS and BOUND with a register are VEX.
      let decoded = [false, true].compactMap {
        try? Decoder.decode(InstructionBytes(encoding(form, isRegister: $0)), size)
      }
      #expect(decoded.contains { $0.mnemonic == form.mnemonic }, "\(form.name)")
    }
  }

  @Test func noFormIsListedTwice() {
    #expect(Set(OpcodeForm.all).count == OpcodeForm.all.count)
  }

  /// SDM 2D, "Opcode Map": rows that are easy to lose.
  @Test func rowsOfTheMapsAreThere() {
    let names = Set(OpcodeForm.all.map(\.name))
    #expect(names.contains("0F C7 /1 (memory) cmpxchg8b"))
    #expect(names.contains("F3 0F B8 popcnt"))
    #expect(names.contains("F2 VEX.0F38 F6 mulx"))
    #expect(names.contains("0F 01 F8 swapgs"))
    #expect(names.contains("F7 /6 div"))
  }

  private func encoding(_ form: OpcodeForm, isRegister: Bool) -> [UInt8] {
    var bytes: [UInt8] = []
    let isVEX = form.map == .vex38 || form.map == .vex3A
    if form.prefix != 0, !isVEX { bytes.append(form.prefix) }
    switch form.map {
    case .oneByte: break
    case .twoByte: bytes.append(0x0f)
    case .threeByte38: bytes += [0x0f, 0x38]
    case .threeByte3A: bytes += [0x0f, 0x3a]
    case .vex38, .vex3A:
      let pp: UInt8 = [0x66: 1, 0xf3: 2, 0xf2: 3][form.prefix] ?? 0
      bytes += [0xc4, form.map == .vex38 ? 0xe2 : 0xe3, 0x78 | pp]
    }
    bytes.append(form.opcode)
    let mod: UInt8 = (form.isMemory.map { !$0 } ?? isRegister) ? 0xc0 : 0
    if form.hasModRM { bytes.append(form.modRM ?? mod | (form.reg ?? 0) << 3) }
    return Array((bytes + [UInt8](repeating: 0, count: 15)).prefix(15))
  }
}
