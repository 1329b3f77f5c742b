import Testing
import X86

@testable import KVM

@Suite("Running and stepping", .enabled(if: HostKVM.isUsable, HostKVM.reason))
struct ExecutionTests {
  @Test func resetState() throws {
    let machine = try KVMMachine(memorySize: 0x1000)
    let state = try machine.cpu.registers()
    // SDM 3A, "Processor State After Reset".
    #expect(state.rip == 0xfff0)
    #expect(state[.cs].selector == 0xf000)
    #expect(state[.cs].base == 0xffff_0000)
    #expect(state.mode == .real)
  }

  @Test(arguments: Mode.allCases) func registersGoInAndComeOut(_ mode: Mode) throws {
    let machine = try machine(mode, [0xf4])
    var state = try machine.cpu.registers()
    for register in GeneralRegister.allCases {
      state[register] = 0x1111_0000 + UInt64(register.rawValue)
    }
    state.rflags = [.alwaysOne, .cf, .zf]
    state[debug: 0] = 0x1234
    state.cr2 = 0x5678
    try machine.cpu.setRegisters(state)
    #expect(try machine.cpu.registers() == state)
  }

  @Test(arguments: Mode.allCases) func haltStopsTheGuest(_ mode: Mode) throws {
    let machine = try machine(mode, [0x90, 0xf4])  // nop; hlt
    let exit = try vmExit(run(machine))
    #expect(exit.reason == 12)
    #expect(exit.backend == "KVM_EXIT_HLT")
    #expect(try machine.cpu.registers().rip == 0x1002)
  }

  @Test func tripleFaultIsShutdown() throws {
    // With an IDT of limit 0, ud2 leads to a double fault and a triple fault.
    let machine = try machine(.protected, [0x0f, 0x0b])
    let exit = try vmExit(run(machine))
    #expect(exit.reason == 2)
    #expect(exit.backend == "KVM_EXIT_SHUTDOWN")
  }

  @Test func stepsInRealMode() throws {
    let machine = try machine(
      .real,
      [
        0xb8, 0xff, 0xff,  // mov ax, 0xffff
        0x05, 0x01, 0x00,  // add ax, 1       -> 0, CF ZF AF PF
        0x9c,  // pushf
        0xeb, 0x01,  // jmp over the next byte
        0xf4, 0x40,  // hlt; inc ax
        0xf4,  // hlt
      ])
    let rips: [UInt64] = [0x1003, 0x1006, 0x1007, 0x100a, 0x100b]
    for rip in rips {
      #expect(try machine.cpu.step() == .stepped)
      #expect(try machine.cpu.registers().rip == rip)
    }
    let state = try machine.cpu.registers()
    #expect(state[.rax] == 1)
    #expect(state[.rsp] == 0x7ffe)
    // CF 0, PF 2, AF 4, ZF 6 and bit 1: no trace of the trap flag.
    #expect(try machine.readPhysical(0x7ffe, count: 2) == [0x57, 0x00])
    #expect(!state.rflags.contains(.tf))
    let halt = try vmExit(machine.cpu.step())
    #expect(halt.reason == 12)
    #expect(try machine.cpu.registers().rip == 0x100c)
    #expect(machine.cpu.instructionsRetired == 6)
  }

  @Test func stepsInProtectedMode() throws {
    let machine = try machine(
      .protected,
      [
        0xb8, 0x00, 0x00, 0x00, 0x80,  // mov eax, 0x80000000
        0x01, 0xc0,  // add eax, eax   -> 0, CF ZF OF PF
        0x50,  // push eax
        0xc7, 0x05, 0x00, 0x20, 0x00, 0x00, 0x2a, 0x00, 0x00, 0x00,  // mov dword [0x2000], 42
        0xf4,  // hlt
      ])
    for rip: UInt64 in [0x1005, 0x1007, 0x1008, 0x1012] {
      #expect(try machine.cpu.step() == .stepped)
      #expect(try machine.cpu.registers().rip == rip)
    }
    let state = try machine.cpu.registers()
    #expect(state[.rax] == 0)
    #expect(state[.rsp] == 0x7ffc)
    #expect(state.rflags.intersection(.arithmetic) == [.cf, .zf, .of, .pf])
    #expect(try machine.readPhysical(0x2000, count: 4) == [42, 0, 0, 0])
    #expect(try vmExit(machine.cpu.step()).reason == 12)
  }

