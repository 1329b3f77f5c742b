/// One ioctl as it went: what was asked of which descriptor, and what the kernel answered.
public struct IoctlRecord: Sendable, Equatable {
  /// What kind of KVM descriptor the request went to.
  public enum Role: String, Sendable { case system, vm, vcpu }
  /// The request's name in <linux/kvm.h>, e.g. `KVM_RUN`.
  public var name: String
  public var role: Role
  /// The argument in words; empty when the request has none.
  public var argument: String
  /// What the kernel returned, or -errno.
  public var result: Int
  /// `= 0`, `= 12`, `-EINTR (interrupted by a signal)`, and after KVM_RUN the exit.
  public var resultText: String
}

/// The ioctls of one machine, kept while recording is on, until somebody drains them.
public final class IoctlLog {
  /// At most this many records are kept; the oldest go first.
  public static let capacity = 10_000

  public var isRecording: Bool
  private var records: [IoctlRecord] = []
  /// Records lost because nobody drained the log in time.
  public private(set) var dropped = 0

  public init(recording: Bool = false) { isRecording = recording }

  /// Hands out what was recorded, oldest first, and forgets it.
  public func drain() -> [IoctlRecord] {
    defer {
      records = []
      dropped = 0
    }
    return records
  }

  /// Performs one request and records it. `note` is added to the result of a success.
  func call(
    _ name: String, _ role: IoctlRecord.Role, _ argument: @autoclosure () -> String = "",
    note: @autoclosure () -> String = "", _ body: () -> Int32
  ) -> Int {
    let result = Int(body())
    if isRecording { append(name, role, argument(), result, note()) }
    return result
  }

  private func append(
    _ name: String, _ role: IoctlRecord.Role, _ argument: String, _ result: Int, _ note: String
  ) {
    if records.count >= Self.capacity {
      records.removeFirst(Self.capacity / 2)
      dropped += Self.capacity / 2
    }
    let success = "= \(result)" + (note.isEmpty ? "" : ", \(note)")
    let text = result < 0 ? Errno.describe(result) : success
    records.append(
      IoctlRecord(
        name: name, role: role, argument: argument, result: result, resultText: text))
  }
}
