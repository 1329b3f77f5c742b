import Testing
import X86

@testable import KVM

@Suite("Random guests", .enabled(if: HostKVM.isUsable, HostKVM.reason))
struct RandomGuestTests {
  /// A linear congruential generator: the same bytes each time.
  struct Generator: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state ^ state >> 29
    }
  }

  @Test(arguments: Mode.allCases) func noBytesStopTheHost(_ mode: Mode) throws {
    var generator = Generator(state: 7)
    let machine = try machine(mode, [0xf4])
    let clean = try machine.save()
    let bus = TestBus()
    for round in 0..<300 {
      try machine.restore(clean)
      let code = (0..<64).map { _ in UInt8.random(in: 0...255, using: &generator) }
      try machine.writePhysical(0x1000, code)
      var exits = 0
      loop: while exits < 20 {
        exits += 1
        let limit: UInt64? = round % 2 == 0 ? nil : 20
        let exit: Exit
        do {
          exit = try run(machine, instructions: limit, kickAfter: 3000)
        } catch is MachineError {
          break
        }
        switch exit {
        case .vmExit(let exit) where exit.access != nil:
          if round % 3 == 0 {
            try machine.cpu.skip(exit)
          } else {
            try machine.cpu.complete(exit, on: bus)
          }
        case .vmExit(let exit) where exit.reason == 12: continue
        default: break loop
        }
      }
      _ = try machine.cpu.registers()
      #expect(exits <= 20)
    }
    // The machine still works after all that.
    try machine.restore(clean)
    #expect(try vmExit(run(machine)).reason == 12)
  }
}
