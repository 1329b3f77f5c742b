import Monitor
import X86

extension Session {
  /// The value behind a path, as lessons' goals name it; `.null` if the path is known and there is
  /// nothing yet, nil if there is no such path.
  ///
  /// `exit.name`, `exit.reason`, `exit.qualification`, `exit.length`, `exits.total`,
  /// `exits.NAME`, `reg.NAME`, `rip`, `vmx.on`, `vmx.current`, `vmx.launched`, `vmx.outcome`,
  /// `vmx.error`, `vmcs.FIELD`, `check.failures`, `console.text`, `guest.name`, `instructions`,
  /// `stopped`, `failures.count`, `backend`, `breakpoints.count`, `command`, `command.data.MEMBER`.
  public func value(of path: String) -> JSON? {
    let parts = path.split(separator: ".", maxSplits: 1).map(String.init)
    guard let head = parts.first else { return nil }
    let tail = parts.count > 1 ? parts[1] : nil
    switch (head, tail) {
    case ("exit", let member?): return exitValue(member)
    case ("exits", let name?): return exitsValue(name)
    case ("reg", let name?): return registerJSON(name)
    case ("rip", nil): return registerJSON("rip")
    case ("vmx", let member?): return vmxValue(member)
    case ("vmcs", let name?): return fieldValue(name)
    case ("check", "failures"):
      return (try? monitor?.checkVMCS()).map { .int($0.count) } ?? .null
    case ("console", "text"):
      return .string(Show.raw(monitor?.consoleOutput ?? []))
    case ("guest", "name"): return monitor?.image.map { .string($0.name) } ?? .null
    case ("instructions", nil): return .count(monitor?.machine.cpu.instructionsRetired)
    case ("stopped", nil): return lastStop.map { .string($0.reason.rawValue) } ?? .null
    case ("failures", "count"): return .int(failureCount)
    case ("backend", nil): return .string(options.backend.rawValue)
    case ("breakpoints", "count"): return .int(breakpoints.all.count)
    default: return commandValue(head, tail)
    }
  }

  private func exitValue(_ member: String) -> JSON? {
    let known: Set<String> = [
      "name", "reason", "qualification", "length", "guestPhysical", "guestLinear", "backend",
      "text", "entryFailure",
    ]
    guard known.contains(member) else { return nil }
    guard let exit = monitor?.lastExit else { return .null }
    return ExitRendering(exit: exit).json[member]
  }

  private func exitsValue(_ name: String) -> JSON? {
    let statistics = monitor?.statistics ?? ExitStatistics()
    if name == "total" { return .int(statistics.total) }
    guard let reason = ExitReason(named: name) else { return nil }
    return .int(statistics.rows[reason.rawValue]?.count ?? 0)
  }

  private func registerJSON(_ name: String) -> JSON? {
    guard let place = RegisterNames.place(name) else { return nil }
    guard let monitor, let registers = try? monitor.machine.cpu.registers() else { return .null }
    return .hex(place.get(registers))
  }

  private func vmxValue(_ member: String) -> JSON? {
    let status = monitor?.vmxStatus ?? VMXStatus()
    switch member {
    case "on": return .bool(status.isOn)
    case "current": return .hexOrNull(status.current)
    case "launched": return .bool(status.isLaunched)
    case "outcome": return lastAnswer.map { .string($0.outcome.rawValue) } ?? .null
    case "error": return lastAnswer?.error.map { .int(Int($0)) } ?? .null
    default: return nil
    }
  }

  private func fieldValue(_ name: String) -> JSON? {
    guard let field = VMCSField(named: name) else { return nil }
    guard let value = try? monitor?.vmcs()?.fields[field.fullField], value.standing != .hidden
    else { return .null }
    return .hex(field.isHighHalf ? value.value >> 32 : value.value)
  }

  private func commandValue(_ head: String, _ tail: String?) -> JSON? {
    guard head == "command" else { return nil }
    guard let tail else { return .string(lastCommand?.command ?? "") }
    guard tail.hasPrefix("data.") else { return nil }
    return lastCommand?.data[String(tail.dropFirst(5))] ?? .null
  }
}