  @Test func stepsInLongMode() throws {
    let machine = try machine(
      .long,
      [
        0x48, 0xb8, 8, 7, 6, 5, 4, 3, 2, 1,  // mov rax, 0x0102030405060708
        0x49, 0x89, 0xc7,  // mov r15, rax
        0x48, 0xc1, 0xe0, 0x04,  // shl rax, 4
        0x41, 0x57,  // push r15
        0xf4,  // hlt
      ])
    for rip: UInt64 in [0x100a, 0x100d, 0x1011, 0x1013] {
      #expect(try machine.cpu.step() == .stepped)
      #expect(try machine.cpu.registers().rip == rip)
    }
    let state = try machine.cpu.registers()
    #expect(state.mode == .long)
    #expect(state[.rax] == 0x1020_3040_5060_7080)
    #expect(state[.r15] == 0x0102_0304_0506_0708)
    #expect(try machine.readPhysical(0x7ff8, count: 8) == [8, 7, 6, 5, 4, 3, 2, 1])
    #expect(try vmExit(machine.cpu.step()).reason == 12)
  }

  @Test func aStepOverAnAccessIsItsExit() throws {
    let machine = try machine(
      .real,
      [
        0xe6, 0x10,  // out 0x10, al
        0xe4, 0x11,  // in al, 0x11
        0x40,  // inc ax
        0xf4,
      ])
    let bus = TestBus(answers: [0x41])
    for rip: UInt64 in [0x1002, 0x1004] {
      let exit = try vmExit(machine.cpu.step())
      #expect(exit.reason == 30)
      try machine.cpu.complete(exit, on: bus)
      #expect(try machine.cpu.registers().rip == rip)
    }
    #expect(try machine.cpu.step() == .stepped)
    #expect(try machine.cpu.registers()[.rax] == 0x42)
    #expect(try machine.cpu.registers().rip == 0x1005)
  }

  @Test func breakpointsAndLimits() throws {
    let machine = try machine(
      .real,
      [
        0x40,  // inc ax
        0xeb, 0xfd,  // jmp to the start
      ])
    // The instruction at which running starts does not stop it.
    #expect(try run(machine, breakpoints: [0x1000]) == .breakpoint(address: 0x1000))
    #expect(try machine.cpu.registers()[.rax] == 1)
    #expect(try run(machine, breakpoints: [0x1001]) == .breakpoint(address: 0x1001))
    #expect(try machine.cpu.registers()[.rax] == 2)
    #expect(try run(machine, instructions: 4) == .limit)
    // jmp, inc, jmp, inc
    #expect(try machine.cpu.registers()[.rax] == 4)
    #expect(machine.cpu.instructionsRetired == 7)
    #expect(try machine.readPhysical(0x1000, count: 3) == [0x40, 0xeb, 0xfd])
  }

  @Test func freeRunningIsNotCounted() throws {
    let machine = try machine(.real, [0xf4])
    #expect(machine.cpu.instructionsRetired == 0)
    _ = try run(machine)
    #expect(machine.cpu.instructionsRetired == nil)
  }

  @Test func registersSetBetweenStepsAreStepped() throws {
    let machine = try machine(.real, [0x40, 0x40, 0x40, 0x40, 0xf4])  // inc ax, four times
    #expect(try machine.cpu.step() == .stepped)
    var state = try machine.cpu.registers()
    state.rip = 0x1002
    try machine.cpu.setRegisters(state)
    #expect(try machine.cpu.step() == .stepped)
    #expect(try machine.cpu.registers().rip == 0x1003)
  }

