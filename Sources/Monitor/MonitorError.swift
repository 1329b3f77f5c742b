import X86

/// What the monitor cannot do as things stand; none of these is a guest's doing.
public enum MonitorError: Error, Equatable, CustomStringConvertible {
  /// The backend has no VMX of its own to show.
  case needsSimulator(what: String)
  case noCurrentVMCS
  case inGuest
  case unmapped(linear: UInt64, why: String)
  case noSuchWorkload(name: String, known: [String])
  case noSuchTechnique(name: String, known: [String])
  case refused(what: String, why: String, remedy: String)

  public var description: String {
    switch self {
    case .needsSimulator(let what):
      "\(what) needs a processor of your own: on KVM the kernel keeps its VMCS to itself; use "
        + "`backend sim`"
    case .noCurrentVMCS:
      "there is no current VMCS; `vmxon`, `vmclear` and `vmptrld` give you one, and `run` does all "
        + "three"
    case .inGuest:
      "the processor is in VMX non-root operation, in the middle of the guest; `continue` until "
        + "the next exit"
    case .unmapped(let linear, let why):
      "linear address \(hex(linear)): \(why)"
    case .noSuchWorkload(let name, let known):
      "there is no workload `\(name)`; there is \(known.joined(separator: ", "))"
    case .noSuchTechnique(let name, let known):
      "there is no technique `\(name)`; there is \(known.joined(separator: ", "))"
    case .refused(let what, let why, let remedy):
      "\(what): \(why)" + (remedy.isEmpty ? "" : "; \(remedy)")
    }
  }
}
