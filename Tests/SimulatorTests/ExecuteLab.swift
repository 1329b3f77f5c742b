import X86

@testable import Simulator

/// A bare machine with descriptor tables, handlers and page tables at fixed places, for tests of
/// the executor. Handler `v` is a HLT at `handlers + 16 * v`: where it halts names the vector.
final class Lab {
  static let gdt: UInt64 = 0x800
  static let idt: UInt64 = 0x2000
  static let tss: UInt64 = 0x3000
  static let handlers: UInt64 = 0x4000
  static let code: UInt64 = 0x8000
  static let data: UInt64 = 0xa000
  static let userStack: UInt64 = 0xe000
  static let kernelStack: UInt64 = 0xf000
  static let interruptStack: UInt64 = 0xd000
  static let tables: UInt64 = 0x10000
  /// Selectors of the GDT: code and data of level 0, then of level 3, then the TSS.
  static let kernelCode: UInt16 = 0x08
  static let kernelData: UInt16 = 0x10
  static let userCode: UInt16 = 0x1b
  static let userData: UInt16 = 0x23
  static let taskState: UInt16 = 0x28

  let machine: SimulatedMachine
  var processor: Processor { machine.processor }

  init(processorCount: Int = 1) throws {
    machine = try SimulatedMachine(
      memorySize: 1 << 20, isBare: true, processorCount: processorCount)
  }

  func poke(_ address: UInt64, _ bytes: [UInt8]) throws {
    try machine.writePhysical(address, bytes)
  }

