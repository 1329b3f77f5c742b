import Monitor

/// Finds the guest that a name or a path means.
struct GuestLookup {
  let session: Session

  /// `arguments` may have `--at`, `--entry` and `--mode`.
  func image(_ name: String, _ arguments: Arguments) throws -> GuestImage {
    let images = session.options.machineType.builtInGuests
    let mode = try mode(arguments.value(of: "--mode"))
    let at = try session.number(of: "--at", in: arguments)
    let entry = try session.number(of: "--entry", in: arguments)
    if let image = images.first(where: { $0.name == name }) {
      guard at == nil, entry == nil, mode == nil else {
        throw CommandError(
          "usage", "\(name) is built in: its address, entry and mode are fixed; leave them out")
      }
      return image
    }
    guard name.contains("/") || FileCalls.exists(name) else {
      let hint = Nearest.match(name, among: images.map(\.name)).map { "did you mean `load \($0)`?" }
      throw CommandError(
        "no-such-guest",
        "no guest and no file is called '\(name)'; " + (hint ?? "`guests` lists the guests"))
    }
    return try session.options.machineType.image(fromFile: name, at: at, entry: entry, mode: mode)
  }

  private func mode(_ text: String?) throws -> GuestImage.Mode? {
    guard let text else { return nil }
    guard let mode = GuestImage.Mode(rawValue: text) else {
      throw CommandError("usage", "no mode '\(text)'; there are real, protected and long")
    }
    return mode
  }
}

extension Session {
  /// Places a guest into a machine of the right kind.
  func load(_ image: GuestImage, isBare: Bool) throws {
    let current = try monitor ?? makeMachine(isBare: isBare)
    let monitor =
      current.configuration.isBare == isBare ? current : try makeMachine(isBare: isBare)
    try monitor.load(image)
    began(monitor)
  }

  /// The guest at its first instruction again.
  func restart(_ monitor: any MonitorNeeds) throws {
    try monitor.reset()
    began(monitor)
  }

  private func began(_ monitor: any MonitorNeeds) {
    guestHasStarted = false
    lastStop = nil
    lastAnswer = nil
    examination = Examination()
    consoleShown = monitor.consoleOutput.count
  }
}
