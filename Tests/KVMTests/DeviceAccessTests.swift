import Testing
import X86

@testable import KVM

@Suite("Device accesses", .enabled(if: HostKVM.isUsable, HostKVM.reason))
struct DeviceAccessTests {
  @Test func outReachesTheBus() throws {
    let machine = try machine(
      .real,
      [
        0xb0, 0x41,  // mov al, 0x41
        0xe6, 0xe9,  // out 0xe9, al
        0xf4,  // hlt
      ])
    let exit = try vmExit(run(machine))
    #expect(exit.reason == 30)
    #expect(exit.backend == "KVM_EXIT_IO")
    // Size 1 is 0, OUT, port e9 in the upper half.
    #expect(exit.qualification == 0x00e9_0000)
    #expect(
      exit.access
        == DeviceAccess(space: .port, address: 0xe9, size: 1, isWrite: true, value: 0x41))
    let bus = TestBus()
    try machine.cpu.complete(exit, on: bus)
    #expect(bus.text == "A")
    #expect(try machine.cpu.registers().rip == 0x1004)
    #expect(try vmExit(run(machine)).reason == 12)
  }

  @Test func inFillsTheRegister() throws {
    let machine = try machine(
      .real,
      [
        0xba, 0xf8, 0x03,  // mov dx, 0x3f8
        0xed,  // in ax, dx
        0xf4,  // hlt
      ])
    let exit = try vmExit(run(machine))
    // Size 2 is 1, IN is bit 3.
    #expect(exit.qualification == 0x03f8_0009)
    try machine.cpu.complete(exit, on: TestBus(answers: [0xbeef]))
    let state = try machine.cpu.registers()
    #expect(state[.rax] == 0xbeef)
    #expect(state.rip == 0x1004)
  }

  @Test func anAnswerIsOnlyTakenOnce() throws {
    let machine = try machine(.real, [0xe4, 0x10, 0xf4])  // in al, 0x10; hlt
    let exit = try vmExit(run(machine))
    try machine.cpu.complete(exit, on: TestBus(answers: [1]))
    #expect(throws: MachineError.self) { try machine.cpu.complete(exit, on: TestBus()) }
  }

  @Test func repeatedOutputWritesEveryItem() throws {
    let machine = try machine(
      .real,
      [
        0xb9, 0x05, 0x00,  // mov cx, 5
        0xbe, 0x00, 0x20,  // mov si, 0x2000
        0xba, 0xe9, 0x00,  // mov dx, 0xe9
        0xf3, 0x6e,  // rep outsb
        0xf4,  // hlt
      ])
    try machine.writePhysical(0x2000, Array("hello".utf8))
    let bus = TestBus()
    var exit = try vmExit(run(machine))
    for _ in 0..<5 where exit.reason == 30 {
      try machine.cpu.complete(exit, on: bus)
      exit = try vmExit(run(machine))
    }
    #expect(exit.reason == 12)
    #expect(bus.text == "hello")
    let state = try machine.cpu.registers()
    #expect(state[.rcx] == 0)
    #expect(state[.rsi] == 0x2005)
    #expect(state.rip == 0x100c)
  }

  @Test func repeatedInputReadsEveryItem() throws {
    let machine = try machine(
      .real,
      [
        0xb9, 0x03, 0x00,  // mov cx, 3
        0xbf, 0x00, 0x20,  // mov di, 0x2000
        0xba, 0xe9, 0x00,  // mov dx, 0xe9
        0xf3, 0x6c,  // rep insb
        0xf4,  // hlt
      ])
    let bus = TestBus(answers: [0x61, 0x62, 0x63])
    var exit = try vmExit(run(machine))
    for _ in 0..<3 where exit.reason == 30 {
      try machine.cpu.complete(exit, on: bus)
      exit = try vmExit(run(machine))
    }
    #expect(exit.reason == 12)
    #expect(bus.reads.count == 3)
    #expect(try machine.readPhysical(0x2000, count: 4) == [0x61, 0x62, 0x63, 0])
  }

  @Test func memoryWithoutRAMIsAnEPTViolation() throws {
    let machine = try machine(
      .protected,
      [
        0xb8, 0x78, 0x56, 0x34, 0x12,  // mov eax, 0x12345678
        0xa3, 0x00, 0x00, 0x00, 0xd0,  // mov [0xd0000000], eax
        0x8b, 0x1d, 0x04, 0x00, 0x00, 0xd0,  // mov ebx, [0xd0000004]
        0xf4,  // hlt
      ])
    let bus = TestBus(answers: [0xcafe_f00d])
    let write = try vmExit(run(machine))
    #expect(write.reason == 48)
    #expect(write.qualification == 2)
    #expect(write.guestPhysical == 0xd000_0000)
    #expect(write.access?.value == 0x1234_5678)
    try machine.cpu.complete(write, on: bus)
    #expect(try machine.cpu.registers().rip == 0x100a)
    let read = try vmExit(run(machine))
    #expect(read.qualification == 1)
    #expect(read.guestPhysical == 0xd000_0004)
    try machine.cpu.complete(read, on: bus)
    let state = try machine.cpu.registers()
    #expect(state[.rbx] == 0xcafe_f00d)
    #expect(state.rip == 0x1010)
    #expect(
      bus.writes == [.init(space: .memory, address: 0xd000_0000, size: 4, value: 0x1234_5678)])
    #expect(try vmExit(run(machine)).reason == 12)
  }

  @Test func readAndWriteOfOneInstructionAreOneExit() throws {
    let machine = try machine(
      .protected,
      [
        0x83, 0x05, 0x00, 0x00, 0x00, 0xd0, 0x05,  // add dword [0xd0000000], 5
        0xf4,  // hlt
      ])
    let bus = TestBus(answers: [37])
    try machine.cpu.complete(try vmExit(run(machine)), on: bus)
    #expect(bus.writes.map(\.value) == [42])
    #expect(try machine.cpu.registers().rip == 0x1007)
    #expect(try vmExit(run(machine)).reason == 12)
  }

  @Test func skippingHasNoOtherEffect() throws {
    let machine = try machine(
      .real,
      [
        0xb8, 0x34, 0x12,  // mov ax, 0x1234
        0xe5, 0x10,  // in ax, 0x10
        0xe7, 0x10,  // out 0x10, ax
        0xf4,  // hlt
      ])
    try machine.cpu.skip(try vmExit(run(machine)))
    let state = try machine.cpu.registers()
    #expect(state[.rax] == 0x1234)
    #expect(state.rip == 0x1005)
    try machine.cpu.skip(try vmExit(run(machine)))
    #expect(try machine.cpu.registers().rip == 0x1007)
    let halt = try vmExit(run(machine))
    #expect(halt.reason == 12)
    try machine.cpu.skip(halt)
    #expect(try machine.cpu.registers().rip == 0x1008)
  }
}
