import X86

@testable import Monitor
@testable import Shell

/// A real-mode machine that knows five instructions: NOP, MOV AX imm16, CPUID, OUT imm8 AL, HLT.
/// It stands in for both backends, so that these tests are about the shell.
final class FakeMachine: VirtualMachine, VirtualCPU {
  var backendName: String
  var capabilities: Set<Capability>
  var memorySize: UInt64 = 0x10000
  var cpu: any VirtualCPU { self }
  var bytes = [UInt8](repeating: 0, count: 0x10000)
  var state = Registers()
  var retired: UInt64 = 0

  init(_ backend: Monitor.Backend) {
    backendName = backend.rawValue
    capabilities = backend == .sim ? [.vmx, .ept, .instructionCount, .deterministic] : [.ioctls]
  }

  var instructionsRetired: UInt64? { capabilities.contains(.instructionCount) ? retired : nil }

  func readPhysical(_ address: UInt64, count: Int) throws -> [UInt8] {
    guard address < memorySize, UInt64(count) <= memorySize - address else {
      throw MachineError.outsideMemory(address: address, count: count, memorySize: memorySize)
    }
    return Array(bytes[Int(address)..<(Int(address) + count)])
  }

  func writePhysical(_ address: UInt64, _ new: [UInt8]) throws {
    _ = try readPhysical(address, count: new.count)
    bytes.replaceSubrange(Int(address)..<(Int(address) + new.count), with: new)
  }

  func registers() throws -> Registers { state }
  func setRegisters(_ registers: Registers) throws { state = registers }
  func readMSR(_ index: UInt32) throws -> UInt64? { index == MSR.efer ? 0 : nil }
  func writeMSR(_ index: UInt32, _ value: UInt64) throws -> Bool { false }

  /// Executes one instruction; nil if it exits.
  func execute() -> VMExit? {
    let rip = Int(state.rip & 0xffff)
    let opcode = bytes[rip]
    switch opcode {
    case 0x90: state.rip += 1
    case 0xb8:
      state[.rax] = UInt64(bytes[rip + 1]) | UInt64(bytes[rip + 2]) << 8
      state.rip += 3
    case 0x0f: return exit(.cpuid, length: 2, qualification: 0)
    case 0xe6:
      return exit(.ioInstruction, length: 2, qualification: UInt64(bytes[rip + 1]) << 16 | 0x40)
    default: return exit(.hlt, length: 1, qualification: 0)
    }
    retired += 1
    return nil
  }

  private func exit(_ reason: ExitReason, length: UInt32, qualification: UInt64) -> VMExit {
    var exit = VMExit(reason: reason.rawValue)
    exit.instructionLength = length
    exit.qualification = qualification
    if backendName == "kvm" { exit.backend = "KVM_EXIT_IO" }
    return exit
  }

  func run(until limit: RunLimit) throws -> Exit { .limit }
  func step() throws -> Exit { .stepped }
  func complete(_ exit: VMExit, on bus: any DeviceBus) throws {}
  func skip(_ exit: VMExit) throws {}
  func inject(_ event: InjectedEvent) throws {}
  func save() throws -> any MachineSnapshot { throw unsupported("saving") }
  func restore(_ snapshot: any MachineSnapshot) throws { throw unsupported("restoring") }

  func unsupported(_ what: String) -> MachineError {
    .backend(what: what, why: "the fake cannot", remedy: "")
  }
}

/// What the shell needs of a monitor, over a `FakeMachine`.
final class FakeMonitor: MonitorNeeds {
  let configuration: Monitor.Configuration
  let fake: FakeMachine
  var machine: any VirtualMachine { fake }
  var image: GuestImage?
  var policies: [UInt16: ExitPolicy] = [:]
  var statistics = ExitStatistics()
  var pendingExit: VMExit?
  var lastExit: VMExit?
  var consoleOutput: [UInt8] = []
  var vmxStatus = VMXStatus()
  var fields: [VMCSField: VMCSContents.Value] = [:]
  var keepsIoctls = false
  var debugExitStatus: UInt8? { nil }
  var interrupt = Interrupt()
  var checkpointMemory: UInt64 = 0
  var timeStatus: TimeStatus {
    TimeStatus(count: fake.instructionsRetired, start: 0, budget: checkpointMemory)
  }
  /// What the journeys were.
  var journeys: [String] = []
  /// The limits that `run` was given.
  var limits: [RunLimit] = []

  init(_ configuration: Monitor.Configuration) throws {
    self.configuration = configuration
    fake = FakeMachine(configuration.backend)
  }

  /// nop; mov ax, 0x1234; cpuid; out 0x10, al; hlt
  static let demo: [UInt8] = [0x90, 0xb8, 0x34, 0x12, 0x0f, 0xa2, 0xe6, 0x10, 0xf4]

  static var builtInGuests: [GuestImage] {
    ["hello", "cpuid"].map { name in
      GuestImage(
        name: name, segments: [.init(address: 0x7c00, bytes: demo)], entry: 0x7c00, mode: .real,
        note: "does little")
    }
  }

