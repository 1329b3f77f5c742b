import Foundation
import Simulator
import X86

let path = CommandLine.arguments[1]
let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
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
let start = Date()
let exit = try machine.cpu.run(until: RunLimit())
let seconds = Date().timeIntervalSince(start)
let count = machine.cpu.instructionsRetired ?? 0
print(exit, count, seconds, Double(count) / seconds / 1e6, "MIPS")
let end = try machine.cpu.registers()
print(end[.rax], String(end.rip, radix: 16))
