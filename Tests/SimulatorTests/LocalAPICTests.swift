import Testing
import X86

@testable import Simulator

/// The registers of the local APIC (SDM 3A, "Advanced Programmable Interrupt Controller (APIC)").
@Suite struct LocalAPICTests {
  private func enabled(_ id: UInt32 = 0) -> LocalAPIC {
    var apic = LocalAPIC(id: id)
    _ = apic.write(APICRegister.spuriousVector, 0x1ff, at: 0)
    return apic
  }

  /// "Local APIC State After Power-Up or Reset".
  @Test func stateAfterReset() {
    let apic = LocalAPIC(id: 3)
    #expect(apic.base == 0xfee0_0800)
    #expect(LocalAPIC(id: 0).base == 0xfee0_0900)
    #expect(apic.read(APICRegister.id, at: 0) == 3 << 24)
    #expect(apic.read(APICRegister.spuriousVector, at: 0) == 0xff)
    #expect(apic.read(APICRegister.destinationFormat, at: 0) == ~0)
    #expect(apic.read(APICRegister.logicalDestination, at: 0) == 0)
    for number in APICRegister.localVectorTable {
      #expect(apic.read(number, at: 0) == 0x1_0000)
    }
    // An integrated APIC has version 1XH; six entries of the local vector table.
    #expect(apic.read(APICRegister.version, at: 0).map { $0 & 0xf0 } == 0x10)
    #expect(apic.read(APICRegister.version, at: 0).map { $0 >> 16 & 0xff } == 5)
  }

  @Test func softwareDisabledMasksTheTable() {
    var apic = enabled()
    _ = apic.write(0x32, 0x40, at: 0)
    #expect(apic.read(0x32, at: 0) == 0x40)
    _ = apic.write(APICRegister.spuriousVector, 0xff, at: 0)
    #expect(apic.read(0x32, at: 0) == 0x1_0040)
    _ = apic.write(0x32, 0x41, at: 0)
    #expect(apic.read(0x32, at: 0) == 0x1_0041)
  }

  /// "Task and Processor Priorities", "Interrupt Acceptance for Fixed Interrupts".
  @Test func priorities() {
    var apic = enabled()
    apic.accept(0x31)
    apic.accept(0x52)
    #expect(apic.deliverable == 0x52)
    apic.acknowledge(0x52)
    #expect(apic.processorPriority == 0x50)
    #expect(apic.deliverable == nil)
    apic.accept(0x5f)
    // The same class does not interrupt.
    #expect(apic.deliverable == nil)
    apic.accept(0x60)
    #expect(apic.deliverable == 0x60)
    apic.taskPriority = 0x5a
    // Equal classes: the task priority with its subclass.
    #expect(apic.processorPriority == 0x5a)
    apic.taskPriority = 0x60
    #expect(apic.deliverable == nil)
    apic.taskPriority = 0
    let ended = apic.endInterrupt()
    #expect(ended == nil)
    #expect(apic.read(0x12, at: 0) == 0)
    apic.acknowledge(0x60)
    apic.acknowledge(0x5f)
    _ = apic.endInterrupt()
    #expect(apic.inService.highest == 0x5f)
    #expect(apic.read(0x12, at: 0) == 1 << 31)
    #expect(apic.read(0x21, at: 0) == 1 << 0x11)
  }

  @Test func endOfALevelTriggeredInterruptIsAnnounced() {
    var apic = enabled()
    var effect = LocalAPIC.Effect.none
    apic.accept(0x70, isLevel: true)
    #expect(apic.read(0x1b, at: 0) == 1 << 0x10)
    apic.acknowledge(0x70)
    effect = apic.write(APICRegister.endOfInterrupt, 0, at: 0)
    #expect(effect == .endOfInterrupt(0x70))
    apic.accept(0x70)
    apic.acknowledge(0x70)
    effect = apic.write(APICRegister.endOfInterrupt, 0, at: 0)
    #expect(effect == LocalAPIC.Effect.none)
  }

  /// "Error Handling".
  @Test func errorsAreSeenAfterAWrite() {
    var apic = enabled()
    _ = apic.write(0x37, 0x33, at: 0)
    apic.accept(5)
    #expect(apic.read(APICRegister.errorStatus, at: 0) == 0)
    _ = apic.write(APICRegister.errorStatus, 0, at: 0)
    #expect(apic.read(APICRegister.errorStatus, at: 0) == 1 << 6)
    #expect(apic.deliverable == 0x33)
    _ = apic.write(APICRegister.errorStatus, 0, at: 0)
    #expect(apic.read(APICRegister.errorStatus, at: 0) == 0)
  }

  /// "x2APIC State Transitions": from, to, whether it is allowed.
  @Test(
    arguments: [
      (0x800, 0x000, true), (0x800, 0xc00, true), (0x800, 0x400, false), (0xc00, 0x800, false),
      (0xc00, 0x400, false), (0xc00, 0x000, true), (0xc00, 0xc00, true), (0x000, 0x400, false),
      (0x000, 0xc00, false), (0x000, 0x800, true), (0x800, 0x801, false), (0x800, 0xa00, false),
      (0x800, 0x900, true),
    ] as [(UInt64, UInt64, Bool)])
  func modes(_ from: UInt64, _ to: UInt64, _ isAllowed: Bool) {
    var apic = LocalAPIC(id: 1)
    let result1 = apic.setBase(0xfee0_0000 | (from & 0x800))
    #expect(result1)
    let result2 = apic.setBase(0xfee0_0000 | from)
    #expect(result2)
    let result3 = apic.setBase(0xfee0_0000 | to)
    #expect(result3 == isAllowed)
    #expect(apic.base == 0xfee0_0000 | (isAllowed ? to : from))
    let result4 = apic.setBase(1 << 40 | 0x800)
    #expect(!result4)
  }

