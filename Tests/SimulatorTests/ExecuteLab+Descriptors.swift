import X86

@testable import Simulator

extension Lab {
  /// Writes descriptor `selector` of the GDT: `access` as in the descriptor's byte 5, `flags` G, D/B, L
  /// and AVL.
  func pokeDescriptor(
    _ selector: UInt16, base: UInt64 = 0, limit: UInt64 = 0xf_ffff, access: UInt64,
    flags: UInt64 = 0xc
  ) throws {
    let low = limit & 0xffff | (base & 0xff_ffff) << 16
    let high = access << 40 | (limit >> 16 & 0xf) << 48 | flags << 52 | (base >> 24 & 0xff) << 56
    try poke(Lab.gdt + UInt64(selector & 0xfff8), low | high)
  }

  /// A call gate (type 12, or 4 for 16 bits) to `offset` in `code`.
  func pokeCallGate(
    _ selector: UInt16, code: UInt16, offset: UInt64, type: UInt64 = 12, dpl: UInt64 = 3,
    parameters: UInt64 = 0, isPresent: Bool = true
  ) throws {
    let rights = (isPresent ? 0x80 : 0) | dpl << 5 | type
    let value =
      offset & 0xffff | UInt64(code) << 16 | parameters << 32 | rights << 40
      | (offset >> 16 & 0xffff) << 48
    try poke(Lab.gdt + UInt64(selector & 0xfff8), value)
  }

  func accessByte(_ selector: UInt16) throws -> UInt8 {
    try peek(Lab.gdt + UInt64(selector & 0xfff8) + 5, as: UInt8.self)
  }

  /// Changes registers in place.
  func edit(_ change: (inout Registers) -> Void) {
    var value = registers
    change(&value)
    registers = value
  }

  /// A 32-bit stack slot, `index` slots above ESP.
  func slot32(_ index: UInt64) throws -> UInt32 { try peek(registers[.rsp] + index * 4) }

  /// A 64-bit stack slot.
  func slot64(_ index: UInt64) throws -> UInt64 {
    try peek(registers[.rsp] + index * 8, as: UInt64.self)
  }

  /// Virtual-8086 code at `code` with IOPL `iopl`, segments at 0 and a TSS with a redirection bitmap
  /// at offset 0x68, below an I/O bitmap that allows nothing.
  func virtual8086(_ code: [UInt8], iopl: UInt64, vme: Bool) throws {
    try protected(code)
    try poke(Lab.tss + 0x66, UInt16(0x88))
    for index in UInt64(0)..<0x60 { try poke(Lab.tss + 0x88 + index, [0xff]) }
    edit {
      $0.tr.limit = 0xe7
      $0.gdtr.limit = 0xff
      $0.rflags = RFLAGS(rawValue: 0x2_0002 | iopl << 12)
      $0.cr4 = vme ? CR4.vme : 0
      for register in SegmentRegister.allCases {
        $0[register] = Segment(selector: 0, base: 0, limit: 0xffff, access: 0xf3)
      }
      $0[.rsp] = Lab.userStack
    }
  }
}

/// A bus on which nobody answers.
final class DeafBus: DeviceBus {
  func read(_ space: DeviceAccess.Space, _ address: UInt64, size: Int) -> UInt64 { 0xff }
  func write(_ space: DeviceAccess.Space, _ address: UInt64, size: Int, value: UInt64) {}
}
