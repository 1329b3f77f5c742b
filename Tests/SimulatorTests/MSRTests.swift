import Testing
import X86

@testable import Simulator

/// Model-specific registers: which exist, and what may be written.
@Suite struct MSRTests {
  /// SDM 4, "Architectural MSRs"; SDM 3A, "MTRR Registers": number, a value that is stored, one that
  /// raises #GP.
  @Test(
    arguments: [
      (0x174, 0x1234, nil), (0x175, 0xffff_8000_0000_0000, 1 << 63),
      (0x17a, 7, 8), (0x1a0, 0x1801, 2), (0x1d9, 3, 1 << 20), (0x200, 0xff_ffff_f006, 0x100),
      (0x200, 0, 2), (0x201, 0xff_ffff_f800, 0x400), (0x20f, 0, 1 << 40),
      (0x250, 0x0605_0401_0006_0606, 0x0200_0000_0000_0000), (0x26f, 0, 7), (0x277, 0x0706, 2),
      (0x2ff, 0xc06, 0x100), (0xc000_0081, ~0, nil), (0xc000_0082, 0, 1 << 63),
      (0xc000_0084, 0xffff_ffff, 1 << 32), (0xc000_0103, 5, 1 << 32),
    ] as [(UInt32, UInt64, UInt64?)])
  func values(_ index: UInt32, _ good: UInt64, _ bad: UInt64?) throws {
    let processor = try Lab().processor
    #expect(processor.writeMSR(index, good))
    #expect(processor.readMSR(index) == good)
    if let bad { #expect(!processor.writeMSR(index, bad)) }
    #expect(processor.readMSR(index) == good)
  }

  @Test(arguments: [0x48, 0x49, 0xce, 0x10a, 0x10b, 0x210, 0x251, 0x400, 0x4000_0000, 0xc000_0085])
  func absent(_ index: UInt32) throws {
    let processor = try Lab().processor
    #expect(processor.readMSR(index) == nil)
    #expect(!processor.writeMSR(index, 0))
  }

  @Test func readOnly() throws {
    let processor = try Lab().processor
    for index: UInt32 in [0xfe, 0x179, 0x17, 0x480] {
      #expect(processor.readMSR(index) != nil)
      #expect(!processor.writeMSR(index, processor.readMSR(index) ?? 0))
    }
  }

  /// SDM 3B, "Time-Stamp Counter Adjustment".
  @Test func timeStampCounterAndItsAdjustment() throws {
    let processor = try Lab().processor
    #expect(processor.readMSR(MSR.tscAdjust) == 0)
    #expect(processor.writeMSR(MSR.tsc, 1000))
    #expect(processor.readMSR(MSR.tsc) == 1000)
    #expect(processor.readMSR(MSR.tscAdjust) == 1000)
    #expect(processor.writeMSR(MSR.tscAdjust, 400))
    #expect(processor.readMSR(MSR.tsc) == 400)
    #expect(processor.writeMSR(MSR.tsc, 100))
    #expect(processor.readMSR(MSR.tscAdjust) == 100)
  }

  @Test func miscEnableLimitsCPUID() throws {
    let processor = try Lab().processor
    #expect(processor.writeMSR(MSR.miscEnable, 0x1801 | 1 << 22 | 1 << 34))
    #expect(processor.cpuid(0, 0).eax == 2)
    #expect(processor.cpuid(0x8000_0001, 0).edx & 1 << 20 == 0)
    #expect(!processor.writeMSR(MSR.efer, EFER.nxe))
  }
}
