import Monitor
import X86

/// One instruction that was executed, and what it changed.
struct ExecutedInstruction: Sendable, Equatable {
  struct Change: Sendable, Equatable {
    /// A register, a flag, or `[0x7bfe]`.
    var what: String
    var before: String
    var after: String
  }
  var address: UInt64
  var bytes: [UInt8]
  /// Empty if its bytes could not be read.
  var text: String
  var changes: [Change]
  /// The exit that it caused, if the monitor has handled it.
  var handledExit: VMExit?
}

/// Takes the guest's state before an instruction, and compares it with the state after.
struct StepObserver {
  private struct Place {
    var address: UInt64
    var bytes: [UInt8]
  }

  private let monitor: any MonitorNeeds
  private let before: Registers
  private let next: (address: UInt64, instruction: Instruction, bytes: InstructionBytes)?
  private var places: [Place] = []

  init(_ monitor: any MonitorNeeds) throws {
    self.monitor = monitor
    before = try monitor.machine.cpu.registers()
    next = monitor.nextInstruction()
    for (address, size) in Self.memoryOperands(next?.instruction, before) {
      if let bytes = try? monitor.readLinear(address, count: size) {
        places.append(Place(address: address, bytes: bytes))
      }
    }
  }

  /// What the instruction did.
  func finish() throws -> ExecutedInstruction {
    let after = try monitor.machine.cpu.registers()
    var changes = registerChanges(after) + flagChanges(after)
    for place in places {
      let now = try? monitor.readLinear(place.address, count: place.bytes.count)
      if let now, now != place.bytes {
        changes.append(memoryChange(place.address, place.bytes, now))
      }
    }
    if let pushed = pushedChange(after) { changes.append(pushed) }
    return ExecutedInstruction(
      address: next?.address ?? before.linearPC,
      bytes: next.map { $0.bytes.prefix($0.instruction.length) } ?? [],
      text: next.map { Disassembler.text($0.instruction, at: $0.address, bytes: $0.bytes) } ?? "",
      changes: changes)
  }

  private func registerChanges(_ after: Registers) -> [ExecutedInstruction.Change] {
    var names = GeneralRegister.allCases.map(\.name) + ["cr0", "cr2", "cr3", "cr4", "cr8", "efer"]
    names += SegmentRegister.allCases.map(\.name)
    names += ["tr", "ldtr", "gdtr.base", "idtr.base", "dr0", "dr1", "dr2", "dr3", "dr6", "dr7"]
    return names.compactMap { name in
      guard let place = RegisterNames.place(name) else { return nil }
      let (old, new) = (place.get(before), place.get(after))
      return old == new
        ? nil : ExecutedInstruction.Change(what: name, before: Show.hex(old), after: Show.hex(new))
    }
  }

  private func flagChanges(_ after: Registers) -> [ExecutedInstruction.Change] {
    RFLAGS.names.compactMap { row in
      let old = before.rflags.rawValue >> UInt64(row.bit) & 1
      let new = after.rflags.rawValue >> UInt64(row.bit) & 1
      return old == new
        ? nil : ExecutedInstruction.Change(what: row.name, before: "\(old)", after: "\(new)")
    }
  }

  private func memoryChange(
    _ address: UInt64, _ old: [UInt8], _ new: [UInt8]
  ) -> ExecutedInstruction.Change {
    ExecutedInstruction.Change(
      what: "[\(Show.hex(address))]", before: Self.value(old), after: Self.value(new))
  }

  /// What stands at the new top of the stack, if the stack has grown by one item or frame.
  private func pushedChange(_ after: Registers) -> ExecutedInstruction.Change? {
    let size = before[.rsp] &- after[.rsp]
    guard (1...64).contains(size), after.mode == before.mode else { return nil }
    let base = after.mode == .long ? 0 : after[.ss].base
    let address = base &+ after[.rsp]
    guard let bytes = try? monitor.readLinear(address, count: Int(size)) else { return nil }
    return ExecutedInstruction.Change(
      what: "stack [\(Show.hex(address))]", before: "nothing",
      after: Self.items(bytes, of: Self.stackItem(after)))
  }