  @Test(arguments: Mode.allCases) func endlessLoopIsInterrupted(_ mode: Mode) throws {
    let machine = try machine(mode, [0xeb, 0xfe])  // jmp to itself
    for _ in 0..<5 {
      #expect(try run(machine, kickAfter: 5000) == .interrupted)
      #expect(try machine.cpu.registers().rip == 0x1000)
    }
    #expect(
      try run(machine, breakpoints: [0x2000], kickAfter: 5000) == .interrupted)
  }

  @Test func aRaisedInterruptStopsBeforeTheFirstInstruction() throws {
    let machine = try machine(.real, [0x40, 0xf4])
    let interrupt = Interrupt()
    interrupt.raise()
    #expect(try machine.cpu.run(until: RunLimit(interrupt: interrupt)) == .interrupted)
    #expect(try machine.cpu.registers().rip == 0x1000)
    interrupt.clear()
    let exit = try vmExit(machine.cpu.run(until: RunLimit(interrupt: interrupt)))
    #expect(exit.reason == 12)
  }

  @Test func noKickIsLost() throws {
    // Raises from another thread at every moment around the start of KVM_RUN.
    let machine = try machine(.real, [0xeb, 0xfe])
    for round in 0..<100 {
      #expect(try run(machine, kickAfter: UInt32(round % 30)) == .interrupted)
    }
  }

  @Test func eventsAreDelivered() throws {
    // IVT entries for NMI 2, #GP 13 and vector 0x21 lead to three halts.
    let code: [UInt8] = [0x90, 0x90, 0xfb, 0x90, 0x90, 0xf4]  // nop; nop; sti; nop; nop; hlt
    let events: [(InjectedEvent, UInt64)] = [
      (InjectedEvent(type: 2, vector: 2), 0x2000),
      (InjectedEvent(type: 3, vector: 13), 0x2100),
      (InjectedEvent(type: 0, vector: 0x21), 0x2200),
      (InjectedEvent(type: 4, vector: 0x21, instructionLength: 2), 0x2200),
    ]
    for (event, handler) in events {
      let machine = try machine(.real, code)
      try machine.writePhysical(UInt64(event.vector) * 4, Array(bytes(handler).prefix(4)))
      try machine.writePhysical(handler, [0xf4])
      try machine.cpu.inject(event)
      #expect(try vmExit(run(machine)).reason == 12)
      #expect(try machine.cpu.registers().rip == handler + 1)
      let pushed = try machine.readPhysical(0x7ffa, count: 2)
      switch event.type {
      // After STI and the instruction in its shadow, or later where ring 0 is emulated.
      case 0: #expect([[0x04, 0x10], [0x06, 0x10]].contains(pushed))
      case 4: #expect(pushed == [0x02, 0x10])
      default: #expect(pushed == [0x00, 0x10])
      }
    }
  }

  @Test func anInterruptThatCanBeTakenIsTakenAtOnce() throws {
    let machine = try machine(.real, [0x90, 0xf4])  // nop; hlt
    try machine.writePhysical(0x21 * 4, [0x00, 0x20, 0, 0])
    try machine.writePhysical(0x2000, [0xf4])
    var state = try machine.cpu.registers()
    state.rflags.insert(.if)
    try machine.cpu.setRegisters(state)
    try machine.cpu.inject(InjectedEvent(type: 0, vector: 0x21))
    #expect(try vmExit(run(machine)).reason == 12)
    #expect(try machine.cpu.registers().rip == 0x2001)
    #expect(try machine.readPhysical(0x7ffa, count: 2) == [0x00, 0x10])
  }

  @Test func aWaitingInterruptReachesALoop() throws {
    let machine = try machine(.real, [0xfb, 0xeb, 0xfe])  // sti; jmp to itself
    try machine.writePhysical(0x21 * 4, [0x00, 0x20, 0, 0])
    try machine.writePhysical(0x2000, [0xf4])
    try machine.cpu.inject(InjectedEvent(type: 0, vector: 0x21))
    #expect(try vmExit(run(machine)).reason == 12)
    #expect(try machine.cpu.registers().rip == 0x2001)
  }

  @Test func msrs() throws {
    let machine = try machine(.real, [0xf4])
    #expect(try machine.cpu.writeMSR(0x175, 0x1234))  // IA32_SYSENTER_ESP
    #expect(try machine.cpu.readMSR(0x175) == 0x1234)
    #expect(try machine.cpu.readMSR(0xdead_0000) == nil)
    #expect(try machine.cpu.writeMSR(0xdead_0000, 1) == false)
  }
}
