import Simulator
import X86

extension ExitHandler {
  /// XSETBV exits after the faults of CR4.OSXSAVE and privilege; the rest of its rules is left to the
  /// monitor (SDM 2D, "XSETBV"). XCR0 of the processor can hold x87 alone, which it always does.
  static let xsetbv = ExitHandler(
    .xsetbv, "accepts XCR0 = 1, the x87 state alone, and raises #GP(0) otherwise"
  ) { monitor, exit in
    let low = try monitor.general(.rax) & 0xffff_ffff
    let value = (try monitor.general(.rdx) << 32) | low
    let index = try monitor.general(.rcx) & 0xffff_ffff
    if index == 0, Processor.isValidXCR0(value) {
      try monitor.machine.cpu.skip(exit)
    } else {
      try monitor.raise(13, errorCode: 0)
    }
    return .resume
  }

  /// RDRAND and RDSEED, by what the instruction-information field says of their operand.
  static func randomNumber(_ reason: ExitReason) -> ExitHandler {
    ExitHandler(reason, "answers with a number of the monitor's choice") { monitor, exit in
      guard let processor = monitor.simulated?.processor else { return .resume }
      processor.answerRandom(information: exit.instructionInformation)
      // A number is there: CF alone of the arithmetic flags is set.
      var registers = try monitor.machine.cpu.registers()
      let others = registers.rflags.rawValue & ~RFLAGS.arithmetic.rawValue
      registers.rflags = RFLAGS(rawValue: others | RFLAGS.cf.rawValue)
      try monitor.machine.cpu.setRegisters(registers)
      try monitor.machine.cpu.skip(exit)
      return .resume
    }
  }
}