  /// "Logical x2APIC ID": (x2APIC ID[19:4] << 16) | (1 << x2APIC ID[3:0]).
  @Test func logicalX2Identifier() {
    var apic = LocalAPIC(id: 0x12)
    let result5 = apic.setBase(0xfee0_0c00)
    #expect(result5)
    #expect(apic.read(APICRegister.logicalDestination, at: 0) == 0x1_0004)
    #expect(apic.read(APICRegister.id, at: 0) == 0x12)
    #expect(apic.matches(0x1_0006, isLogical: true, isWide: true))
    #expect(!apic.matches(0x0_0004, isLogical: true, isWide: true))
    #expect(!apic.matches(0x1_0008, isLogical: true, isWide: true))
    #expect(apic.matches(0x12, isLogical: false, isWide: true))
    #expect(apic.matches(~0, isLogical: false, isWide: true))
    #expect(!apic.matches(0xff, isLogical: false, isWide: true))
  }

  /// "Logical Destination Mode": flat, and clusters of four.
  @Test func logicalDestinations() {
    var apic = enabled(2)
    _ = apic.write(APICRegister.logicalDestination, 0x0400_0000, at: 0)
    #expect(apic.matches(0x06, isLogical: true, isWide: false))
    #expect(!apic.matches(0x03, isLogical: true, isWide: false))
    #expect(apic.matches(0xff, isLogical: true, isWide: false))
    _ = apic.write(APICRegister.destinationFormat, 0x0fff_ffff, at: 0)
    _ = apic.write(APICRegister.logicalDestination, 0x3400_0000, at: 0)
    #expect(apic.matches(0x36, isLogical: true, isWide: false))
    #expect(!apic.matches(0x26, isLogical: true, isWide: false))
    #expect(!apic.matches(0x33, isLogical: true, isWide: false))
    #expect(apic.matches(2, isLogical: false, isWide: false))
    #expect(apic.matches(0xff, isLogical: false, isWide: false))
  }

  // MARK: Timer

  /// "Divide Configuration Register": bits 3, 1 and 0.
  @Test(
    arguments: [
      (0, 2), (1, 4), (2, 8), (3, 16), (8, 32), (9, 64), (0xa, 128), (0xb, 1),
    ] as [(UInt32, UInt64)])
  func divisors(_ configuration: UInt32, _ divisor: UInt64) {
    var apic = enabled()
    _ = apic.write(APICRegister.divideConfiguration, configuration, at: 0)
    _ = apic.write(APICRegister.initialCount, 100, at: 0)
    #expect(apic.timer.divisor == divisor)
    #expect(apic.read(APICRegister.currentCount, at: 0) == 100)
    #expect(apic.read(APICRegister.currentCount, at: 10 * divisor) == 90)
    #expect(apic.timer.next(at: 0, tsc: 0) == 100 * divisor)
  }

  @Test func oneShotAndPeriodic() {
    var timer = APICTimer()
    timer.setDivideConfiguration(0xb, at: 0)
    timer.setInitialCount(50, at: 10)
    let result6 = timer.advance(to: 59, tsc: 0)
    #expect(!result6)
    #expect(timer.currentCount(at: 59) == 1)
    let result7 = timer.advance(to: 60, tsc: 0)
    #expect(result7)
    #expect(timer.currentCount(at: 60) == 0)
    #expect(timer.next(at: 60, tsc: 0) == nil)
    // From one-shot to periodic the count stands at 0 until it is written.
    timer.setMode(.periodic)
    #expect(timer.currentCount(at: 70) == 0)
    timer.setInitialCount(50, at: 100)
    let result8 = timer.advance(to: 150, tsc: 0)
    #expect(result8)
    #expect(timer.currentCount(at: 160) == 40)
    let result9 = timer.advance(to: 320, tsc: 0)
    #expect(result9)
    #expect(timer.next(at: 320, tsc: 0) == 350)
    // A change to one-shot lets the count go on.
    timer.setMode(.oneShot)
    #expect(timer.currentCount(at: 340) == 10)
    timer.setInitialCount(0, at: 340)
    #expect(timer.next(at: 340, tsc: 0) == nil)
  }

  /// "TSC-Deadline Mode".
  @Test func deadlineMode() {
    var timer = APICTimer()
    timer.setDeadline(500)
    #expect(timer.deadline == 0)
    timer.setMode(.deadline)
    timer.setInitialCount(9, at: 0)
    #expect(timer.initialCount == 0)
    timer.setDeadline(500)
    #expect(timer.next(at: 100, tsc: 300) == 300)
    let result10 = timer.advance(to: 299, tsc: 499)
    #expect(!result10)
    let result11 = timer.advance(to: 300, tsc: 500)
    #expect(result11)
    #expect(timer.deadline == 0)
    // In the past it expires at once.
    timer.setDeadline(5)
    #expect(timer.next(at: 400, tsc: 600) == 400)
    timer.setMode(.oneShot)
    #expect(timer.deadline == 0)
  }
}
