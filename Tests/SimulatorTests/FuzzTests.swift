import Testing
import X86

@testable import Simulator

/// Random instructions in every mode: whatever bytes run, the processor stays a processor.
///
/// One machine for each mode is reused; a sequence writes code and registers, every 16th also the
/// memory that earlier ones may have overwritten, and runs at most 20 instructions.
@Suite struct FuzzTests {
  static let sequences = 34_000
  static let limit: UInt64 = 20

  @Test func real() throws { try fuzz(seed: 1) { try $0.real([0x90]) } }
  @Test func protected() throws {
    try fuzz(seed: 2, count: Self.sequences / 2) { lab in
      try lab.protected([0x90])
      // Data segments of 128 KiB: in flat ones a repeated string instruction with a random ECX goes
      // round the address space, and all of it is one instruction.
      for selector: UInt64 in [0x10, 0x20] {
        try lab.poke(Lab.gdt + selector, UInt16(0x1f))
        try lab.poke(Lab.gdt + selector + 6, UInt8(0xc0))
      }
      var value = lab.registers
      for register in SegmentRegister.allCases where register != .cs {
        value[register].limit = 0x1_ffff
      }
      lab.registers = value
    }
  }
  @Test func protectedWithPaging() throws {
    try fuzz(seed: 3, count: Self.sequences / 2) { lab in
      try lab.protected([0x90], isUser: true)
      // 32-bit tables: one page table maps the first MiB for level 3.
      try lab.poke(Lab.tables, UInt32(Lab.tables + 0x1000 | 7))
      for page in UInt32(0)..<256 {
        try lab.poke(Lab.tables + 0x1000 + UInt64(page) * 4, page << 12 | 7)
      }
      var value = lab.registers
      value.cr3 = Lab.tables
      value.cr0 |= CR0.pg
      lab.registers = value
    }
  }
  @Test func long() throws { try fuzz(seed: 4) { try $0.long([0x90]) } }

  private func fuzz(
    seed: UInt64, count: Int = FuzzTests.sequences, _ prepare: (Lab) throws -> Void
  ) throws {
    let lab = try Lab()
    try prepare(lab)
    let start = lab.registers
    let memory = try lab.machine.readPhysical(0, count: 0x14000)
    var random = SplitMix(seed: seed)
    var executed: UInt64 = 0
    for sequence in 0..<count {
      if sequence & 15 == 0 { try lab.poke(0, memory) }
      try lab.poke(Lab.code, Self.code(&random))
      let state = Self.state(start, &random)
      lab.processor.msrs = MSRFile()
      lab.registers = state
      let before = lab.processor.instructionsRetired
      let stop = lab.run(Self.limit)
      let retired = lab.processor.instructionsRetired &- before
      executed &+= retired
      let broken = Self.broken(lab.processor, retired, stop)
      #expect(broken == nil, "sequence \(sequence): \(broken ?? "")")
      if broken != nil { return }
      if sequence % 4096 == 0 { try checkRepeats(lab, state) }
    }
    // Sequences do run: on average more than one instruction each.
    #expect(executed > UInt64(count))
    #expect(lab.processor.unimplementedInstructions.count < 1 << 20)
  }

  /// The same state and memory give the same result, after a snapshot was restored too.
  private func checkRepeats(_ lab: Lab, _ state: Registers) throws {
    lab.registers = state
    let snapshot = try lab.machine.save()
    lab.run(Self.limit)
    let first = (lab.registers, try lab.machine.readPhysical(0, count: 0x14000))
    try lab.machine.restore(snapshot)
    lab.processor.activity = .active
    lab.run(Self.limit)
    let isSame =
      try lab.registers == first.0
      && lab.machine.readPhysical(0, count: 0x14000) == first.1
    #expect(isSame)
  }

  /// What a processor can never show, in words; nil if all is well.
  private static func broken(
    _ processor: Processor, _ retired: UInt64, _ stop: ProcessorStop
  ) -> String? {
    let now = processor.currentRegisters()
    let flags = now.rflags.rawValue
    if retired > limit { return "\(retired) instructions retired" }
    if flags & 2 == 0 || flags & ~0x3f_7fd7 != 0 { return "RFLAGS \(flags)" }
    if now.mode != processor.mode { return "mode \(processor.mode), state says \(now.mode)" }
    if now.mode != .long, now.rip >> 32 != 0 { return "RIP \(now.rip)" }
    if now.cpl != Int(processor.cpl) { return "CPL \(processor.cpl), SS says \(now.cpl)" }
    if now.cr0 & CR0.pg != 0, now.cr0 & CR0.pe == 0 { return "paging without protection" }
    let active = now.efer & EFER.lma != 0
    if active != (now.efer & EFER.lme != 0 && now.cr0 & CR0.pg != 0) { return "EFER.LMA" }
    if processor.delivering != nil { return "an event is still being delivered" }
    if now.mode == .virtual8086 || now.mode == .real {
      let code = now[.cs]
      if now.mode == .virtual8086, code.base != UInt64(code.selector) << 4 { return "CS base" }
    }
    if case .shutdown = stop, processor.activity != .shutdown { return "shutdown is not shown" }
    return nil
  }

  private static func code(_ random: inout SplitMix) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(48)
    for _ in 0..<6 {
      let word = random.next()
      for shift in 0..<UInt64(8) { bytes.append(UInt8(truncatingIfNeeded: word >> (shift * 8))) }
    }
    // Half of the sequences begin with 0F and half of those with a prefix, to reach the wide maps.
    let pick = bytes[47]
    if pick & 1 != 0 { bytes[0] = 0x0f }
    if pick & 6 == 2 { (bytes[0], bytes[1]) = (pick & 8 == 0 ? 0x66 : 0xf3, 0x0f) }
    return bytes
  }

  private static func state(_ start: Registers, _ random: inout SplitMix) -> Registers {
    var value = start
    for register in GeneralRegister.allCases {
      let pick = random.next()
      value[register] = pick & 1 == 0 ? pick & 0xffff : pick & 2 == 0 ? pick >> 32 : pick
      if value.mode != .long { value[register] &= 0xffff_ffff }
    }
    value[.rsp] = 0xe000 + (random.next() & 0xfff)
    value.rflags = RFLAGS(rawValue: random.next() & 0xfd5 | 2)
    return value
  }
}
