import Monitor
import X86

extension Monitor: MonitorNeeds {
  public static var builtInGuests: [GuestImage] { [] }

  public static func image(
    fromFile path: String, at address: UInt64?, entry: UInt64?, mode: GuestImage.Mode?
  ) throws -> GuestImage {
    throw missing("reading \(path)")
  }

  public static func diagnoseHost() -> HostDiagnosis { HostDiagnosis(findings: []) }

  public static var workloads: [String] { ["console"] }

  public static func compare(
    workload: String, techniques: [String], backend: Monitor.Backend
  ) throws -> Comparison {
    throw missing("comparing \(workload)")
  }

  public func execute(_ instruction: PromptInstruction, interrupt: Interrupt) throws -> VMXAnswer {
    throw Self.missing("VMX instructions")
  }

  public var vmxStatus: VMXStatus { VMXStatus() }
  public func vmcs() throws -> VMCSContents? { nil }
  public func checkVMCS() throws -> [CheckFailure] { throw Self.missing("checking the VMCS") }
  public var devices: [DeviceRow] { [] }
  public func raiseInterrupt(_ vector: UInt8) throws { throw Self.missing("interrupts") }
  public var requestedStatus: Int32? { nil }
  public var keepsIoctls: Bool {
    get { false }
    set { _ = newValue }
  }
  public func takeIoctls() -> [String] { [] }

  private static func missing(_ what: String) -> MachineError {
    .backend(what: what, why: "the monitor cannot do that yet", remedy: "")
  }
}
