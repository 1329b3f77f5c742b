/// What lessons and transcripts need of a shell: run a command line, look at the machine, keep and
/// restore a moment. A `Session` is one; tests use a small counter machine.
public protocol CommandHost: AnyObject {
  /// Runs one command line as if it had been typed, without touching lesson or recording.
  func execute(_ line: String) -> CommandResult

  /// The value behind a goal's path, e.g. `exit.name`, `exits.total`, `reg.rax`, `vmcs.GUEST_RIP`.
  /// `.null` if the path is known and there is nothing yet; nil if there is no such path.
  func value(of path: String) -> JSON?

  /// Keeps the machine's state. Throws if the backend cannot.
  func saveState() throws -> any Sendable

  /// Goes back to a state that `saveState` returned.
  func restoreState(_ state: any Sendable) throws

  /// `sim` or `kvm`.
  var backendName: String { get }

  /// A new machine without a guest, as after the start of the program. Throws if this computer
  /// does not have the backend; the error's description is the reason that people read.
  func startFresh(backend: String, seed: UInt64) throws

  /// The next command that runs the guest stops as ^C stops it, after `instructions` guest
  /// instructions. Throws if the backend cannot count them.
  func interruptAfter(instructions: UInt64) throws

  /// The same after so much time; for backends that count no instructions.
  func interruptAfter(milliseconds: UInt32) throws
}
