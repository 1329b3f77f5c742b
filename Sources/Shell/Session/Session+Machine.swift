import Monitor
import X86

extension Session {
  var format: TextFormat { TextFormat(colour: options.colour, plain: options.plain) }

  /// The machine, made now if there is none.
  func machine() throws -> any MonitorNeeds {
    if let monitor { return monitor }
    return try makeMachine(isBare: false)
  }

  /// A machine with a guest. Throws `no-guest`.
  func guest() throws -> any MonitorNeeds {
    let monitor = try machine()
    guard monitor.image != nil else {
      throw CommandError(
        "no-guest", "no guest is loaded; `load hello` loads one, `guests` lists them")
    }
    return monitor
  }

  @discardableResult
  func makeMachine(isBare: Bool) throws -> any MonitorNeeds {
    if isBare, options.backend != .sim {
      throw CommandError(
        "missing-capability",
        "--bare runs a guest without a VMM, which needs the simulator: `backend sim` first")
    }
    let monitor = try options.machineType.init(configuration(isBare: isBare))
    monitor.keepsIoctls = echoesIoctls
    monitor.interrupt = interrupt
    if isTracing { monitor.traceCapacity = Self.traceCapacity }
    self.monitor = monitor
    consoleShown = 0
    guestHasStarted = false
    lastStop = nil
    return monitor
  }

  /// What a machine is made from.
  func configuration(isBare: Bool) -> Monitor.Configuration {
    var configuration = Monitor.Configuration()
    configuration.backend = options.backend
    configuration.memorySize = isBare ? options.bareMemorySize : options.memorySize
    configuration.processorCount = isBare ? options.processorCount : 1
    configuration.seed = options.seed
    configuration.isBare = isBare
    configuration.keepsIoctls = echoesIoctls
    configuration.checkpointMemory = options.checkpointMemory
    if options.backend == .kvm { configuration.clock = Self.clock() }
    return configuration
  }

  /// Nanoseconds since now.
  private static func clock() -> @Sendable () -> UInt64 {
    let start = ContinuousClock.now
    return {
      let time = start.duration(to: .now).components
      return UInt64(clamping: time.seconds) &* 1_000_000_000
        &+ UInt64(clamping: time.attoseconds / 1_000_000_000)
    }
  }

  /// Forgets the machine: the next command that needs one makes it anew.
  func dropMachine() {
    monitor = nil
    consoleShown = 0
    guestHasStarted = false
    lastStop = nil
    lastAnswer = nil
    examination = Examination()
  }

  func registers() throws -> Registers { try machine().machine.cpu.registers() }

  /// Throws what a command needs and this session has not.
  func checkNeeds(of command: Command) throws {
    guard !command.needs.isEmpty else { return }
    let monitor = command.needs.contains(.guest) ? try guest() : try machine()
    let backend = monitor.machine.backendName
    if command.needs.contains(.past), !monitor.machine.capabilities.contains(.deterministic) {
      throw CommandError(
        "missing-capability",
        "`\(command.name)` needs a guest that does again exactly what it did; on \(backend) time, "
          + "interrupts and the processor's own state differ from run to run. `reset` and `stepi` "
          + "come near to it; `backend sim` repeats every bit")
    }
    if command.needs.contains(.vmx), monitor.configuration.isBare {
      throw CommandError(
        "missing-capability",
        "`\(command.name)` needs VMX operation of your own, and a bare machine belongs to its "
          + "guest; `load` the guest without --bare")
    }
    if command.needs.contains(.vmx), !monitor.machine.capabilities.contains(.vmx) {
      throw CommandError(
        "missing-capability",
        "`\(command.name)` needs VMX instructions at the prompt; on \(backend) the kernel executes "
          + "them and keeps its VMCS to itself. `vmcs guest` shows what can be rebuilt; "
          + "`backend sim` gives you a processor of your own")
    }
  }

  /// The value of `$name`; nil if there is no such register.
  func registerValue(_ name: String) throws -> UInt64? {
    guard let place = RegisterNames.place(name) else { return nil }
    return place.get(try registers())
  }

  /// A register without its `$`, or a field of the current VMCS.
  func symbolValue(_ name: String) throws -> UInt64? {
    if RegisterNames.place(name) != nil { return try registerValue(name) }
    guard let field = VMCSField(named: name), monitor != nil else { return nil }
    guard let contents = try machine().vmcs() else {
      throw CommandError(
        "no-vmcs", "\(field.symbol) can't be read: there is no current VMCS; `vmptrld` loads one")
    }
    guard let value = contents.fields[field.fullField], value.standing != .hidden else {
      return nil
    }
    return field.isHighHalf ? value.value >> 32 : value.value
  }

  /// Policies as `handle` and `break exit` have set them.
  func applyPolicies(to monitor: any MonitorNeeds) {
    var policies = handled
    for reason in breakpoints.exitReasons {
      if let reason {
        policies[reason] = .stop
      } else {
        for row in ExitReason.rows where policies[row.number] == nil {
          policies[row.number] = .stop
        }
      }
    }
    if monitor.policies != policies { monitor.policies = policies }
  }

  /// What the guest has printed and was not shown yet.
  func takeConsole() -> [UInt8] {
    guard let output = monitor?.consoleOutput else { return [] }
    defer { consoleShown = output.count }
    return consoleShown < output.count ? Array(output[consoleShown...]) : []
  }
}
