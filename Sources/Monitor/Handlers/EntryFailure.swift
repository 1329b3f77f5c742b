import X86

extension ExitHandler {
  static func entryFailure(_ reason: ExitReason) -> ExitHandler {
    ExitHandler(reason, "stops: the guest has not executed an instruction") { monitor, exit in
      guard let failures = try? monitor.checkVMCS(), let first = failures.first else {
        return .stop(.exit, exit.summary)
      }
      return .stop(
        .exit,
        "\(exit.summary): \(first.rule); have \(first.have), want \(first.want); `check` lists "
          + "every broken rule")
    }
  }
}