  static func image(
    fromFile path: String, at address: UInt64?, entry: UInt64?, mode: GuestImage.Mode?
  ) throws -> GuestImage {
    throw MachineError.backend(what: path, why: "there is no such file", remedy: "name another")
  }

  static func bareImage(fromFile path: String?, options: BareOptions) throws -> GuestImage {
    try image(fromFile: path ?? options.rom ?? "", at: nil, entry: nil, mode: nil)
  }

  static func diagnoseHost() -> HostDiagnosis {
    HostDiagnosis(findings: [
      .init(name: "/dev/kvm", isGood: false, detail: "permission denied", remedy: "usermod -aG kvm")
    ])
  }

  static let workloads = ["console"]

  static func compare(
    workload: String, techniques: [String], configuration: Monitor.Configuration
  ) throws -> Comparison {
    Comparison(
      workload: workload, operation: "byte printed",
      rows: [
        .init(
          technique: "trap", operations: 10, exits: 20,
          cycles: configuration.clock == nil ? 24000 : nil,
          nanoseconds: configuration.clock == nil ? nil : 5000),
        .init(technique: "hypercall", operations: 10, exits: 1, cycles: 1200),
      ])
  }

  func load(_ image: GuestImage) throws {
    fake.state = Registers()
    fake.state[.cs] = .realMode(selector: 0)
    fake.state.rip = image.entry
    try image.place(in: fake)
    self.image = image
    statistics = ExitStatistics()
    pendingExit = nil
    lastExit = nil
  }

  func reset() throws { if let image { try load(image) } }

  func step() throws -> Stop {
    if let exit = pendingExit { handle(exit) }
    let before = fake.retired
    guard let exit = fake.execute() else {
      return Stop(reason: .step, rip: fake.state.rip, instructions: fake.retired - before)
    }
    lastExit = exit
    statistics.add(exit.reason, name: ExitReason(rawValue: exit.reason).identifier, cost: 1200)
    if exit.reason == ExitReason.hlt.rawValue {
      return Stop(reason: .halt, rip: fake.state.rip, instructions: 0, exit: exit)
    }
    if policies[exit.reason] == .stop {
      pendingExit = exit
      return Stop(reason: .exit, rip: fake.state.rip, instructions: 0, exit: exit)
    }
    handle(exit)
    return Stop(
      reason: .step, rip: fake.state.rip, instructions: 1, exit: exit, handledExits: 1)
  }

  private func handle(_ exit: VMExit) {
    pendingExit = nil
    fake.state.rip &+= UInt64(exit.instructionLength)
    if exit.reason == ExitReason.ioInstruction.rawValue { consoleOutput += Array("Hi\r\n".utf8) }
  }

  func run(until limit: RunLimit) throws -> Stop {
    limits.append(limit)
    var total: UInt64 = 0
    var handled = 0
    while true {
      var stop = try step()
      total += stop.instructions ?? 0
      handled += stop.handledExits
      stop.instructions = total
      stop.handledExits = handled
      if stop.reason != .step { return stop }
      if limit.breakpoints.contains(fake.state.rip) { stop.reason = .breakpoint }
      if total >= limit.instructions ?? .max { stop.reason = .limit }
      if limit.interrupt.isRaised { stop.reason = .interrupt }
      if stop.reason != .step { return stop }
    }
  }

  func setup() throws -> [String] {
    fields[.guestRIP] = .init(fake.state.rip)
    return ["guest state: RIP from the loaded guest"]
  }

  func nextInstruction() -> (address: UInt64, instruction: Instruction, bytes: InstructionBytes)? {
    guard let code = try? readLinear(fake.state.rip, count: 15) else { return nil }
    let bytes = InstructionBytes(code)
    guard let instruction = try? Decoder.decode(bytes, .bits16) else { return nil }
    return (fake.state.rip, instruction, bytes)
  }

  func readLinear(_ address: UInt64, count: Int) throws -> [UInt8] {
    try fake.readPhysical(address, count: count)
  }

  func writeLinear(_ address: UInt64, _ bytes: [UInt8]) throws {
    try fake.writePhysical(address, bytes)
  }

  func walk(_ linear: UInt64, _ access: PageAccess) throws -> Walk {
    var walk = Walk(linear: linear)
    walk.references = [
      WalkReference(
        table: "EPT-PML4", level: 4, isEPT: true, address: 0x3000, guestPhysical: 0x1000,
        entry: 0x4007, isLeaf: false)
    ]
    if access.isUser {
      walk.fault = .pageFault(errorCode: 5)
    } else {
      walk.guestPhysical = linear
      walk.physical = linear + 0x100_0000
    }
    return walk
  }

