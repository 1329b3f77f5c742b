import Testing
import X86

@testable import Simulator

/// Several processors in one machine.
@Suite struct MultiprocessorTests {
  /// Real-mode code for a SIPI of page 9: MOV word [A000H], 1; MOV AX, CS; MOV [A004H], AX; HLT.
  private static let second: [UInt8] = [
    0xc7, 0x06, 0x00, 0xa0, 0x01, 0x00, 0x8c, 0xc8, 0xa3, 0x04, 0xa0, 0xf4,
  ]
  /// CALL next line but one; MOV [A008H], AL; JMP to the CALL; MOV AL, 1; RET.
  private static let spinning: [UInt8] = [
    0xe8, 0x05, 0x00, 0xa2, 0x08, 0xa0, 0xeb, 0xf8, 0xb0, 0x01, 0xc3,
  ]

  /// SDM 3A, "MP Initialization Protocol".
  @Test func startUp() throws {
    let lab = try Lab.platform(
      Code.enable + Code.startSecond + Code.wait(0xa000, for: 1) + Code.hlt, processorCount: 2)
    try lab.poke(0x9000, Self.second)
    #expect(lab.machine.processors[1].activity == .waitForSIPI)
    #expect(lab.machine.processors[1].apic.base == 0xfee0_0800)
    #expect(try lab.go() == .halted)
    #expect(try lab.peek(0xa004, as: UInt16.self) == 0x900)
    let second = try lab.machine.cpus[1].registers()
    #expect(second[.cs].base == 0x9000 && second.rip == 12)
    #expect(second[.rdx] == UInt64(CPUID.read(1, 0).eax))
  }

  @Test func withoutINITASIPIIsTakenOnlyOnce() throws {
    let lab = try Lab.platform(
      Code.enable + Code.apic(0x310, 1 << 24) + Code.apic(0x300, 0x4609)
        + Code.wait(0xa000, for: 1) + Code.store(0xa000, 7) + Code.apic(0x300, 0x4609) + Code.hlt,
      processorCount: 2)
    try lab.poke(0x9000, Self.second)
    #expect(try lab.go() == .halted)
    #expect(try lab.peek(0xa000, as: UInt16.self) == 7)
  }

  @Test func storesAreSeenInCodeOfOthers() throws {
    let lab = try Lab.platform(
      Code.enable + Code.startSecond + Code.wait(0xa008, for: 1) + [0xc6, 0x05]
        + Code.little(0x9009) + [2] + Code.wait(0xa008, for: 2) + Code.hlt, processorCount: 2)
    try lab.poke(0x9000, Self.spinning)
    #expect(try lab.go(20_000) == .limit)
    #expect(lab.processor.activity == .hlt)
  }

  /// The second processor sleeps while the first counts to 5000 in ECX: MOV ECX, 5000; LOOP. Then it
  /// is sent vector 50H, whose handler (MOV word [A00CH], 1; HLT) sees the time of the sender.
  @Test func aWokenProcessorHasTheTimeOfTheSender() throws {
    let lab = try Lab.platform(
      Code.enable + Code.startSecond + Code.wait(0xa000, for: 1) + [0xb9] + Code.little(5000)
        + [0xe2, 0xfe] + Code.apic(0x300, 0x4050) + Code.wait(0xa00c, for: 1) + Code.hlt,
      processorCount: 4)
    try lab.poke(0x9000, [0xc7, 0x06, 0x00, 0xa0, 0x01, 0x00, 0xfb, 0xf4])
    try lab.poke(0x50 * 4, UInt32(0x9100))
    try lab.poke(0x9100, [0x0f, 0x31, 0xc7, 0x06, 0x0c, 0xa0, 0x01, 0x00, 0xf4])
    // INIT has reset the APIC, so that it is enabled once the processor sleeps.
    try lab.go(2000)
    let second = lab.machine.processors[1]
    #expect(second.activity == .hlt)
    second.apic.spuriousVector = 0x1ff
    let retired = second.retired
    #expect(try lab.go() == .halted)
    #expect(second.retired == retired + 3)
    #expect(second[.rax] > 5000 && second[.rax] < 12_000)
    #expect(lab.processor.time < 12_000)
  }

  private static let busy =
    Code.enable + Code.apic(0x3e0, 0xb) + Code.apic(0x320, 0x2_0040) + Code.apic(0x380, 777)
    + Code.startSecond + Code.sti + Code.wait(0xa00c, for: 0xff)

