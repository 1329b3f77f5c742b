import Testing
import X86

@testable import Simulator

/// XSAVE and its kin on a processor whose only component is x87, the probes for x87, and RDRAND.
@Suite struct ExtendedStateTests {
  private func lab(
    _ code: [UInt8], cr4: UInt64 = CR4.osxsave, _ change: (inout Registers) -> Void = { _ in }
  ) throws -> Lab {
    let lab = try Lab()
    try lab.long(code)
    var value = lab.registers
    value.cr4 |= cr4
    (value[.rax], value[.rdx]) = (~0, ~0)
    value[.rsi] = Lab.data
    change(&value)
    lab.registers = value
    return lab
  }

  @Test func needsOSXSAVE() throws {
    let codes: [[UInt8]] = [
      [0x0f, 0x01, 0xd0], [0x0f, 0x01, 0xd1], [0x0f, 0xae, 0x26], [0x0f, 0xae, 0x2e],
    ]
    for code in codes {
      let lab = try lab(code, cr4: 0)
      lab.run(2)
      #expect(lab.vector() == 6)
    }
  }

  @Test func xcr0HoldsX87Alone() throws {
    let get = try lab([0x0f, 0x01, 0xd0]) { $0[.rcx] = 0 }
    get.run()
    #expect(get.registers[.rax] == 1 && get.registers[.rdx] == 0)
    for (value, index, vector): (UInt64, UInt64, UInt64?) in [
      (1, 0, nil), (0, 0, 13), (3, 0, 13), (1, 1, 13),
    ] {
      let set = try lab([0x0f, 0x01, 0xd1]) {
        ($0[.rax], $0[.rdx], $0[.rcx]) = (value, 0, index)
      }
      set.run(vector == nil ? 1 : 2)
      #expect(set.vector() == vector)
    }
  }

  @Test func savesAndRestores() throws {
    // FNINIT; XSAVE [RSI]; XRSTOR [RSI]
    let lab = try lab([0xdb, 0xe3, 0x48, 0x0f, 0xae, 0x26, 0x0f, 0xae, 0x2e])
    try lab.poke(Lab.data + 24, ~UInt64(0))
    try lab.poke(Lab.data + 512, ~UInt64(0))
    lab.run(2)
    #expect(try lab.peek(Lab.data, as: UInt64.self) == 0x37f)
    // MXCSR's place is not written without SSE, nor are the bits of components that were not asked for.
    #expect(try lab.peek(Lab.data + 24, as: UInt64.self) == ~0)
    #expect(try lab.peek(Lab.data + 512, as: UInt64.self) == ~1)
    try lab.poke(Lab.data, UInt64(0x1_0020_3800_0f7f))
    try lab.poke(Lab.data + 32, UInt64(0x1234))
    try lab.poke(Lab.data + 512, UInt64(1))
    lab.run()
    #expect(lab.processor.x87.controlWord == 0xf7f && lab.processor.x87.statusWord == 0x3800)
    #expect(lab.processor.x87.tagWord == 0x20 && lab.processor.x87.registers.first == 0x1234)
    #expect(X87State(image: lab.processor.x87.image) == lab.processor.x87)
  }

  @Test func areaFaults() throws {
    let misaligned = try lab([0x0f, 0xae, 0x26]) { $0[.rsi] = Lab.data + 32 }
    misaligned.run(2)
    #expect(misaligned.vector() == 13)
    let switched = try lab([0x0f, 0xae, 0x26]) { $0.cr0 |= CR0.ts }
    switched.run(2)
    #expect(switched.vector() == 7)
    let header = try lab([0x0f, 0xae, 0x2e])
    try header.poke(Lab.data + 512, UInt64(2))
    header.run(2)
    #expect(header.vector() == 13)
    let absent = try lab([0x0f, 0xc7, 0x26])
    absent.run(2)
    #expect(absent.vector() == 6)
  }

  @Test func probesForX87() throws {
    // FNINIT; FNSTSW AX; FNSTCW [RSI]; FLD1
    let code: [UInt8] = [0xdb, 0xe3, 0xdf, 0xe0, 0xd9, 0x3e, 0xd9, 0xe8]
    let lab = try lab(code)
    lab.run(3)
    #expect(lab.registers[.rax] & 0xffff == 0)
    #expect(try lab.peek(Lab.data, as: UInt16.self) == 0x37f)
    lab.run(2)
    #expect(lab.vector() == 6)
    for bit in [CR0.em, CR0.ts] {
      let lab = try self.lab(code) { $0.cr0 |= bit }
      lab.run(2)
      #expect(lab.vector() == 7)
    }
  }

  @Test func randomNumbersRepeatAndAreSaved() throws {
    // RDRAND RAX; RDSEED EBX; RDRAND CX
    let code: [UInt8] = [0x48, 0x0f, 0xc7, 0xf0, 0x0f, 0xc7, 0xfb, 0x66, 0x0f, 0xc7, 0xf1]
    let first = try lab(code) { $0[.rcx] = 1 << 32 }
    let snapshot = try first.machine.save()
    first.run(3)
    let values = first.registers
    #expect(values.rflags.rawValue & 0x8d5 == 1)
    #expect(values[.rbx] >> 32 == 0 && values[.rcx] >> 16 == 1 << 16)
    #expect(values[.rax] != values[.rbx])
    try first.machine.restore(snapshot)
    first.run(3)
    #expect(first.registers == values)
  }
}
