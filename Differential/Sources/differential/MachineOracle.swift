import X86

/// Executes cases on a virtual machine of the product: the simulator, or /dev/kvm.
final class MachineOracle: Oracle {
  let name: String
  let modes: [CaseMode]
  private let make: () throws -> any VirtualMachine
  private let handler: [UInt8]
  private var machine: any VirtualMachine
  /// Instructions after which a case is given up.
  private let limit: UInt64?
  /// One instruction at a time, so that no decoded block runs as a whole.
  private let isStepping: Bool
  var endsLoops: Bool { limit != nil }
  private var lastCode: UInt64 = Layout.code

  init(
    name: String, modes: [CaseMode], handler: [UInt8], limit: UInt64?,
    isStepping: Bool = false, machine: @escaping () throws -> any VirtualMachine
  ) throws {
    self.name = name
    self.handler = handler
    make = machine
    self.machine = try machine()
    self.modes = modes
    self.limit = limit
    self.isStepping = isStepping
    try GuestImage.write(to: self.machine, handler: handler)
  }

  func run(_ cases: [TestCase]) throws -> [Outcome] { try cases.map { try run($0) } }

  private func run(_ test: TestCase) throws -> Outcome {
    try place(test)
    try machine.cpu.setRegisters(GuestImage.registers(for: test))
    let exit = try execute()
    let registers = try machine.cpu.registers()
    var outcome = Outcome()
    let offset = registers.rip &- GuestImage.kernel &- GuestImage.handlers
    if exit == .limit {
      outcome.vector = Outcome.timeout
    } else if offset >= 0x1000 {
      outcome.vector = Outcome.crash
    } else {
      outcome.vector = offset / 16
      try readFrame(registers, &outcome)
    }
    for register in GeneralRegister.allCases where register != .rsp {
      outcome.registers[Int(register.rawValue)] = registers[register]
    }
    outcome.address = registers.cr2
    if outcome.vector >= Outcome.timeout {
      // Neither its memory nor its mode is known.
      machine = try make()
      try GuestImage.write(to: machine, handler: handler)
      return outcome
    }
    let window = try machine.readPhysical(Layout.window, count: Layout.windowSize)
    if window != DataWindow.initial {
      outcome.window = window
      try machine.writePhysical(Layout.window, DataWindow.initial)
    }
    return outcome
  }

  private func execute() throws -> Exit {
    guard isStepping else { return try machine.cpu.run(until: RunLimit(instructions: limit)) }
    for _ in 0..<(limit ?? 0) {
      let exit = try machine.cpu.run(until: RunLimit(instructions: 1))
      if exit != .limit { return exit }
    }
    return .limit
  }

  /// Writes the code, and INT3 over that of the last case.
  private func place(_ test: TestCase) throws {
    let end = Layout.code + UInt64(Layout.codeSize)
    let filler = [UInt8](repeating: 0xcc, count: TestCase.codeBytes)
    try machine.writePhysical(lastCode, Array(filler.prefix(Int(end - lastCode))))
    guard (Layout.code..<end).contains(test.start) else { return }
    lastCode = test.start
    try machine.writePhysical(lastCode, Array(test.code.prefix(Int(end - lastCode))))
  }

  /// What the exception pushed on the kernel's stack (SDM 3A, "64-Bit Mode Stack Frame").
  private func readFrame(_ registers: Registers, _ outcome: inout Outcome) throws {
    let words = try machine.readPhysical(GuestImage.stack - 48, count: 48)
    func word(_ index: Int) -> UInt64 {
      (0..<8).reduce(0) { $0 | UInt64(words[index * 8 + $1]) << UInt64($1 * 8) }
    }
    if registers[.rsp] == GuestImage.kernel + GuestImage.stack - 48 { outcome.errorCode = word(0) }
    outcome.rip = word(1)
    outcome.rflags = word(3)
    outcome.rsp = word(4)
    outcome.selectors = SegmentRegister.allCases.map { registers[$0].selector }
    outcome.selectors[1] = UInt16(truncatingIfNeeded: word(2))
    outcome.selectors[2] = UInt16(truncatingIfNeeded: word(5))
  }
}
