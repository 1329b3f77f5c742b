import Monitor
import X86

/// How far back the guest's past reaches.
struct TimeRendering {
  let status: TimeStatus
  let backend: String

  var answer: Answer { Answer(lines.joined(separator: "\n"), json) }

  private var lines: [String] {
    guard let count = status.count, let start = status.start else {
      return ["\(backend) does not count instructions; the simulator does"]
    }
    let now = "\(Show.count(count, "instruction")) executed since the guest was loaded"
    if status.budget == 0 {
      return [now, "no checkpoints are kept; `set checkpoint-memory 256M` keeps some from now on"]
    }
    return [
      now, startLine(start),
      "\(Show.count(status.checkpoints, "checkpoint")), \(Show.size(status.bytes & ~1023)) of "
        + "\(Show.size(status.budget))",
      "going back and on again makes new history: what came after is forgotten",
    ]
  }

  private func startLine(_ start: UInt64) -> String {
    if status.hasForgotten {
      return "time starts at instruction \(start): what was before did not fit into the checkpoint "
        + "memory"
    }
    return start == status.count
      ? "this is the start of time" : "time starts at instruction \(start)"
  }

  private var json: JSON {
    .object([
      (key: "count", value: .count(status.count)), (key: "start", value: .count(status.start)),
      (key: "checkpoints", value: .int(status.checkpoints)),
      (key: "bytes", value: .count(status.bytes)), (key: "budget", value: .count(status.budget)),
      (key: "instructions", value: .count(status.count)),
    ])
  }
}

/// Where a journey in time has led.
struct JourneyRendering {
  let stop: Stop
  /// Instructions executed before and after it.
  let before: UInt64
  let after: UInt64
  /// What the guest printed, going on.
  let console: StopRendering

  func answer(_ format: TextFormat) -> Answer {
    Answer(lines(format).joined(separator: "\n"), json)
  }

  private func lines(_ format: TextFormat) -> [String] {
    var lines = console.consoleLines(format)
    if let exit = stop.exit { lines += ExitRendering(exit: exit).lines(format) }
    if let text = console.reasonText { lines.append(text) }
    lines.append(way)
    if let upcoming = console.upcoming {
      lines.append((format.isPlain ? "at " : "=> ") + upcoming.text)
    }
    lines.append(format.next(hint))
    return lines
  }

  private var way: String {
    let place = "instruction \(after), rip \(Show.hex(stop.rip))"
    if before == after { return "at \(place)" }
    let distance =
      Show.count(before > after ? before - after : after - before, "instruction")
    return "\(distance) \(before > after ? "back" : "on"), at \(place)"
  }

  private var hint: String {
    switch stop.reason {
    case .limit: "`stepi` and `continue` go on from here"
    case .halt: "`reverse-stepi` goes back, `info exits` counts what happened"
    default: "`reverse-stepi` goes further back, `stepi` on; `info registers` shows the guest"
    }
  }

  private var json: JSON {
    guard case .object(let members) = console.json else { return .null }
    return .object(members + [(key: "count", value: .count(after))])
  }
}
