import Simulator
import X86

/// The loop of `run(until:)` for the guest of a simulated machine: it does what the loop for every backend
/// does, but most exits come round here without a copy of the limit, the exit or a stop.
extension Monitor {
  func runSimulated(
    _ processor: Processor, _ limit: RunLimit, _ run: inout GuestRun
  ) throws -> Stop {
    while true {
      if limit.interrupt.isRaised { return try run.stop(.interrupt, "interrupted") }
      var most = run.mostInstructions(processor)
      if most == 0 { return try run.stop(.limit, run.limitText) }
      let isSlice = timeline == nil ? false : shortenToCheckpoint(&most)
      if !books.contents.waitingVectors.isEmpty { try injectWaiting() }
      let stop: ProcessorStop
      do throws(VMEntryRefused) {
        stop = try processor.runGuest(until: limit, most: most)
      } catch {
        return try run.stop(.exit, Self.text(error.result))
      }
      run.steps &+= 1
      if case .vmExit = stop, try handleQuickly(processor) {
        run.hasExit = true
        run.handled += 1
      } else if isSlice, case .limit = stop {
        if let stop = try run.sliceStop() { return stop }
        continue
      } else if let stop = try take(stop.exit(processor), &run) {
        return stop
      }
      if !limit.breakpoints.isEmpty, let stop = try run.breakpointStop() { return stop }
    }
  }

  /// Handles the exits that a guest makes most often, if nobody has asked for them to be treated
  /// otherwise; false if it has done nothing.
  @inline(__always)
  private func handleQuickly(_ processor: Processor) throws -> Bool {
    guard processor.lastExitInformation.reason == ExitReason.cpuid.rawValue,
      processor.lastExitInformation.idtVectoringInformation >> 31 == 0,
      books.contents.policies.isEmpty
    else { return false }
    books.contents.lastInformation = processor.lastExitInformation
    note(
      ExitLog.Entry(
        sequence: 0, instructions: processor.instructionsRetired,
        reason: ExitReason.cpuid.rawValue, isEntryFailure: false,
        qualification: processor.lastExitInformation.qualification, rip: processor.guestRIPField),
      ExitCosts.cpuidCycles)
    ExitHandler.answerCPUID(processor)
    processor.skipGuestInstruction(processor.lastExitInformation.instructionLength)
    return true
  }
}