  /// Handler 40H: INC dword [A010H]; EOI; IRET.
  private func busyLab() throws -> Lab {
    let lab = try Lab.platform(Self.busy, processorCount: 3)
    try lab.poke(0x9000, Self.spinning)
    try lab.poke(
      Lab.handlers + 0x40 * 16, [0xe9] + Code.little(UInt32(0x7000 - Lab.handlers - 0x405)))
    try lab.poke(0x7000, [0xff, 0x05] + Code.little(0xa010) + Code.apic(0xb0, 0) + [0xcf])
    return lab
  }

  private func state(_ lab: Lab) throws -> [String] {
    try lab.machine.cpus.map { "\(try $0.registers())" }
      + lab.machine.processors.map { "\($0.retired) \($0.time) \($0.apic)" }
      + ["\(try lab.machine.readPhysical(0xa000, count: 64))"]
  }

  /// The same start gives the same end, however the way is cut.
  @Test func isDeterministic() throws {
    let one = try busyLab()
    try one.go(30_000)
    #expect(try one.peek(0xa010) > 5)
    let two = try busyLab()
    var left: UInt64 = 30_000
    var step: UInt64 = 1
    while left > 0 {
      let count = min(left, step)
      #expect(try two.go(count) == .limit)
      left -= count
      step = step * 7 % 311 + 1
    }
    #expect(one.machine.instructionsRetired == two.machine.instructionsRetired)
    #expect(try state(one) == state(two))
  }

  @Test func snapshotsHoldAllProcessors() throws {
    let lab = try busyLab()
    try lab.go(10_001)
    let snapshot = try lab.machine.save()
    try lab.go(5000)
    let first = try state(lab)
    try lab.machine.restore(snapshot)
    try lab.go(5000)
    #expect(try state(lab) == first)
  }

  @Test func stepsOneProcessor() throws {
    let lab = try busyLab()
    try lab.go(1000)
    let before = lab.processor.retired
    #expect(try lab.machine.cpus[0].step() == .stepped)
    #expect(lab.processor.retired == before + 1)
  }

  @Test func breakpointSelectsItsProcessor() throws {
    let lab = try Lab.platform(
      Code.enable + Code.startSecond + Code.wait(0xa000, for: 1) + Code.hlt, processorCount: 2)
    try lab.poke(0x9000, Self.second)
    let limit = RunLimit(instructions: 10_000, breakpoints: [0x9006])
    #expect(try lab.machine.cpu.run(until: limit) == .breakpoint(address: 0x9006))
    #expect(lab.machine.selected == 1)
    #expect(try lab.machine.cpu.registers().rip == 6)
    #expect(try lab.machine.cpu.run(until: limit) == .halted)
  }

  @Test func broadcastsAndLowestPriority() throws {
    let lab = try Lab(processorCount: 4)
    let processors = lab.machine.processors
    for processor in processors {
      processor.writeAPICPage(0xf0, size: 4, value: 0x1ff)
      processor.writeAPICPage(0xd0, size: 4, value: 0x100_0000 << UInt64(processor.index))
    }
    // All but the sender.
    processors[1].writeAPICPage(0x300, size: 4, value: 0xc_4041)
    #expect(processors.map { $0.apic.requested[0x41] } == [true, false, true, true])
    // Logical, to 0 and 3.
    processors[1].writeAPICPage(0x310, size: 4, value: 0x0900_0000)
    processors[1].writeAPICPage(0x300, size: 4, value: 0x4842)
    #expect(processors.map { $0.apic.requested[0x42] } == [true, false, false, true])
    // Lowest priority, of all.
    for (processor, priority) in zip(processors, [0x50, 0x40, 0x20, 0x30] as [UInt64]) {
      processor.writeAPICPage(0x80, size: 4, value: priority)
    }
    processors[0].writeAPICPage(0x310, size: 4, value: 0x0f00_0000)
    processors[0].writeAPICPage(0x300, size: 4, value: 0x4943)
    #expect(processors.map { $0.apic.requested[0x43] } == [false, false, true, false])
    // NMI to all, physical.
    processors[0].writeAPICPage(0x310, size: 4, value: 0xff00_0000)
    processors[0].writeAPICPage(0x300, size: 4, value: 0x4400)
    #expect(processors.map { $0.nmiRequest } == [true, true, true, true])
  }

  @Test func topologyInCPUID() throws {
    let lab = try Lab(processorCount: 6)
    let answer = lab.machine.processors[5].cpuid(1, 0)
    #expect(answer.ebx >> 24 == 5 && answer.ebx >> 16 & 0xff == 6 && answer.edx & 1 << 28 != 0)
    let cores = lab.machine.processors[5].cpuid(0xb, 1)
    // Six need three bits.
    #expect(cores == CPUIDLeaf(3, 6, 0x201, 5))
  }
}
