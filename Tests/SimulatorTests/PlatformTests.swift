import Testing
import X86

@testable import Simulator

/// Interrupts and time of a bare machine with one processor.
@Suite struct PlatformTests {
  /// The write of the initial count comes after three instructions, so that the count of 1000 is 0 at
  /// 1003, and the handler's first instruction reads that.
  @Test func timerWakesAHaltedProcessorExactly() throws {
    let lab = try Lab.platform(
      Code.enable + Code.apic(0x3e0, 0xb) + Code.apic(0x320, 0x40) + Code.apic(0x380, 1000)
        + Code.sti + Code.hlt)
    // RDTSC; MOV [EOI], 0; HLT.
    try lab.poke(Lab.handlers + 0x40 * 16, [0x0f, 0x31])
    try lab.poke(Lab.handlers + 0x40 * 16 + 2, Code.apic(0xb0, 0) + Code.hlt)
    #expect(try lab.go() == .halted)
    #expect(lab.registers[.rax] == 1003)
    #expect(lab.machine.instructionsRetired == 9)
    #expect(lab.processor.apic.inService.highest == nil)
  }

  @Test func timerInterruptsALoopExactly() throws {
    // JMP self.
    let lab = try Lab.platform(
      Code.enable + Code.apic(0x3e0, 0xb) + Code.apic(0x320, 0x40) + Code.apic(0x380, 1000)
        + Code.sti + [0xeb, 0xfe])
    #expect(try lab.go() == .halted)
    #expect(lab.vector() == 0x40)
    // 1003 and the HLT.
    #expect(lab.machine.instructionsRetired == 1004)
  }

  @Test func deadlineTimer() throws {
    let lab = try Lab.platform(
      Code.enable + Code.apic(0x320, 0x4_0040) + Code.wrmsr(0x6e0, 5000) + Code.sti + Code.hlt)
    try lab.poke(Lab.handlers + 0x40 * 16, [0x0f, 0x31, 0xf4])
    #expect(try lab.go() == .halted)
    #expect(lab.vector() == nil)
    #expect(lab.registers[.rax] == 5000)
    #expect(lab.processor.readMSR(0x6e0) == 0)
  }

  /// A masked timer wakes nobody, nor does one whose interrupt RFLAGS.IF keeps away.
  @Test(arguments: [(0x1_0040, true), (0x40, false)] as [(UInt32, Bool)])
  func haltsForEver(_ entry: UInt32, _ enablesInterrupts: Bool) throws {
    let lab = try Lab.platform(
      Code.enable + Code.apic(0x320, entry) + Code.apic(0x380, 100)
        + (enablesInterrupts ? Code.sti : Code.nop) + Code.hlt)
    #expect(try lab.go(nil) == .halted)
    #expect(lab.vector() == nil)
  }

  @Test func taskPriorityHoldsInterruptsBack() throws {
    // MOV EAX, 4; MOV CR8 is not of 32-bit code, so the register: TPR 40H, self-IPI 45H, then TPR 30H.
    let lab = try Lab.platform(
      Code.enable + Code.apic(0x80, 0x40) + Code.sti + Code.apic(0x300, 0x4_4045) + Code.nop
        + Code.apic(0x80, 0x30) + Code.nop)
    try lab.go(5)
    #expect(lab.vector() == nil && lab.processor.apic.requested[0x45])
    #expect(try lab.go() == .halted)
    #expect(lab.vector() == 0x45)
  }

  @Test func nmiByIPI() throws {
    let lab = try Lab.platform(Code.apic(0x300, 0x4_4400) + Code.nop)
    #expect(try lab.go() == .halted)
    #expect(lab.vector() == 2)
    #expect(lab.processor.nmiBlocked)
  }

  @Test func illegalVectorOfAnIPIIsAnError() throws {
    let lab = try Lab.platform(Code.enable + Code.apic(0x300, 0x4_4005) + Code.apic(0x280, 0))
    try lab.go(3)
    #expect(lab.processor.apic.errorStatus == 1 << 5)
  }

  // MARK: The board

  @Test func externalInterruptThroughLINT0() throws {
    let board = FakeBoard()
    board.nextEvent = 500
    board.event = { $0.isInterruptRequested = true }
    let lab = try Lab.platform(Code.sti + [0xeb, 0xfe], board: board)
    #expect(try lab.go() == .halted)
    #expect(lab.vector() == 0x28)
    #expect(lab.machine.instructionsRetired == 501)
    // It is not the APIC's: nothing is in service.
    #expect(lab.processor.apic.inService.highest == nil)
  }

  @Test func maskedLINT0KeepsExternalInterruptsAway() throws {
    let board = FakeBoard()
    board.nextEvent = 500
    board.event = { $0.isInterruptRequested = true }
    let lab = try Lab.platform(
      Code.enable + Code.apic(0x350, 0x1_0700) + Code.sti + Code.hlt, board: board)
    #expect(try lab.go() == .halted)
    #expect(lab.vector() == nil && lab.machine.time == 500)
  }

