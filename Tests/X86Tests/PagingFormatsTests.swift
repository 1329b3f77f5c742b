import Testing

@testable import X86

@Suite struct PagingFormatsTests {
  typealias Features = PagingEntry.Features

  @Test func modesFollowTheControlBits() {
    #expect(PagingMode(cr0: 1, cr4: 0x20, efer: 0x100) == .off)
    #expect(PagingMode(cr0: 0x8000_0001, cr4: 0, efer: 0) == .bits32)
    #expect(PagingMode(cr0: 0x8000_0001, cr4: 0x20, efer: 0) == .pae)
    #expect(PagingMode(cr0: 0x8000_0001, cr4: 0x20, efer: 0x500) == .level4)
    #expect(PagingMode(cr0: 0x8000_0001, cr4: 0x1020, efer: 0x500) == .level5)
  }

  @Test func indicesFollowTheSplitOfTheAddress() {
    let linear: UInt64 = 0x8000_0000_0000 | 1 << 30 | 2 << 21 | 3 << 12
    #expect([4, 3, 2, 1].map { PagingMode.level4.index(of: linear, level: $0) } == [256, 1, 2, 3])
    #expect(PagingMode.bits32.index(of: 0xffc0_1000, level: 2) == 0x3ff)
    #expect(PagingMode.bits32.index(of: 0xffc0_1000, level: 1) == 1)
    #expect(PagingMode.pae.index(of: 0xc000_0000, level: 3) == 3)
    #expect(PagingMode.level5.index(of: 1 << 48, level: 5) == 1)
  }

  @Test func tableEntryOfFourLevelPaging() {
    let entry = PagingEntry(level: 4, mode: .level4, raw: 0x2003)
    #expect(entry.name == "PML4E" && entry.isPresent && !entry.isLeaf)
    #expect(entry.address == 0x2000 && entry.pageSize == nil)
    #expect(entry.flags == ["P", "R/W"])
    #expect(entry.reservedBitsSet == 0)
    #expect(entry.summary == "PML4E 0x2003: PDPT at 0x2000, P R/W")
  }

  @Test func twoMiBPage() {
    let entry = PagingEntry(level: 2, mode: .level4, raw: 0x8000_0000_0020_00e7)
    #expect(entry.isLeaf && entry.pageSize == 1 << 21 && entry.address == 0x20_0000)
    #expect(entry.flags == ["P", "R/W", "U/S", "A", "D", "PS", "XD"])
    let noExecuteOff = PagingEntry(
      level: 2, mode: .level4, raw: 0x8000_0000_0020_00e7, features: Features(nxe: false))
    #expect(noExecuteOff.reservedBitsSet == 1 << 63)
    #expect(!noExecuteOff.isExecuteDisabled)
  }

  @Test func fourMiBPageWithPSE36() {
    // Bits 20:13 are physical bits 39:32, bits 31:22 the rest.
    let entry = PagingEntry(level: 2, mode: .bits32, raw: 0x0040_0000 | 1 << 13 | 0x83)
    #expect(entry.pageSize == 1 << 22)
    #expect(entry.address == 0x1_0040_0000)
    let plain = PagingEntry(
      level: 2, mode: .bits32, raw: 0x0040_2083, features: Features(pse36: false))
    #expect(plain.reservedBitsSet == 1 << 13)
    let noPSE = PagingEntry(
      level: 2, mode: .bits32, raw: 0x0040_0083, features: Features(pse: false))
    #expect(!noPSE.isLeaf && noPSE.address == 0x40_0000)
  }

  @Test func reservedBits() {
    func reserved(_ level: Int, _ mode: PagingMode, _ raw: UInt64, _ f: Features = Features())
      -> UInt64
    { PagingEntry(level: level, mode: mode, raw: raw, features: f).reservedBitsSet }
    #expect(reserved(4, .level4, 0x81) == 0x80)
    #expect(reserved(3, .level4, 0x81, Features(oneGiBPages: false)) == 0x80)
    #expect(reserved(3, .level4, 0x81 | 1 << 29) == 1 << 29)
    #expect(reserved(1, .level4, 1 | 1 << 51, Features(physicalAddressBits: 40)) == 1 << 51)
    #expect(reserved(1, .level4, 1 | 1 << 52, Features(physicalAddressBits: 40)) == 0)
    #expect(reserved(1, .pae, 1 | 1 << 62) == 1 << 62)
    #expect(reserved(3, .pae, 1 | 1 << 1 | 1 << 5) == 0x22)
    #expect(reserved(1, .level4, ~1) == 0)
    #expect(reserved(2, .bits32, 0x81 | 1 << 21) == 1 << 21)
  }

