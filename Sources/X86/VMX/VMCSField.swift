/// One field of the VMCS, named by the encoding that VMREAD and VMWRITE take
/// (SDM 3C, "VMREAD, VMWRITE, and Encodings of VMCS Fields").
///
/// Everything that the encoding says is computed from its bits; the names and meanings are in
/// `rows`. The raw value may be any 32-bit number, as a guest can hand VMREAD any number.
public struct VMCSField: RawRepresentable, Hashable, Sendable {
  public var rawValue: UInt32

  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
  @inlinable init(_ encoding: UInt32) { rawValue = encoding }

  /// Width of a field, bits 14:13 of its encoding.
  public enum Width: UInt8, Sendable, CaseIterable {
    case bits16, bits64, bits32, natural
  }

  /// What a field is for, bits 11:10 of its encoding.
  public enum FieldType: UInt8, Sendable, CaseIterable {
    case control, exitInformation, guest, host
  }

  @inlinable public var width: Width {
    switch (rawValue >> 13) & 3 {
    case 0: .bits16
    case 1: .bits64
    case 2: .bits32
    default: .natural
    }
  }

  @inlinable public var type: FieldType {
    switch (rawValue >> 10) & 3 {
    case 0: .control
    case 1: .exitInformation
    case 2: .guest
    default: .host
    }
  }

  /// Index among the fields of the same width and type, bits 9:1.
  @inlinable public var index: Int { Int((rawValue >> 1) & 0x1ff) }

  /// Bit 0: access to the upper 32 bits of a 64-bit field.
  @inlinable public var isHighHalf: Bool { rawValue & 1 != 0 }

  /// The field that a high half belongs to; a full field is its own.
  @inlinable public var fullField: VMCSField { VMCSField(rawValue & ~1) }

  /// The upper half of a 64-bit field; nil for every other field.
  @inlinable public var highHalf: VMCSField? {
    width == .bits64 ? VMCSField(rawValue | 1) : nil
  }

  /// Whether VMREAD knows this encoding: a field of `rows` or the high half of a 64-bit one.
  @inlinable public var isDefined: Bool {
    fullField.slot != nil && (!isHighHalf || rawValue & 0x6000 == 0x2000)
  }

  /// The bits that the field can hold; natural-width fields have 64.
  @inlinable public var mask: UInt64 {
    if isHighHalf { return 0xffff_ffff }
    switch width {
    case .bits16: return 0xffff
    case .bits32: return 0xffff_ffff
    case .bits64, .natural: return ~0
    }
  }
}

extension VMCSField.Width {
  /// As the manual heads its tables: "16-bit", "64-bit", "32-bit", "natural-width".
  public var name: String {
    switch self {
    case .bits16: "16-bit"
    case .bits64: "64-bit"
    case .bits32: "32-bit"
    case .natural: "natural-width"
    }
  }
}

extension VMCSField.FieldType {
  /// As the manual heads its tables: "control", "exit-information", "guest-state", "host-state".
  public var name: String {
    switch self {
    case .control: "control"
    case .exitInformation: "exit-information"
    case .guest: "guest-state"
    case .host: "host-state"
    }
  }
}
