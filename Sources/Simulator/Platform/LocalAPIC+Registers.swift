/// The registers as software reads and writes them, in both modes.
extension LocalAPIC {
  /// What a write has to cause outside the APIC.
  enum Effect: Sendable, Equatable {
    case none
    /// The interrupt command register is to be carried out.
    case command
    case selfInterrupt(UInt8)
    /// A level-triggered interrupt has ended.
    case endOfInterrupt(UInt8)
    /// The timer may expire earlier or later than before.
    case timer
  }

  /// Version 14H, the last entry of the local vector table is number 5.
  static let version: UInt32 = 0x0005_0014

  /// nil for a register that does not exist in this mode.
  func read(_ number: UInt32, at now: UInt64) -> UInt32? {
    switch number {
    case APICRegister.id: isX2 ? id : id << 24
    case APICRegister.version: LocalAPIC.version
    case APICRegister.taskPriority: UInt32(taskPriority)
    case APICRegister.arbitrationPriority where !isX2: UInt32(processorPriority)
    case APICRegister.processorPriority: UInt32(processorPriority)
    case APICRegister.endOfInterrupt, APICRegister.remoteRead: isX2 ? nil : 0
    case APICRegister.logicalDestination: logicalDestination
    case APICRegister.destinationFormat where !isX2: destinationFormat
    case APICRegister.spuriousVector: spuriousVector
    case APICRegister.inService: inService.register(number)
    case APICRegister.triggerMode: triggerMode.register(number)
    case APICRegister.interruptRequest: requested.register(number)
    case APICRegister.errorStatus: errorStatus
    case APICRegister.interruptCommandLow: UInt32(truncatingIfNeeded: interruptCommand)
    case APICRegister.interruptCommandHigh where !isX2:
      UInt32(truncatingIfNeeded: interruptCommand >> 32)
    case APICRegister.localVectorTable:
      vectors[Int(number - APICRegister.localVectorTable.lowerBound)]
    case APICRegister.initialCount: timer.initialCount
    case APICRegister.currentCount: timer.currentCount(at: now)
    case APICRegister.divideConfiguration: timer.divideConfiguration
    default: nil
    }
  }

  /// A write of 32 bits; reserved bits and read-only registers keep what they have. x2APIC mode has
  /// checked them before.
  mutating func write(_ number: UInt32, _ value: UInt32, at now: UInt64) -> Effect {
    switch number {
    case APICRegister.taskPriority: taskPriority = UInt8(truncatingIfNeeded: value)
    case APICRegister.endOfInterrupt:
      if let vector = endInterrupt() { return .endOfInterrupt(vector) }
    case APICRegister.logicalDestination where !isX2: logicalDestination = value & 0xff00_0000
    case APICRegister.destinationFormat where !isX2: destinationFormat = value | 0x0fff_ffff
    case APICRegister.spuriousVector: setSpuriousVector(value)
    case APICRegister.errorStatus: (errorStatus, newErrors) = (newErrors, 0)
    case APICRegister.interruptCommandLow:
      interruptCommand = interruptCommand & ~0xffff_ffff | UInt64(value & 0x000c_cfff)
      return .command
    case APICRegister.interruptCommandHigh where !isX2:
      interruptCommand = interruptCommand & 0xffff_ffff | UInt64(value & 0xff00_0000) << 32
    case APICRegister.localVectorTable: return setVector(number, value)
    case APICRegister.initialCount:
      timer.setInitialCount(value, at: now)
      return .timer
    case APICRegister.divideConfiguration:
      timer.setDivideConfiguration(value, at: now)
      return .timer
    case APICRegister.selfIPI where isX2:
      return .selfInterrupt(UInt8(truncatingIfNeeded: value))
    default:
      if read(number, at: now) == nil, !isX2 { report(APICError.illegalRegister) }
    }
    return .none
  }

  /// SDM 3A, "Local APIC State After It Has Been Software Disabled": all entries are masked.
  private mutating func setSpuriousVector(_ value: UInt32) {
    spuriousVector = value & 0x3ff
    guard !isSoftwareEnabled else { return }
    for entry in LocalVector.allCases { self[entry] |= LocalVector.masked }
  }

  private mutating func setVector(_ number: UInt32, _ value: UInt32) -> Effect {
    let index = Int(number - APICRegister.localVectorTable.lowerBound)
    guard let entry = LocalVector(rawValue: index) else { return .none }
    self[entry] = value & entry.writable | (isSoftwareEnabled ? 0 : LocalVector.masked)
    guard entry == .timer else { return .none }
    timer.setMode(APICTimer.Mode(rawValue: value >> 17 & 3) ?? .reserved)
    return .timer
  }
}