  @Test func messagesAndTheirEnd() throws {
    let board = FakeBoard()
    board.nextEvent = 300
    board.event = {
      $0.sendMessage?(InterruptMessage(destination: 0, vector: 0x61, isLevelTriggered: true))
    }
    let lab = try Lab.platform(Code.enable + Code.sti + Code.hlt, board: board)
    try lab.poke(Lab.handlers + 0x61 * 16, Code.apic(0xb0, 0) + Code.hlt)
    #expect(try lab.go() == .halted)
    #expect(board.ended == [0x61])
  }

  @Test func accessesReachTheBusAtTheirTime() throws {
    let board = FakeBoard()
    // NOP; MOV EAX, [C0001000H]; OUT 80H, AL; NOP; MOV [C0001004H], EAX; IN EAX, 70H; HLT.
    let lab = try Lab.platform(
      [0x90, 0xa1] + Code.little(0xc000_1000) + [0xe6, 0x80, 0x90, 0xa3]
        + Code.little(0xc000_1004) + [0xe5, 0x70] + Code.hlt, board: board)
    #expect(try lab.go() == .halted)
    #expect(
      board.accesses == [
        "read memory c0001000 4 at 1", "write port 80 1 44 at 2",
        "write memory c0001004 4 11223344 at 4", "read port 70 4 at 5",
      ])
    #expect(lab.registers[.rax] == 0x1122_3344)
  }

  @Test func aDeviceEndsTheRun() throws {
    let board = FakeBoard()
    // OUT F4H, AL; NOP.
    let lab = try Lab.platform([0xe6, 0xf4] + Code.nop, board: board)
    #expect(try lab.go() == .stopRequested)
    #expect(lab.machine.instructionsRetired == 1)
  }

  // MARK: Memory

  @Test func romIsReadOnlyAndStartsTheMachine() throws {
    let board = FakeBoard()
    let machine = try SimulatedMachine(memorySize: 1 << 20, isBare: true)
    machine.board = board
    // At FFFF:0000 JMP F000:E000. There MOV [CS:E000H], AL; MOV AL, [CS:E010H]; HLT.
    var rom = [UInt8](repeating: 0, count: 64 << 10)
    rom.replaceSubrange(0xfff0..<0xfff5, with: [0xea, 0x00, 0xe0, 0x00, 0xf0])
    rom.replaceSubrange(
      0xe000..<0xe009, with: [0x2e, 0xa2, 0x00, 0xe0, 0x2e, 0xa0, 0x10, 0xe0, 0xf4])
    rom[0xe010] = 0x5a
    try machine.setROM(rom)
    try machine.reset()
    let start = try machine.cpu.registers()
    // SDM 3A, "Processor State After Reset".
    #expect(start[.cs].base == 0xffff_0000 && start.rip == 0xfff0 && start.cr0 == 0x6000_0010)
    #expect(start[.rdx] == UInt64(CPUID.read(1, 0).eax))
    #expect(try machine.cpu.run(until: RunLimit(instructions: 100)) == .halted)
    let end = try machine.cpu.registers()
    #expect(end[.rax] & 0xff == 0x5a && end[.cs].base == 0xf0000 && end.rip == 0xe009)
    #expect(try machine.readPhysical(0xffff_fff0, count: 1) == [0xea])
    #expect(try machine.readPhysical(0xfe000, count: 1) == [0x2e])
  }

  @Test func resetStartsTheROMAgain() throws {
    let board = FakeBoard()
    let machine = try SimulatedMachine(memorySize: 1 << 20, isBare: true)
    machine.board = board
    // INC byte [500H]; MOV DX, CF9H; OUT DX, AL; at FFF0H JMP back.
    var rom = [UInt8](repeating: 0xf4, count: 4096)
    rom.replaceSubrange(0xff0..<0xff3, with: [0xe9, 0x0d, 0xf0])
    rom.replaceSubrange(0..<8, with: [0xfe, 0x06, 0x00, 0x05, 0xba, 0xf9, 0x0c, 0xee])
    try machine.setROM(rom)
    try machine.reset()
    #expect(try machine.cpu.run(until: RunLimit(instructions: 12)) == .limit)
    // RAM survives.
    #expect(try machine.readPhysical(0x500, count: 1) == [3])
  }

  @Test func ramHasAHoleBelowFourGiB() throws {
    let machine = try SimulatedMachine(memorySize: 5 << 30, isBare: true)
    #expect(throws: MachineError.self) { _ = try machine.readPhysical(0xc000_0000, count: 1) }
    #expect(throws: MachineError.self) { _ = try machine.readPhysical(0xbfff_ffff, count: 2) }
    try machine.writePhysical(0x1_0000_0000, [1, 2, 3])
    #expect(try machine.readPhysical(0x1_0000_0001, count: 2) == [2, 3])
    #expect(try machine.readPhysical(0x1_7fff_ffff, count: 1) == [0])
    #expect(throws: MachineError.self) { _ = try machine.readPhysical(0x1_8000_0000, count: 1) }
    machine.memory.store(0x1_0000_1000, UInt64(0x55))
    #expect(machine.memory.load(0x1_0000_1000, as: UInt64.self) == 0x55)
    #expect(machine.memory.load(0xc000_0000, as: UInt32.self) == ~0)
  }
}
