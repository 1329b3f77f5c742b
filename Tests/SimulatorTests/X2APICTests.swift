import Testing
import X86

@testable import Simulator

/// The MSRs of x2APIC mode, CR8 and IA32_APIC_BASE as a processor has them.
@Suite struct X2APICTests {
  private func lab(x2: Bool = true) throws -> Lab {
    let lab = try Lab()
    if x2 { #expect(lab.processor.writeMSR(MSR.apicBase, 0xfee0_0d00)) }
    return lab
  }

  /// SDM 3A, "x2APIC Register Address Space": MSR, whether it can be read, and a value that can be
  /// written.
  @Test(
    arguments: [
      (0x802, true, nil), (0x803, true, nil), (0x808, true, 0xff), (0x80a, true, nil),
      (0x80b, false, 0), (0x80d, true, nil), (0x80f, true, 0x1ff), (0x817, true, nil),
      (0x81f, true, nil), (0x827, true, nil), (0x828, true, 0), (0x830, true, 0x1_0000_0040),
      (0x832, true, 0x7_00ff), (0x833, true, 0x1_07ff), (0x834, true, 0x1_07ff),
      (0x835, true, 0x1_a7ff), (0x836, true, 0x1_a7ff), (0x837, true, 0x1_00ff),
      (0x838, true, 0xffff_ffff), (0x839, true, nil), (0x83e, true, 0xb), (0x83f, false, 0x40),
    ] as [(UInt32, Bool, UInt64?)])
  func registers(_ index: UInt32, _ isReadable: Bool, _ value: UInt64?) throws {
    let processor = try lab().processor
    #expect((processor.readMSR(index) != nil) == isReadable)
    if let value {
      #expect(processor.writeMSR(index, value))
    } else {
      #expect(!processor.writeMSR(index, 0))
    }
    // None has a reserved bit of 1.
    let reserved: UInt64 = index == 0x830 ? 1 << 13 : 1 << 32
    #expect(!processor.writeMSR(index, reserved))
    // In xAPIC mode none exists.
    let xAPIC = try lab(x2: false).processor
    #expect(xAPIC.readMSR(index) == nil)
    #expect(!xAPIC.writeMSR(index, 0))
  }

  @Test(arguments: [0x800, 0x801, 0x804, 0x809, 0x80c, 0x80e, 0x829, 0x82f, 0x831, 0x840, 0x8ff])
  func reservedRegisters(_ index: UInt32) throws {
    let processor = try lab().processor
    #expect(processor.readMSR(index) == nil)
    #expect(!processor.writeMSR(index, 0))
  }

  @Test func writesOfNonZeroToCommandsFault() throws {
    let processor = try lab().processor
    #expect(!processor.writeMSR(0x80b, 1))
    #expect(!processor.writeMSR(0x828, 1))
    #expect(!processor.writeMSR(0x808, 0x100))
    #expect(!processor.writeMSR(0x83e, 4))
  }

  /// SDM 3A, "Interrupt Priority and CR8".
  @Test func taskPriorityIsCR8() throws {
    let processor = try lab().processor
    processor.cr8 = 9
    #expect(processor.readMSR(0x808) == 0x90)
    #expect(processor.writeMSR(0x808, 0x3f))
    #expect(processor.cr8 == 3)
  }

  @Test func selfIPIRegister() throws {
    let code = Code.wrmsr(0x80f, 0x1ff) + Code.wrmsr(0x83f, 0x55) + Code.sti + Code.nop + Code.nop
    let lab = try Lab.platform(Code.wrmsr(0x1b, 0xfee0_0d00) + code)
    #expect(try lab.go() == .halted)
    #expect(lab.vector() == 0x55)
    // It is in service until EOI.
    #expect(lab.processor.readMSR(0x812) == 1 << 0x15)
    #expect(lab.processor.writeMSR(0x80b, 0))
    #expect(lab.processor.readMSR(0x812) == 0)
  }

  @Test func cpuidShowsWhetherItIsEnabled() throws {
    let processor = try lab(x2: false).processor
    let answer = processor.cpuid(1, 0)
    #expect(answer.edx & 1 << 9 != 0 && answer.ecx & 1 << 21 != 0 && answer.ecx & 1 << 24 != 0)
    #expect(processor.writeMSR(MSR.apicBase, 0xfee0_0100))
    #expect(processor.cpuid(1, 0).edx & 1 << 9 == 0)
  }

  /// The page moves with IA32_APIC_BASE, also onto RAM.
  @Test func registersCanBeRelocated() throws {
    // MOV EAX, [5030H]; HLT.
    let lab = try Lab.platform([0xa1] + Code.little(0x5030) + Code.hlt)
    try lab.poke(0x5030, UInt32(0x1234_5678))
    #expect(lab.processor.writeMSR(MSR.apicBase, 0x5900))
    try lab.go()
    #expect(lab.registers[.rax] == 0x0005_0014)
    #expect(lab.processor.writeMSR(MSR.apicBase, 0x5100))
    var registers = lab.registers
    registers.rip = Lab.code
    lab.registers = registers
    try lab.go()
    #expect(lab.registers[.rax] == 0x1234_5678)
  }
}
