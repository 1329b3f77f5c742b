/// The registers of a local APIC by number: bits 11:4 of the offset in the page of xAPIC mode, and
/// the MSR minus 800H in x2APIC mode (SDM 3A, "Local APIC Register Address Map", "x2APIC Register
/// Address Space").
enum APICRegister {
  static let id: UInt32 = 0x02
  static let version: UInt32 = 0x03
  static let taskPriority: UInt32 = 0x08
  static let arbitrationPriority: UInt32 = 0x09
  static let processorPriority: UInt32 = 0x0a
  static let endOfInterrupt: UInt32 = 0x0b
  static let remoteRead: UInt32 = 0x0c
  static let logicalDestination: UInt32 = 0x0d
  static let destinationFormat: UInt32 = 0x0e
  static let spuriousVector: UInt32 = 0x0f
  static let inService: ClosedRange<UInt32> = 0x10...0x17
  static let triggerMode: ClosedRange<UInt32> = 0x18...0x1f
  static let interruptRequest: ClosedRange<UInt32> = 0x20...0x27
  static let errorStatus: UInt32 = 0x28
  static let interruptCommandLow: UInt32 = 0x30
  static let interruptCommandHigh: UInt32 = 0x31
  static let localVectorTable: ClosedRange<UInt32> = 0x32...0x37
  static let initialCount: UInt32 = 0x38
  static let currentCount: UInt32 = 0x39
  static let divideConfiguration: UInt32 = 0x3e
  /// x2APIC mode only.
  static let selfIPI: UInt32 = 0x3f
}

/// An entry of the local vector table, in the order of the registers.
enum LocalVector: Int, Sendable, CaseIterable {
  case timer, thermal, performance, lint0, lint1, error

  /// The bits that software writes (SDM 3A, "Local Vector Table").
  var writable: UInt32 {
    switch self {
    case .timer: 0x0007_00ff
    case .thermal, .performance: 0x0001_07ff
    case .lint0, .lint1: 0x0001_a7ff
    case .error: 0x0001_00ff
    }
  }

  /// Delivery status and remote IRR.
  var readOnly: UInt32 { self == .lint0 || self == .lint1 ? 0x5000 : 0x1000 }

  static let masked: UInt32 = 1 << 16
}

/// What RDMSR and WRMSR may do with a register in x2APIC mode (SDM 3A, "x2APIC Register Address
/// Space", "Reserved Bit Checking").
struct X2APICRule: Sendable {
  var isReadable = true
  /// The bits that may be 1 in a write; nil for a read-only register.
  var writable: UInt64?

  /// nil for a register that does not exist in x2APIC mode.
  init?(_ number: UInt32) {
    switch number {
    case APICRegister.id, APICRegister.version, APICRegister.processorPriority,
      APICRegister.logicalDestination, APICRegister.inService, APICRegister.triggerMode,
      APICRegister.interruptRequest, APICRegister.currentCount:
      break
    case APICRegister.taskPriority: writable = 0xff
    case APICRegister.endOfInterrupt: (isReadable, writable) = (false, 0)
    case APICRegister.spuriousVector: writable = 0x3ff
    case APICRegister.errorStatus: writable = 0
    // Bit 12, the delivery status of xAPIC mode, is ignored.
    case APICRegister.interruptCommandLow: writable = 0xffff_ffff_000c_dfff
    case APICRegister.localVectorTable:
      let entry = LocalVector(rawValue: Int(number - APICRegister.localVectorTable.lowerBound))
      writable = entry.map { UInt64($0.writable | $0.readOnly) }
    case APICRegister.initialCount: writable = 0xffff_ffff
    case APICRegister.divideConfiguration: writable = 0xb
    case APICRegister.selfIPI: (isReadable, writable) = (false, 0xff)
    default: return nil
    }
  }
}
