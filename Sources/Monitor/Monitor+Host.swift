import Devices
import KVM
import X86

/// What a host offers, one finding a line.
public struct HostDiagnosis: Sendable, Equatable {
  public struct Finding: Sendable, Equatable {
    public var name: String
    public var isGood: Bool
    public var detail: String
    /// The one line that mends it; empty if nothing is to be mended, or nothing can.
    public var remedy: String

    public init(name: String, isGood: Bool, detail: String, remedy: String = "") {
      self.name = name
      self.isGood = isGood
      self.detail = detail
      self.remedy = remedy
    }
  }
  public var findings: [Finding]

  public init(findings: [Finding]) { self.findings = findings }
}

/// A device at its place.
public struct DeviceRow: Sendable, Equatable {
  public var name: String
  public var space: DeviceAccess.Space
  /// First and last address, inclusive.
  public var first: UInt64
  public var last: UInt64
  public var reads: UInt64
  public var writes: UInt64

  public init(
    name: String, space: DeviceAccess.Space, first: UInt64, last: UInt64, reads: UInt64,
    writes: UInt64
  ) {
    self.name = name
    self.space = space
    self.first = first
    self.last = last
    self.reads = reads
    self.writes = writes
  }
}

extension Monitor {
  /// What this host can do with KVM. Never throws.
  public static func diagnoseHost() -> HostDiagnosis {
    HostDiagnosis(
      findings: KVMHost.diagnose().map {
        HostDiagnosis.Finding(
          name: $0.name, isGood: $0.state == .ok, detail: $0.value, remedy: $0.remedy)
      })
  }

  /// The devices with their places and access counts.
  public var devices: [DeviceRow] {
    platform.bus.describe().map {
      DeviceRow(
        name: $0.name, space: $0.space, first: $0.first, last: $0.last, reads: $0.reads,
        writes: $0.writes)
    }
  }

  /// Whether ioctls are kept for `takeIoctls()`; always false in the simulator.
  public var keepsIoctls: Bool {
    get { kvm?.ioctlLog.isRecording ?? false }
    set { kvm?.ioctlLog.isRecording = newValue }
  }

  /// The ioctls since the last call, one line each with arguments and result.
  public func takeIoctls() -> [String] {
    guard let log = kvm?.ioctlLog else { return [] }
    let dropped = log.dropped
    let lines = log.drain().map { record in
      let argument = record.argument.isEmpty ? "" : ", \(record.argument)"
      return "ioctl(\(record.role.rawValue), \(record.name)\(argument)) \(record.resultText)"
    }
    return dropped > 0 ? ["(\(dropped) ioctls before these were not kept)"] + lines : lines
  }

  /// What the guest executed since the last call and the simulated processor does not, a line each.
  public func takeUnimplemented() -> [String] { simulated?.processor.takeUnimplemented() ?? [] }

  /// The guests that are built in, in the order in which a list shows them.
  public static var builtInGuests: [GuestImage] {
    GuestCatalogue.guests.compactMap { guest in
      try? GuestCatalogue.image(of: guest, memorySize: Configuration().memorySize)
    }
  }

  /// A guest from a file: ELF, or a flat binary placed at `address`. What is nil is taken from the
  /// file. Throws `LoaderError`; whether it fits into memory is checked by `load(_:)`.
  public static func image(
    fromFile path: String, at address: UInt64?, entry: UInt64?, mode: GuestImage.Mode?
  ) throws -> GuestImage {
    try ImageLoader.load(
      path, options: LoadOptions(at: address, entry: entry, mode: mode), memorySize: 1 << 39)
  }

  /// A guest for a bare machine, from a file or a ROM. Throws `LoaderError`.
  public static func bareImage(
    fromFile path: String?, options: BareOptions
  ) throws -> GuestImage {
    try BareLoader.load(path, options: options, memorySize: 1 << 39)
  }
}
