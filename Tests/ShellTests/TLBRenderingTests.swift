import Foundation
import Testing
import X86

@testable import Shell

/// `info tlb`, and what `walk` says of protection keys and the wide formats.
@Suite struct TLBRenderingTests {
  @Test func table() {
    let lines = fakeSession().all("load hello", "info tlb").output.split(separator: "\n")
    #expect(lines.count == 3)
    let words = lines[1].split(separator: " ").map(String.init)
    let expected = "0x201000 0x1000 0x1001000 2 MiB supervisor rw- dirty global 1 5 0x3000 rwx"
    #expect(words == expected.split(separator: " ").map(String.init))
    #expect(lines[2].contains("user r-x key 3"))
    #expect(lines[2].contains("paging off"))
  }

  @Test func plain() {
    let session = fakeSession { $0.plain = true }
    let output = session.all("load hello", "info tlb").output
    #expect(output.contains("0x201000 guest-physical: 0x1000"))
    #expect(output.contains("0x400000 rights: user r-x key 3"))
  }

  @Test func json() throws {
    let text = fakeSession().all("load hello", "info tlb").json.text
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    let data = try #require(object["data"] as? [String: Any])
    let entries = try #require(data["entries"] as? [[String: Any]])
    #expect(entries.map { $0["linear"] as? String } == ["0x201000", "0x400000"])
    #expect(entries[0]["eptRoot"] as? String == "0x3000")
    #expect(entries[0]["global"] as? Bool == true)
    #expect(entries[0]["pageSize"] as? Int == 2 << 20)
    #expect(entries[1]["pcid"] is NSNull)
    #expect(entries[1]["protectionKey"] as? Int == 3)
  }

  @Test func kvmCannotTell() {
    let result = fakeSession { $0.backend = .kvm }.all("load hello", "info tlb")
    #expect(result.error?.code == "missing-capability")
    #expect(result.error?.message.contains("cannot be read") == true)
  }

  @Test func eptAlone() {
    let session = fakeSession()
    #expect(session.all("load hello", "ept 0x1000").error?.code == "no-ept")
    let lines = session.all("vmxon", "vmptrld", "ept 0x1234").output.split(separator: "\n")
    #expect(lines.first == "EPT walk of guest-physical 0x1234")
    #expect(lines[1].contains("EPT-PDPT") && lines[1].contains("1 GiB page at 0x0"))
    #expect(lines.last == "ends: host-physical 0x1001234")
    let kvm = fakeSession { $0.backend = .kvm }.all("load hello", "ept 0x1000")
    #expect(kvm.error?.code == "missing-capability")
  }

  @Test func walkNamesKeysAndReasons() {
    var walk = Walk(linear: 0x1000)
    walk.physicalWidth = 40
    for (table, level, entry) in [
      ("PML5", 5, UInt64(0x2007)), ("PML4", 4, 0x3007), ("PT", 1, 5 << 59 | 0x8007),
    ] {
      walk.references.append(
        WalkReference(
          table: table, level: level, isEPT: false, address: 0x1000, guestPhysical: 0x1000,
          entry: entry, isLeaf: level == 1))
    }
    walk.fault = .pageFault(errorCode: 0x21)
    walk.reason = "protection key 5 has AD (no data access) in PKRU 0x400"
    var registers = Registers()
    registers.cr0 = CR0.pe | CR0.pg
    registers.cr4 = CR4.pae | CR4.la57
    registers.efer = EFER.lme | EFER.lma | EFER.nxe
    let lines = WalkRendering(walk: walk, registers: registers).lines(TextFormat())
    #expect(lines[1].contains("PML5") && lines[1].contains("PML4 at 0x2000"))
    #expect(lines[3].contains("4 KiB page at 0x8000") && lines[3].hasSuffix(", key 5"))
    #expect(
      lines[4].hasPrefix(
        "ends: #PF with error code 0x21: supervisor read, forbidden by a protection key "
          + "(protection key 5 has AD (no data access) in PKRU 0x400)"))
  }

  @Test func walkNamesAddressesAbove4GiB() {
    var walk = Walk(linear: 0)
    walk.physicalWidth = 40
    walk.references = [
      WalkReference(
        table: "PD", level: 2, isEPT: false, address: 0x1000, guestPhysical: 0x1000,
        entry: 0x0040_0083 | 0xa5 << 13, isLeaf: true)
    ]
    var registers = Registers()
    registers.cr0 = CR0.pe | CR0.pg
    registers.cr4 = CR4.pse
    let lines = WalkRendering(walk: walk, registers: registers).lines(TextFormat())
    #expect(lines[1].contains("4 MiB page at 0xa500400000"))
  }
}
