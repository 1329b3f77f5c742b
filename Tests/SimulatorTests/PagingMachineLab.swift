import X86

@testable import Simulator

/// A bare machine in 64-bit mode that executes single instructions without losing its TLB between
/// them, as `Lab` does when its registers are written.
final class PagingMachineLab {
  /// Two pages of RAM, and the linear address that leads to the first.
  static let page: UInt64 = 0x2_0000
  static let other: UInt64 = 0x2_1000
  static let descriptor: UInt64 = 0xa000

  let lab: Lab
  var processor: Processor { lab.processor }

  /// In 32-bit mode paging is off, and CR3 points at PDPTEs that identity-map the first 2 MiB.
  init(isUser: Bool = false, is32Bit: Bool = false) throws {
    lab = try Lab()
    if is32Bit {
      try lab.protected([0x90], isUser: isUser)
      try lab.poke(Lab.tables, Lab.tables + 0x1000 | 1)
      try lab.poke(Lab.tables + 0x1000, UInt64(0x87))
      lab.processor.cr3 = Lab.tables
    } else {
      try lab.long([0x90], isUser: isUser)
    }
    try lab.poke(PagingMachineLab.page, UInt64(0x11))
    try lab.poke(PagingMachineLab.other, UInt64(0x22))
  }

  /// Executes one instruction at the code address; the vector of its exception, or nil.
  @discardableResult
  func execute(_ code: [UInt8], _ values: [GeneralRegister: UInt64] = [:]) throws -> UInt64? {
    try lab.poke(Lab.code, code)
    processor.rip = Lab.code
    processor[.rsp] = Lab.userStack
    for (register, value) in values { processor[register] = value }
    lab.run()
    let rip = processor.rip
    return (Lab.handlers..<Lab.handlers + 0x1000).contains(rip) ? (rip - Lab.handlers) / 16 : nil
  }

  /// MOV RAX, [RBX]; nil if it faults.
  func read(_ linear: UInt64) throws -> UInt64? {
    try execute([0x48, 0x8b, 0x03], [.rbx: linear]) == nil ? processor[.rax] : nil
  }

  /// MOV [RBX], RAX.
  func write(_ linear: UInt64, _ value: UInt64) throws -> UInt64? {
    try execute([0x48, 0x89, 0x03], [.rbx: linear, .rax: value])
  }

  func invlpg(_ linear: UInt64) throws { try execute([0x0f, 0x01, 0x3b], [.rbx: linear]) }

  func moveToCR0(_ value: UInt64) throws -> UInt64? {
    try execute([0x0f, 0x22, 0xc0], [.rax: value])
  }

  @discardableResult
  func moveToCR3(_ value: UInt64) throws -> UInt64? {
    try execute([0x0f, 0x22, 0xd8], [.rax: value])
  }

  @discardableResult
  func moveToCR4(_ value: UInt64) throws -> UInt64? {
    try execute([0x0f, 0x22, 0xe0], [.rax: value])
  }

  /// INVPCID RCX, [RDI].
  @discardableResult
  func invpcid(_ type: UInt64, pcid: UInt64 = 0, linear: UInt64 = 0) throws -> UInt64? {
    try lab.poke(PagingMachineLab.descriptor, pcid)
    try lab.poke(PagingMachineLab.descriptor + 8, linear)
    return try execute(
      [0x66, 0x0f, 0x38, 0x82, 0x0f], [.rcx: type, .rdi: PagingMachineLab.descriptor])
  }

  /// Maps the first page's address to `physical` with `bits`.
  func map(_ physical: UInt64, _ bits: UInt64 = 7) throws {
    try lab.poke(lab.entryAddress(PagingMachineLab.page), physical | bits)
  }

  /// Reads the page, so that it is cached, and points its entry at the other one.
  func cacheThenRemap(_ bits: UInt64 = 7) throws {
    try map(PagingMachineLab.page, bits)
    try invlpg(PagingMachineLab.page)
    _ = try read(PagingMachineLab.page)
    try map(PagingMachineLab.other, bits)
  }

  /// What the page's address leads to now: 0x11 from the TLB, 0x22 from the tables.
  var isStale: Bool {
    get throws { try read(PagingMachineLab.page) == 0x11 }
  }
}
