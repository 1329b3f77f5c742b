import Devices
import Simulator
import X86

extension Monitor {
  /// Where RAM is, and so how far an image may reach.
  var ramLayout: RAMLayout { RAMLayout(size: simulated?.memorySize ?? configuration.memorySize) }

  /// Places `image` into a fresh bare machine, with what firmware and boot loaders leave beside it,
  /// and gives the first processor its state.
  func loadBare(_ image: GuestImage, on machine: SimulatedMachine) throws {
    let boot = image.bare ?? BareBoot()
    board?.describe(
      processors: machine.processors.count, memory: ramLayout, commandLine: boot.arguments)
    if boot.start == .rom {
      try place(image, on: machine)
      return try machine.setROM(boot.rom)
    }
    board?.initialise()
    let isBootSector = boot.start == .bootSector
    for segment in FirmwareArea.segments(processors: machine.processors.count, memory: ramLayout)
      + (isBootSector ? FirmwareArea.serviceSegments : [])
    {
      try machine.writePhysical(segment.address, segment.bytes)
    }
    try place(image, on: machine)
    var first = FirstState(mode: image.mode, entry: image.entry, memorySize: ramLayout.low)
    switch boot.start {
    case .multiboot: try start(image, boot, &first.registers, on: machine)
    case .bootSector: startBootSector(&first.registers)
    case .kernel, .rom: break
    }
    for piece in first.memory { try machine.writePhysical(piece.address, piece.bytes) }
    try machine.cpu.setRegisters(first.registers)
  }

  private func place(_ image: GuestImage, on machine: SimulatedMachine) throws {
    var placed = image
    if image.bootParameter != nil { placed.bootParameter = HypercallRoad.port.rawValue }
    try placed.place(in: machine)
  }

  /// Multiboot Specification, "Machine state": protected mode with flat segments, paging and
  /// interrupts off, the magic number in EAX and the information's address in EBX.
  private func start(
    _ image: GuestImage, _ boot: BareBoot, _ registers: inout Registers,
    on machine: SimulatedMachine
  ) throws {
    let information = try MultibootInformation(image, boot, ramLayout)
    for segment in information.segments {
      try machine.writePhysical(segment.address, segment.bytes)
    }
    registers[.rax] = MultibootInformation.magic
    registers[.rbx] = information.address
  }

  /// As a BIOS jumps to a boot sector: the drive's number in DL, interrupts on.
  private func startBootSector(_ registers: inout Registers) {
    registers[.rdx] = 0x80
    registers[.rsp] = FlatLoader.bootSectorAddress
    registers.rflags.insert(.if)
  }

  /// How far firmware has come, by its own account; empty if it has said nothing.
  var lastCode: String {
    guard let board, image?.bare?.start == .rom, let code = board.diagnostic.code else { return "" }
    return "; its last POST code was \(hex(code))"
  }

  /// What a board that ended the run wants; nil if the guest is to go on.
  func answerBoard() throws -> (reason: Stop.Reason, text: String)? {
    if case .stop(let reason, let text) = try afterDeviceAccess() { return (reason, text) }
    guard board?.power.state.isOff == true else { return nil }
    board?.power.state.isOff = false
    return (.halt, "the guest has switched the machine off")
  }
}
