import Simulator
import X86

extension Monitor {
  /// Linear address of the next guest instruction.
  func linearRIP() throws -> UInt64 { try machine.cpu.registers().instructionAddress }

  /// The guest instruction at RIP, with its linear address, if its bytes can be read.
  public func nextInstruction() -> (
    address: UInt64, instruction: Instruction, bytes: InstructionBytes
  )? {
    guard let registers = try? machine.cpu.registers() else { return nil }
    let address = registers.instructionAddress
    var bytes = InstructionBytes()
    for offset in 0..<UInt64(15) {
      guard let byte = try? readLinear(address &+ offset, count: 1).first else { break }
      bytes.append(byte)
    }
    guard let instruction = try? Decoder.decode(bytes, registers.codeSize) else { return nil }
    return (address, instruction, bytes)
  }

  /// Reads guest-linear memory through the guest's paging, as the supervisor; throws
  /// `MonitorError.unmapped` with the first address that cannot be read.
  public func readLinear(_ address: UInt64, count: Int) throws -> [UInt8] {
    var result: [UInt8] = []
    try eachPage(address, count: count) { physical, size, _ in
      result += try machine.readPhysical(physical, count: size)
    }
    return result
  }

  /// Writes guest-linear memory, past the guest's write protection.
  public func writeLinear(_ address: UInt64, _ bytes: [UInt8]) throws {
    isFresh = false
    try eachPage(address, count: bytes.count) { physical, size, offset in
      try machine.writePhysical(physical, Array(bytes[offset..<offset + size]))
    }
  }

  /// Calls `body` with guest-physical address, bytes and offset of each piece within one page.
  private func eachPage(
    _ address: UInt64, count: Int, _ body: (UInt64, Int, Int) throws -> Void
  ) throws {
    guard count >= 0, UInt64(count) <= machine.memorySize else {
      throw MonitorError.unmapped(
        linear: address, why: "\(count) bytes are more than the guest's memory")
    }
    var offset = 0
    while offset < count {
      let linear = address &+ UInt64(offset)
      let size = min(count - offset, 0x1000 - Int(linear & 0xfff))
      let physical = try guestPhysical(linear)
      guard (try? body(physical, size, offset)) != nil else {
        throw MonitorError.unmapped(
          linear: linear, why: "it is guest-physical \(hex(physical)), which is no RAM")
      }
      offset += size
    }
  }

  private func guestPhysical(_ linear: UInt64) throws -> UInt64 {
    let found = try walk(linear, PageAccess(.read))
    guard let physical = found.guestPhysical else {
      throw MonitorError.unmapped(
        linear: linear, why: "the guest's page tables do not map it; `walk \(hex(linear))`")
    }
    return physical
  }

  /// What the TLB of the simulated processor holds; nil on KVM.
  public func cachedTranslations() -> [CachedTranslation]? {
    simulated?.processor.cachedTranslations()
  }

  /// Translates a guest-physical address through EPT; nil where there is none to be read.
  public func walkEPT(_ guestPhysical: UInt64, _ access: PageAccess) -> Walk? {
    simulated?.walkEPT(guestPhysical, access)
  }

  /// Translates with every memory reference. On KVM only the guest's own tables.
  public func walk(_ linear: UInt64, _ access: PageAccess) throws -> Walk {
    if let simulated { return simulated.walk(linear, access) }
    let registers = PagingRegisters(try machine.cpu.registers(), machine)
    return Processor.explainWalk(
      linear, access, registers, memory: GuestWalkMemory(machine: machine))
  }
}

/// Guest-physical memory as a walk reads it; nothing is marked.
private struct GuestWalkMemory: WalkMemory {
  let machine: any VirtualMachine

  func readEntry64(_ address: UInt64) -> UInt64 {
    (try? machine.readPhysical(address, count: 8)).map { littleEndian($0) } ?? ~0
  }

  func readEntry32(_ address: UInt64) -> UInt32 {
    (try? machine.readPhysical(address, count: 4)).map {
      UInt32(truncatingIfNeeded: littleEndian($0))
    } ?? ~0
  }

  func mark(_ address: UInt64, _ bits: UInt16) {}
}

extension PagingRegisters {
  /// SDM 3A, "Paging Modes and Control Bits". The PDPTE registers are read from memory.
  init(_ registers: Registers, _ machine: any VirtualMachine) {
    let (cr0, cr4) = (registers.cr0, registers.cr4)
    let mode = PagingMode(cr0: cr0, cr4: cr4, efer: registers.efer)
    let memory = GuestWalkMemory(machine: machine)
    let table = registers.cr3 & 0xffff_ffe0
    let entries = (0..<UInt64(4)).map { mode == .pae ? memory.readEntry64(table + $0 * 8) : 0 }
    self.init(
      mode: mode, cr0: cr0, cr3: registers.cr3, cr4: cr4, efer: registers.efer,
      rflags: registers.rflags.rawValue,
      pdptes: (entries[0], entries[1], entries[2], entries[3]), physicalWidth: 52)
  }
}

extension Registers {
  /// Linear address of the instruction at CS:RIP.
  var instructionAddress: UInt64 {
    if mode == .long { return rip }
    return (self[.cs].base &+ (self[.cs].is32Bit ? rip : rip & 0xffff)) & 0xffff_ffff
  }

  /// The default sizes that CS gives.
  var codeSize: CodeSize {
    if mode == .long { return .bits64 }
    return self[.cs].is32Bit && mode != .virtual8086 ? .bits32 : .bits16
  }
}