  func walkEPT(_ guestPhysical: UInt64, _ access: PageAccess) -> Walk? {
    guard fake.capabilities.contains(.ept), vmxStatus.current != nil else { return nil }
    var walk = Walk(linear: guestPhysical)
    walk.guestPhysical = guestPhysical
    walk.physical = guestPhysical + 0x100_0000
    walk.references = [
      WalkReference(
        table: "EPT-PDPT", level: 3, isEPT: true, address: 0x4000, guestPhysical: guestPhysical,
        entry: 0xb7, isLeaf: true)
    ]
    return walk
  }

  func cachedTranslations() -> [CachedTranslation]? {
    guard fake.capabilities.contains(.ept) else { return nil }
    var kernel = CachedTranslation(
      linear: 0x20_1000, guestPhysical: 0x1000, physical: 0x100_1000, pageSize: 2 << 20)
    (kernel.isWritable, kernel.isDirty, kernel.isGlobal) = (true, true, true)
    (kernel.vpid, kernel.pcid, kernel.eptRoot, kernel.eptRights) = (1, 5, 0x3000, "rwx")
    var user = CachedTranslation(
      linear: 0x40_0000, guestPhysical: 0x5000, physical: 0x5000, pageSize: 4096)
    (user.isUser, user.isExecutable, user.protectionKey) = (true, true, 3)
    return [kernel, user]
  }

  func save() throws -> MonitorSnapshot { throw fake.unsupported("saving") }
  func restore(_ snapshot: MonitorSnapshot) throws { throw fake.unsupported("restoring") }

  func execute(_ instruction: PromptInstruction, interrupt: Interrupt) throws -> VMXAnswer {
    switch instruction {
    case .vmxon:
      guard !vmxStatus.isOn else { return VMXAnswer(.failInvalid) }
      vmxStatus.isOn = true
      return VMXAnswer(.success, value: 0x1000)
    case .vmptrld(let address):
      guard vmxStatus.isOn else { return VMXAnswer(.fault, vector: 6) }
      vmxStatus.current = address ?? 0x2000
      return VMXAnswer(.success, value: vmxStatus.current)
    case .vmptrst: return VMXAnswer(.success, value: vmxStatus.current ?? ~0)
    case .vmread(let field):
      guard vmxStatus.current != nil else { return VMXAnswer(.failInvalid) }
      guard field.isDefined else { return VMXAnswer(.failValid, error: 12) }
      return VMXAnswer(.success, value: fields[field]?.value ?? 0)
    case .vmwrite(let field, let value):
      guard vmxStatus.current != nil else { return VMXAnswer(.failInvalid) }
      fields[field] = .init(value)
      return VMXAnswer(.success)
    case .vmlaunch:
      guard vmxStatus.current != nil else { return VMXAnswer(.failInvalid) }
      var exit = VMExit(reason: ExitReason.cpuid.rawValue)
      exit.instructionLength = 2
      return VMXAnswer(.exit, exit: exit)
    default: return VMXAnswer(.success)
    }
  }

  func reverseStep(_ count: UInt64, interrupt: Interrupt) throws -> Stop {
    journeys.append("back \(count)")
    return Stop(reason: .step, rip: fake.state.rip, instructions: count)
  }

  func reverseContinue(to targets: ReverseTargets) throws -> Stop {
    let watched = targets.watched.map(\.number)
    journeys.append("search \(targets.breakpoints.sorted()) \(watched)")
    return Stop(reason: .limit, rip: fake.state.rip, explanation: "this is the start of time")
  }

  func go(to count: UInt64, interrupt: Interrupt) throws -> Stop {
    journeys.append("go \(count)")
    return Stop(reason: .step, rip: fake.state.rip, instructions: 0)
  }

  func vmcs() throws -> VMCSContents? {
    vmxStatus.current.map { VMCSContents(address: $0, fields: fields) }
  }

  func checkVMCS() throws -> [CheckFailure] {
    fields[.guestRIP] != nil
      ? []
      : [
        CheckFailure(
          rule: "RIP is canonical", section: "Checks on Guest RIP", fields: [.guestRIP],
          have: "nothing", want: "an address")
      ]
  }

  var devices: [DeviceRow] {
    [.init(name: "uart", space: .port, first: 0x3f8, last: 0x3ff, reads: 2, writes: 3)]
  }

  func raiseInterrupt(_ vector: UInt8) throws {}
  var unimplemented: [String] = []
  func takeUnimplemented() -> [String] {
    defer { unimplemented = [] }
    return unimplemented
  }

  func takeIoctls() -> [String] { keepsIoctls ? ["ioctl(vcpu, KVM_RUN) = 0"] : [] }
}

/// A session over the fake.
func fakeSession(_ change: (inout SessionOptions) -> Void = { _ in }) -> Session {
  var options = SessionOptions()
  options.machineType = FakeMonitor.self
  change(&options)
  return Session(options)
}

extension Session {
  /// Carries out lines; the last result.
  @discardableResult
  func all(_ lines: String...) -> CommandResult {
    lines.reduce(CommandResult(command: "")) { _, line in execute(line) }
  }
}