  @Test func eptPage() {
    // 2-MiB page, write-back, rwx.
    let entry = EPTEntry(level: 2, raw: 0xb7)
    #expect(entry.name == "EPT PDE" && entry.isLeaf && entry.pageSize == 1 << 21)
    #expect(entry.rights == "rwx" && entry.memoryType?.name == "WB")
    #expect(entry.misconfiguration == nil)
    #expect(entry.summary == "EPT PDE 0xb7: 2 MiB page at 0x0, rwx, WB")
    #expect(EPTEntry(level: 4, raw: 0x3007).summary == "EPT PML4E 0x3007: PDPT at 0x3000, rwx")
  }

  // SDM 3C, "EPT Misconfigurations".
  @Test func misconfigurations() {
    typealias Features = EPTEntry.Features
    func bad(_ level: Int, _ raw: UInt64, _ f: Features = Features()) -> Bool {
      EPTEntry(level: level, raw: raw, features: f).misconfiguration != nil
    }
    #expect(bad(1, 0x32) && bad(1, 0x36))  // 010b and 110b
    #expect(!bad(1, 0x34) && bad(1, 0x34, Features(executeOnly: false)))  // 100b
    for type: UInt64 in [2, 3, 7] { #expect(bad(1, type << 3 | 7)) }
    for type: UInt64 in [0, 1, 4, 5, 6] { #expect(!bad(1, type << 3 | 7)) }
    for bit: UInt64 in 3...7 { #expect(bad(4, 1 << bit | 7)) }
    for bit: UInt64 in 3...6 { #expect(bad(3, 1 << bit | 7) && bad(2, 1 << bit | 7)) }
    #expect(bad(2, 0x10_00b7) && !bad(2, 0x20_00b7))
    #expect(bad(3, 1 << 29 | 0xb7) && !bad(3, 1 << 30 | 0xb7))
    #expect(bad(3, 0xb7, Features(oneGiBPages: false)))
    #expect(bad(1, 1 << 45 | 0x37, Features(physicalAddressBits: 45)))
    #expect(!bad(1, 1 << 44 | 0x37, Features(physicalAddressBits: 45)))
    // Not present: free for software.
    #expect(!bad(1, 0xffff_ffff_ffff_fbf8))
    // Bit 10 alone is present, and execute-only, with mode-based execute control.
    #expect(!bad(1, 0x400, Features(executeOnly: false)))
    #expect(bad(1, 0x400, Features(executeOnly: false, modeBasedExecute: true)))
  }

  @Test func anyBitsAreDecodedWithoutATrap() {
    var generator = SplitMix(state: 2)
    for _ in 0..<4000 {
      let raw = generator.next()
      let options = generator.next()
      let level = Int(options % 7)
      let features = Features(
        physicalAddressBits: Int(options >> 8 & 0x7f), pse: options & 0x10 != 0,
        pse36: options & 0x20 != 0, nxe: options & 0x40 != 0, oneGiBPages: options & 0x80 != 0)
      for mode in PagingMode.allCases {
        let entry = PagingEntry(level: level, mode: mode, raw: raw, features: features)
        #expect(!entry.summary.isEmpty)
        #expect(entry.reservedBitsSet & ~raw == 0)
        #expect(entry.address < 1 << 52)
        _ = mode.index(of: raw, level: level)
      }
      let ept = EPTEntry(
        level: level, raw: raw,
        features: EPTEntry.Features(
          physicalAddressBits: Int(options >> 8 & 0x7f), modeBasedExecute: options & 0x10 != 0))
      #expect(!ept.summary.isEmpty && !ept.flags.isEmpty)
      #expect(ept.reservedBitsSet & ~raw == 0)
    }
  }
}
