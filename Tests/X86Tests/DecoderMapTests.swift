import Testing

@testable import X86

@Suite struct DecoderMapTests {
  @Test func mapsAreWholeGrids() {
    #expect(OpcodeMaps.oneByte.count == 256)
    #expect(OpcodeMaps.twoByte.count == 256)
    for rows in [OpcodeMaps.threeByte38, OpcodeMaps.threeByte3A] {
      #expect(rows.allSatisfy { $0.key & 15 == 0 && $0.value.count == 16 })
    }
    #expect(OpcodeMaps.groups.values.allSatisfy { [8, 16, 72].contains($0.count) })
  }

  @Test func everyCellParses() {
    #expect(OpcodeTable.shared.mistakes.isEmpty)
    #expect(OpcodeTable.shared.entries.count < Int(UInt16.max))
  }

  /// Every mnemonic that is not an alternative chosen by size, and no other, is in a map.
  @Test func mapsNameEveryMnemonic() {
    var named = Set(OpcodeTable.shared.entries.filter { $0.kind == .instruction }.map(\.mnemonic))
    let chosen: Set<Mnemonic> = [.cwde, .cdqe, .cdq, .cqo, .cmpxchg16b, .avx]
    named.formUnion(chosen)
    #expect(Set(Mnemonic.allCases).subtracting(named).isEmpty)
  }

  @Test func mnemonicsChosenBySizeFollowEachOther() {
    #expect(Mnemonic.cwde.rawValue == Mnemonic.cbw.rawValue + 1)
    #expect(Mnemonic.cdqe.rawValue == Mnemonic.cbw.rawValue + 2)
    #expect(Mnemonic.cdq.rawValue == Mnemonic.cwd.rawValue + 1)
    #expect(Mnemonic.cqo.rawValue == Mnemonic.cwd.rawValue + 2)
    #expect(Mnemonic.cmpxchg16b.rawValue == Mnemonic.cmpxchg8b.rawValue + 1)
  }
}
