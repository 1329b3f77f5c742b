import Foundation
import Monitor
import Simulator
import X86

func measure(_ name: String, _ unit: String, _ body: () throws -> UInt64) rethrows {
  let start = Date()
  let count = try body()
  let seconds = Date().timeIntervalSince(start)
  print(name, count, "\(unit) in", seconds, "s:", Double(count) / seconds / 1e6, "M/s")
}

func bare(_ bytes: [UInt8]) throws -> SimulatedMachine {
  let machine = try SimulatedMachine(memorySize: 16 << 20, isBare: true)
  try machine.writePhysical(0x8000, bytes)
  var registers = Registers()
  registers.cr0 = 0x11
  for register in SegmentRegister.allCases {
    registers[register] = Segment(selector: 0x10, base: 0, limit: ~0, access: 0xc093)
  }
  registers[.cs] = Segment(selector: 8, base: 0, limit: ~0, access: 0xc09b)
  registers.rip = 0x8000
  try machine.cpu.setRegisters(registers)
  return machine
}

if CommandLine.arguments.count > 1 {
  let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: CommandLine.arguments[1])))
  let machine = try bare(bytes)
  try measure("sieve", "instructions") {
    _ = try machine.cpu.run(until: RunLimit())
    return machine.cpu.instructionsRetired ?? 0
  }
}

// CPUID in a loop, each exit handled by the monitor.
let monitor = try Monitor(Monitor.Configuration())
try monitor.load(
  GuestImage(
    name: "cpuid loop", segments: [.init(address: 0x1000, bytes: [0x0f, 0xa2, 0xeb, 0xfc])],
    entry: 0x1000, mode: .real, note: ""))
try measure("exit round trips", "exits") {
  _ = try monitor.run(until: RunLimit(instructions: UInt64(ProcessInfo.processInfo.environment["N"] ?? "") ?? 2_000_000))
  return UInt64(monitor.statistics.total)
}
