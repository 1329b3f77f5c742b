import Testing
import X86

@testable import Simulator

@Suite struct TracerTests {
  private func entry(
    _ offset: UInt64, _ register: GeneralRegister?, _ value: UInt64,
    _ end: TraceEntry.End = .completed
  ) -> TraceEntry {
    TraceEntry(rip: Lab.code + offset, value: value, register: register, end: end)
  }

  @Test func recordsEachInstructionAndItsRegister() throws {
    let lab = try Lab()
    // mov eax, 5; push rax; pop rcx; dec eax; jnz back to the dec; xor edx, edx; hlt
    try lab.long([
      0xb8, 0x05, 0, 0, 0, 0x50, 0x59, 0xff, 0xc8, 0x75, 0xfc, 0x31, 0xd2, 0xf4,
    ])
    var registers = lab.registers
    registers[.rdx] = 9
    lab.registers = registers
    lab.processor.startTrace(capacity: 100)
    #expect(lab.run(1000) == .halted)
    var expected = [
      entry(0, .rax, 5), entry(5, .rsp, Lab.userStack - 8), entry(6, .rcx, 5),
    ]
    for value in [4, 3, 2, 1, 0] as [UInt64] {
      expected.append(entry(7, .rax, value))
      expected.append(TraceEntry(rip: Lab.code + 9, value: 0, register: nil, end: .completed))
    }
    expected.append(entry(11, .rdx, 0))
    let trace = lab.processor.trace()
    #expect(Array(trace.prefix(expected.count)) == expected)
    #expect(trace.count == expected.count + 1)
    #expect(trace.last?.rip == Lab.code + 13)
    #expect(lab.processor.tracedInstructions == UInt64(trace.count))
  }

  @Test func changesNothing() throws {
    let code: [UInt8] = [0xb9, 0x50, 0, 0, 0, 0x01, 0xc8, 0x0f, 0xc8, 0xff, 0xc9, 0x75, 0xf8, 0xf4]
    let (plain, traced) = (try Lab(), try Lab())
    try plain.long(code)
    try traced.long(code)
    traced.processor.startTrace(capacity: 16)
    #expect(plain.run(10_000) == traced.run(10_000))
    #expect(plain.registers == traced.registers)
    #expect(plain.processor.retired == traced.processor.retired)
    #expect(traced.processor.trace().count == 16)
    #expect(traced.processor.trace(last: 3).count == 3)
    traced.processor.stopTrace()
    #expect(!traced.processor.isTracing && traced.processor.trace().isEmpty)
  }

  @Test func recordsFaults() throws {
    let lab = try Lab()
    // mov ebx, 7; ud2, whose handler is a HLT
    try lab.long([0xbb, 0x07, 0, 0, 0, 0x0f, 0x0b])
    lab.processor.startTrace(capacity: 8)
    lab.run(1000)
    let trace = lab.processor.trace()
    #expect(Array(trace.prefix(2)) == [entry(0, .rbx, 7), entry(5, nil, 6, .exception)])
    #expect(trace.dropFirst(2).first?.rip == Lab.handlers + 6 * 16)
  }
}