  /// Bytes that one push takes, usually.
  private static func stackItem(_ registers: Registers) -> Int {
    switch registers.codeSize {
    case .bits16: 2
    case .bits32: 4
    case .bits64: 8
    }
  }

  /// Numbers of `size` bytes, lowest address first; one number if they do not fit.
  private static func items(_ bytes: [UInt8], of size: Int) -> String {
    guard bytes.count % size == 0 else { return value(bytes) }
    return stride(from: 0, to: bytes.count, by: size).map { value(Array(bytes[$0..<($0 + size)])) }
      .joined(separator: " ")
  }

  private static func value(_ bytes: [UInt8]) -> String {
    guard bytes.count <= 8 else { return Show.bytes(bytes) }
    return Show.hex(bytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
  }

  /// Bytes of a repeated string instruction's destination that are compared at most.
  private static let longestString = 64

  /// Where a string instruction writes, all its repetitions together.
  private static func stringDestination(
    _ instruction: Instruction, _ registers: Registers, _ size: Int
  ) -> (UInt64, Int) {
    let mask = EffectiveAddress.mask(instruction.addressSize)
    var count = 1
    if !instruction.prefixes.isDisjoint(with: [.rep, .repne]) {
      let most = UInt64(longestString / size)
      count = Int(max(1, min(registers[.rcx] & mask, most)))
    }
    let below = registers.rflags.contains(.df) ? UInt64((count - 1) * size) : 0
    let offset = (registers[.rdi] &- below) & mask
    return (EffectiveAddress.linear(offset, in: .es, registers), count * size)
  }

  /// Linear addresses and sizes of what the instruction may write, stack apart.
  private static func memoryOperands(
    _ instruction: Instruction?, _ registers: Registers
  ) -> [(UInt64, Int)] {
    guard let instruction else { return [] }
    let operands = [instruction.operand0, instruction.operand1].prefix(
      Int(instruction.operandCount))
    return operands.compactMap { operand in
      let size = min(16, max(1, Int(operand.size)))
      switch operand.kind {
      case .memory: return (EffectiveAddress.linear(of: instruction, registers), size)
      case .stringDestination:
        return stringDestination(instruction, registers, size)
      default: return nil
      }
    }
  }
}

/// Where a memory operand lies.
enum EffectiveAddress {
  static func linear(of instruction: Instruction, _ registers: Registers) -> UInt64 {
    var offset = UInt64(bitPattern: instruction.displacement)
    if instruction.base == Instruction.rip {
      offset = offset &+ registers.rip &+ UInt64(instruction.length)
    } else if let base = GeneralRegister(rawValue: instruction.base) {
      offset = offset &+ registers[base]
    }
    if let index = GeneralRegister(rawValue: instruction.index) {
      offset = offset &+ registers[index] &<< UInt64(instruction.scale)
    }
    return linear(offset & mask(instruction.addressSize), in: instruction.segment, registers)
  }

  /// In 64-bit mode only FS and GS have a base.
  static func linear(
    _ offset: UInt64, in segment: SegmentRegister, _ registers: Registers
  ) -> UInt64 {
    guard registers.mode == .long else {
      return (registers[segment].base &+ offset) & 0xffff_ffff
    }
    return segment == .fs || segment == .gs ? registers[segment].base &+ offset : offset
  }

  static func mask(_ size: UInt8) -> UInt64 {
    switch size {
    case 2: 0xffff
    case 4: 0xffff_ffff
    default: ~0
    }
  }
}

extension InstructionBytes {
  /// The first bytes: an instruction's encoding out of what was fetched.
  func prefix(_ length: UInt8) -> [UInt8] { (0..<min(count, Int(length))).map { self[$0] } }
}
