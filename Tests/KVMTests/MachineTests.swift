import Testing
import X86

@testable import KVM

@Suite("Machines", .enabled(if: HostKVM.isUsable, HostKVM.reason))
struct MachineTests {
  @Test func memoryIsBounded() throws {
    let machine = try KVMMachine(memorySize: 0x1800)
    #expect(machine.memorySize == 0x2000)
    try machine.writePhysical(0x1ffe, [1, 2])
    #expect(try machine.readPhysical(0x1ffe, count: 2) == [1, 2])
    #expect(throws: MachineError.outsideMemory(address: 0x1fff, count: 2, memorySize: 0x2000)) {
      try machine.readPhysical(0x1fff, count: 2)
    }
    #expect(throws: MachineError.self) { try machine.writePhysical(.max, [1]) }
    #expect(throws: MachineError.self) { try KVMMachine(memorySize: 0) }
    #expect(throws: MachineError.self) { try KVMMachine(memorySize: .max) }
  }

  @Test func savedStateComesBack() throws {
    let machine = try machine(
      .real,
      [
        0xff, 0x06, 0x00, 0x20,  // inc word [0x2000]
        0xe6, 0x10,  // out 0x10, al
        0x40,  // inc ax
        0xf4,  // hlt
      ])
    _ = try machine.cpu.writeMSR(0x176, 0x77)
    let saved = try machine.save()
    let before = try machine.cpu.registers()
    let out = try vmExit(run(machine))
    #expect(out.reason == 30)
    #expect(try machine.readPhysical(0x2000, count: 1) == [1])
    _ = try machine.cpu.writeMSR(0x176, 0x88)
    try machine.writePhysical(0x30_0000, [9])
    // The access that KVM still waits for must not touch the restored state.
    try machine.restore(saved)
    #expect(try machine.cpu.registers() == before)
    #expect(try machine.readPhysical(0x2000, count: 1) == [0])
    #expect(try machine.readPhysical(0x30_0000, count: 1) == [0])
    #expect(try machine.cpu.readMSR(0x176) == 0x77)
    #expect(try vmExit(run(machine)).access == out.access)
    #expect(try machine.readPhysical(0x2000, count: 1) == [1])
  }

  @Test func aRestoreEndsARepeatedAccess() throws {
    let machine = try machine(
      .real,
      [
        0xb9, 0xff, 0xff,  // mov cx, 0xffff
        0xf3, 0x6e,  // rep outsb
        0xf4,  // hlt
      ])
    let saved = try machine.save()
    let exit = try vmExit(run(machine))
    try machine.cpu.complete(exit, on: TestBus())
    try machine.restore(saved)
    #expect(try machine.cpu.registers().rip == 0x1000)
    #expect(try run(machine, instructions: 1) == .limit)
    #expect(try machine.cpu.registers()[.rcx] == 0xffff)
  }

  @Test func aSnapshotOfAnotherMachineIsRefused() throws {
    let small = try KVMMachine(memorySize: 0x1000)
    let large = try KVMMachine(memorySize: 0x2000)
    let saved = try small.save()
    #expect(throws: MachineError.self) { try large.restore(saved) }
  }

  @Test func ioctlsAreRecorded() throws {
    let machine = try machine(.real, [0xf4], record: true)
    let creation = machine.ioctlLog.drain()
    let names = creation.map(\.name)
    let order = [
      "KVM_GET_API_VERSION", "KVM_CREATE_VM", "KVM_SET_USER_MEMORY_REGION", "KVM_CREATE_VCPU",
      "KVM_SET_CPUID2",
    ]
    #expect(names.filter(order.contains) == order)
    let slot = try #require(creation.first { $0.name == "KVM_SET_USER_MEMORY_REGION" })
    #expect(slot.role == .vm)
    #expect(slot.argument == "slot 0, guest_phys 0x0, size 0x400000")
    #expect(slot.resultText == "= 0")
    #expect(creation[0].resultText == "= 12")
    _ = try run(machine)
    let last = try #require(machine.ioctlLog.drain().last)
    #expect(last.name == "KVM_RUN")
    #expect(last.role == .vcpu)
    #expect(last.resultText == "= 0, KVM_EXIT_HLT")
    try machine.writePhysical(0x1001, [0xeb, 0xfe])
    #expect(try run(machine, kickAfter: 2000) == .interrupted)
    #expect(
      machine.ioctlLog.drain().last?.resultText == "-EINTR (interrupted by a signal)")
    machine.ioctlLog.isRecording = false
    _ = try machine.cpu.registers()
    #expect(machine.ioctlLog.drain().isEmpty)
  }

  @Test func whatKVMShowsOfTheVMCS() throws {
    let machine = try machine(.long, [0xf4])
    let fields = try machine.kvmCPU.guestStateView().fields
    func field(_ symbol: String) -> KVMGuestField? { fields.first { $0.symbol == symbol } }
    #expect(field("GUEST_RIP")?.value == 0x1000)
    #expect(field("GUEST_RIP")?.encoding == 0x681e)
    #expect(field("GUEST_RIP")?.source == "KVM_GET_REGS rip")
    #expect(field("GUEST_CS_AR_BYTES")?.value == 0xa09b)
    #expect(field("GUEST_CS_AR_BYTES")?.status == .derived)
    #expect(field("GUEST_TR_BASE")?.encoding == 0x6814)
    #expect(field("EPT_POINTER")?.status == .hidden)
    #expect(Set(fields.map(\.encoding)).count == fields.count)
    for field in fields where field.status == .hidden { #expect(field.value == nil) }
  }

  @Test func capabilities() throws {
    #expect(try KVMMachine(memorySize: 0x1000).capabilities == [.ioctls])
  }

  @Test func hypercallAnswerHasAReason() {
    let answer = KVMHost.hypercallUsable()
    #expect(!answer.why.isEmpty)
    // The interrupt kicks a VMCALL that never comes back, and the answer is remembered.
    #expect(KVMHost.hypercallUsable() == answer)
  }
}