  func poke<T: FixedWidthInteger>(_ address: UInt64, _ value: T) throws {
    try poke(
      address, (0..<T.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> T($0 * 8)) })
  }

  func peek<T: FixedWidthInteger>(_ address: UInt64, as: T.Type = UInt32.self) throws -> T {
    let bytes = try machine.readPhysical(address, count: T.bitWidth / 8)
    return bytes.reversed().reduce(T(0)) { T(truncatingIfNeeded: UInt64($0) << 8) | T($1) }
  }

  var registers: Registers {
    get { processor.currentRegisters() }
    set {
      processor.setRegisters(newValue)
      processor.tlb.flushEverything()
      processor.activity = .active
      processor.interruptShadow = .none
      processor.pendingDebug = 0
      processor.delivering = nil
    }
  }

  @discardableResult
  func run(_ count: UInt64 = 1) -> ProcessorStop {
    processor.run(until: RunLimit(instructions: count))
  }

  /// The vector whose handler has halted, or nil.
  func vector() -> UInt64? {
    let rip = registers.rip
    guard rip > Lab.handlers, rip <= Lab.handlers + 0x1000, rip & 15 == 1 else { return nil }
    return (rip - Lab.handlers) / 16
  }

  // MARK: Modes

  func real(_ code: [UInt8], at address: UInt64 = code) throws {
    try poke(address, code)
    var value = Registers()
    for register in SegmentRegister.allCases { value[register] = .realMode(selector: 0) }
    value[.cs] = Segment(selector: 0, base: 0, limit: 0xffff, access: 0x9b)
    value.idtr = DescriptorTableRegister(base: 0, limit: 0x3ff)
    value[.rsp] = 0xf000
    value.rip = address
    for vector in UInt64(0)..<256 {
      try poke(vector * 4, UInt32(Lab.handlers + vector * 16))
      try poke(Lab.handlers + vector * 16, [0xf4])
    }
    registers = value
  }

  /// 32-bit code, flat segments, no paging; CPL 3 if `isUser`.
  func protected(_ code: [UInt8], isUser: Bool = false, at address: UInt64 = code) throws {
    try poke(address, code)
    try pokeTables(isLong: false)
    var value = Registers()
    value.cr0 |= CR0.pe
    loadSegments(&value, isUser: isUser, code: 0xc09b)
    value.tr = Segment(selector: Lab.taskState, base: Lab.tss, limit: 0x67, access: 0x8b)
    value.idtr = DescriptorTableRegister(base: Lab.idt, limit: 0x7ff)
    value.rip = address
    registers = value
  }

  /// 64-bit code; the first MiB is identity-mapped by 4-KiB pages for every level.
  func long(_ code: [UInt8], isUser: Bool = false, at address: UInt64 = code) throws {
    try poke(address, code)
    try pokeTables(isLong: true)
    try mapLong()
    var value = Registers()
    value.cr0 |= CR0.pe | CR0.pg | CR0.wp
    value.cr4 = CR4.pae
    value.cr3 = Lab.tables
    value.efer = EFER.lme | EFER.lma | EFER.nxe | EFER.sce
    loadSegments(&value, isUser: isUser, code: 0xa09b)
    value.tr = Segment(selector: Lab.taskState, base: Lab.tss, limit: 0x67, access: 0x8b)
    value.idtr = DescriptorTableRegister(base: Lab.idt, limit: 0xfff)
    value.rip = address
    registers = value
  }

  private func loadSegments(_ value: inout Registers, isUser: Bool, code: UInt32) {
    let level: UInt32 = isUser ? 0x60 : 0
    value.gdtr = DescriptorTableRegister(base: Lab.gdt, limit: 0x3f)
    value[.cs] = Segment(
      selector: isUser ? Lab.userCode : Lab.kernelCode, base: 0, limit: ~0, access: code | level)
    let data = Segment(
      selector: isUser ? Lab.userData : Lab.kernelData, base: 0, limit: ~0, access: 0xc093 | level)
    for register in SegmentRegister.allCases where register != .cs { value[register] = data }
    value[.rsp] = Lab.userStack
  }

  private func pokeTables(isLong: Bool) throws {
    let code: UInt64 = isLong ? 0x00af_9b00_0000_ffff : 0x00cf_9b00_0000_ffff
    let entries: [UInt64] = [
      0, code, 0x00cf_9300_0000_ffff, code | 0x6000_0000_0000, 0x00cf_f300_0000_ffff,
      0x0000_8900_3000_0067, 0, 0,
    ]
    for (index, entry) in entries.enumerated() { try poke(Lab.gdt + UInt64(index) * 8, entry) }
    for vector in UInt64(0)..<256 {
      try pokeGate(vector, isLong: isLong)
      try poke(Lab.handlers + vector * 16, [0xf4])
    }
    if isLong {
      try poke(Lab.tss + 4, Lab.kernelStack)
      try poke(Lab.tss + 0x24, Lab.interruptStack)
    } else {
      try poke(Lab.tss + 4, UInt32(Lab.kernelStack))
      try poke(Lab.tss + 8, UInt32(Lab.kernelData))
    }
    try poke(Lab.tss + 0x66, UInt16(0x68))
  }

  /// An interrupt gate of DPL 3 to handler `vector`.
  func pokeGate(
    _ vector: UInt64, isLong: Bool, type: UInt64 = 14, dpl: UInt64 = 3, isPresent: Bool = true,
    interruptStack: UInt64 = 0
  ) throws {
    let offset = Lab.handlers + vector * 16
    let rights: UInt64 = (isPresent ? 0x8000 : 0) | dpl << 13 | type << 8
    let low = offset & 0xffff | UInt64(Lab.kernelCode) << 16 | (rights | interruptStack) << 32
    let place = Lab.idt + vector * (isLong ? 16 : 8)
    try poke(place, low)
    if isLong { try poke(place + 8, UInt64(0)) }
  }

  /// Page-table entry of the 4-KiB page at `linear` in the tables of `long`.
  func entryAddress(_ linear: UInt64) -> UInt64 { Lab.tables + 0x3000 + (linear >> 12) * 8 }

  private func mapLong() throws {
    try poke(Lab.tables, Lab.tables + 0x1000 | 7)
    try poke(Lab.tables + 0x1000, Lab.tables + 0x2000 | 7)
    try poke(Lab.tables + 0x2000, Lab.tables + 0x3000 | 7)
    for page in UInt64(0)..<256 { try poke(Lab.tables + 0x3000 + page * 8, page << 12 | 7) }
  }
}
