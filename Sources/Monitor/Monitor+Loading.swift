import X86

extension Monitor {
  /// Resets machine and devices, places `image` into memory and gives the guest its first state.
  ///
  /// Where VMCALL does not reach the monitor, built-in guests are told to use the hypercall port.
  /// Throws `LoaderError` if the image does not fit, `MachineError` if the machine refuses.
  public func load(_ image: GuestImage) throws {
    let reach = configuration.isBare ? ramLayout.low : configuration.memorySize
    try image.check(memorySize: reach)
    try replaceMachine()
    if let simulated, configuration.isBare {
      try loadBare(image, on: simulated)
      self.image = image
      return
    }
    var placed = image
    if image.bootParameter != nil, !machine.capabilities.contains(.hypercall) {
      placed.bootParameter = HypercallRoad.port.rawValue
    }
    try placed.place(in: machine)
    let first = FirstState(
      mode: image.mode, entry: image.entry, memorySize: configuration.memorySize)
    for piece in first.memory { try machine.writePhysical(piece.address, piece.bytes) }
    try machine.cpu.setRegisters(first.registers)
    self.image = image
  }

  /// Loads the same guest again; without one, resets machine and devices.
  public func reset() throws {
    if let image { try load(image) } else { try replaceMachine() }
  }
}

/// The boot parameter of the built-in guests: how they make a hypercall.
enum HypercallRoad: UInt8 {
  case vmcall, port
}
