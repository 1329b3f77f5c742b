import Monitor

/// Finds the guest that a name or a path means.
struct GuestLookup {
  let session: Session

  /// What goes with `--bare` only.
  static let bareOptions = ["--append", "--module", "--rom", "--cpus"]

  /// `arguments` may have the options of `load`. Without a name there must be `--rom`.
  func image(_ name: String?, _ arguments: Arguments) throws -> GuestImage {
    let mode = try mode(arguments.value(of: "--mode"))
    let at = try session.number(of: "--at", in: arguments)
    let entry = try session.number(of: "--entry", in: arguments)
    let load = LoadOptions(at: at, entry: entry, mode: mode)
    guard arguments.has("--bare") else {
      if let option = Self.bareOptions.first(where: arguments.has) {
        throw CommandError("usage", "\(option) is for the bare machine: add --bare")
      }
      guard let name else {
        throw CommandError("usage", "the guest or file is missing; usage: \(arguments.usage)")
      }
      return try image(name, load)
    }
    return try bareImage(name, load, arguments)
  }

  private func bareImage(
    _ name: String?, _ load: LoadOptions, _ arguments: Arguments
  ) throws -> GuestImage {
    let options = BareOptions(
      load: load, arguments: arguments.value(of: "--append") ?? "",
      modules: arguments.values(of: "--module"), rom: arguments.value(of: "--rom"))
    guard let name else {
      guard options.rom != nil else {
        throw CommandError("usage", "the guest or file is missing; usage: \(arguments.usage)")
      }
      return try session.options.machineType.bareImage(fromFile: nil, options: options)
    }
    if session.options.machineType.builtInGuests.contains(where: { $0.name == name }) {
      guard options.modules.isEmpty, options.rom == nil else {
        throw CommandError("usage", "\(name) is built in and takes neither modules nor a ROM")
      }
      var image = try image(name, load)
      image.bare = BareBoot(arguments: options.arguments)
      return image
    }
    try checkExists(name)
    return try session.options.machineType.bareImage(fromFile: name, options: options)
  }

  private func image(_ name: String, _ load: LoadOptions) throws -> GuestImage {
    let images = session.options.machineType.builtInGuests
    let (at, entry, mode) = (load.at, load.entry, load.mode)
    if let image = images.first(where: { $0.name == name }) {
      guard at == nil, entry == nil, mode == nil else {
        throw CommandError(
          "usage", "\(name) is built in: its address, entry and mode are fixed; leave them out")
      }
      return image
    }
    try checkExists(name)
    return try session.options.machineType.image(fromFile: name, at: at, entry: entry, mode: mode)
  }

  private func checkExists(_ name: String) throws {
    let images = session.options.machineType.builtInGuests
    guard name.contains("/") || FileCalls.exists(name) else {
      let hint = Nearest.match(name, among: images.map(\.name)).map { "did you mean `load \($0)`?" }
      throw CommandError(
        "no-such-guest",
        "no guest and no file is called '\(name)'; " + (hint ?? "`guests` lists the guests"))
    }
  }

  /// Takes `--cpus` and `--memory` over into the session, for this machine and later ones.
  func setMachine(_ arguments: Arguments) throws {
    if let count = try session.number(of: "--cpus", in: arguments) {
      guard SessionOptions.processorCounts.contains(count) else {
        throw CommandError(
          "usage", "--cpus is 1 to \(SessionOptions.processorCounts.upperBound)")
      }
      session.options.processorCount = Int(count)
    }
    if let text = arguments.value(of: "--memory") {
      let size = try SessionOptions.size(text)
      if arguments.has("--bare") {
        session.options.bareMemorySize = size
      } else {
        session.options.memorySize = size
      }
    }
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
    let wanted = configuration(isBare: isBare)
    let current = try monitor ?? makeMachine(isBare: isBare)
    let isSame =
      current.configuration.isBare == isBare
      && current.configuration.memorySize == wanted.memorySize
      && current.configuration.processorCount == wanted.processorCount
    let monitor = isSame ? current : try makeMachine(isBare: isBare)
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
