/// The event that a VM exit reports, that it interrupted, or that VM entry injects: the format
/// common to the VM-exit interruption information, the IDT-vectoring information and the VM-entry
/// interruption information (SDM 3C, "Information for VM Exits Due to Vectored Events").
public struct EventInformation: Sendable, Equatable {
  /// Bits 10:8.
  public enum Kind: UInt8, Sendable, CaseIterable {
    case externalInterrupt, reserved, nmi, hardwareException, softwareInterrupt
    case privilegedSoftwareException, softwareException, otherEvent

    public var name: String { EventInformation.kindNames[Int(rawValue)] }
  }

  public var raw: UInt32

  public init(raw: UInt32) { self.raw = raw }

  public init(vector: UInt8, kind: Kind, hasErrorCode: Bool = false) {
    raw = 0x8000_0000 | UInt32(vector) | UInt32(kind.rawValue) << 8 | (hasErrorCode ? 1 << 11 : 0)
  }

  public var vector: UInt8 { UInt8(raw & 0xff) }
  public var kind: Kind { Kind(rawValue: UInt8((raw >> 8) & 7)) ?? .reserved }
  public var hasErrorCode: Bool { raw & (1 << 11) != 0 }
  public var isValid: Bool { raw & (1 << 31) != 0 }

  var hardwareExceptionVector: UInt8? {
    isValid && kind == .hardwareException ? vector : nil
  }

  /// E.g. "#PF (page fault)", "NMI", "external interrupt, vector 32"; "none" if not valid.
  public var summary: String {
    guard isValid else { return "none" }
    switch kind {
    case .hardwareException, .softwareException, .privilegedSoftwareException:
      guard let exception = ExceptionVector(number: vector) else {
        return "\(kind.name), vector \(vector)"
      }
      return "\(exception.mnemonic) (\(exception.name))"
    case .nmi: return "NMI"
    case .otherEvent: return vector == 0 ? "pending MTF VM exit" : "other event \(vector)"
    case .externalInterrupt, .softwareInterrupt, .reserved: return "\(kind.name), vector \(vector)"
    }
  }

  /// VM-exit interruption information.
  public static func describeExit(_ raw: UInt32) -> [FieldValue] {
    exitLayout.describe(UInt64(raw))
  }

  /// IDT-vectoring information.
  public static func describeIDTVectoring(_ raw: UInt32) -> [FieldValue] {
    idtVectoringLayout.describe(UInt64(raw))
  }

  /// VM-entry interruption information.
  public static func describeEntry(_ raw: UInt32) -> [FieldValue] {
    entryLayout.describe(UInt64(raw))
  }

  static let kindNames = [
    "external interrupt", "reserved type", "NMI", "hardware exception", "software interrupt",
    "privileged software exception", "software exception", "other event",
  ]

  // SDM 3C, "Information for VM Exits Due to Vectored Events"
  private static let exitLayout: [BitField] = [
    BitField(7, 0, "vector", .vector),
    BitField(
      10, 8, "type",
      .choice([
        "external interrupt", "", "NMI", "hardware exception", "",
        "privileged software exception", "software exception",
      ])),
    BitField(11, "error code valid", "the error-code field is valid", else: "no error code"),
    BitField(12, "NMI unblocking", "IRET had just removed blocking by NMI"),
    BitField(13, "nested exception", "raised while another event was delivered (FRED)"),
    .reserved(30, 14),
    BitField(31, "valid", "the field is valid", else: "the field is not valid"),
  ]

  // SDM 3C, "Information for VM Exits That Occur During Event Delivery"; bit 12 is undefined.
  private static let idtVectoringLayout: [BitField] = [
    BitField(7, 0, "vector", .vector),
    BitField(
      10, 8, "type",
      .choice([
        "external interrupt", "", "NMI", "hardware exception", "software interrupt",
        "privileged software exception", "software exception",
      ])),
    BitField(11, "error code valid", "the error-code field is valid", else: "no error code"),
    .reserved(30, 13),
    BitField(
      31, "valid", "the exit happened while this event was delivered",
      else: "no event was being delivered"),
  ]

  // SDM 3C, "VM-Entry Controls for Event Injection"
  private static let entryLayout: [BitField] = [
    BitField(7, 0, "vector", .vector),
    BitField(
      10, 8, "type",
      .choice([
        "external interrupt", "", "NMI", "hardware exception", "software interrupt",
        "privileged software exception", "software exception",
        "other event (vector 0: pending MTF VM exit)",
      ])),
    BitField(
      11, "deliver error code", "VM entry pushes the entry exception error code",
      else: "no error code"),
    .reserved(30, 12),
    BitField(31, "valid", "VM entry injects this event", else: "VM entry injects nothing"),
  ]
}
