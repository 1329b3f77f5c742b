/// The state of one local APIC (SDM 3A, "Advanced Programmable Interrupt Controller (APIC)").
///
/// A value: what it does to its processor and sends to others is in Processor+LocalAPIC.swift and
/// SystemBus.swift. Times are nanoseconds of its processor's time.
struct LocalAPIC: Sendable {
  /// The x2APIC identifier. It is fixed; xAPIC mode shows its low 8 bits.
  let id: UInt32
  /// IA32_APIC_BASE.
  var base: UInt64
  var taskPriority: UInt8 = 0
  var logicalDestination: UInt32 = 0
  var destinationFormat: UInt32 = ~0
  var spuriousVector: UInt32 = 0xff
  /// As ESR reads, and the errors since it was last written.
  var errorStatus: UInt32 = 0
  var newErrors: UInt32 = 0
  var interruptCommand: UInt64 = 0
  var vectors = [UInt32](repeating: LocalVector.masked, count: LocalVector.allCases.count)
  var inService = VectorSet()
  var triggerMode = VectorSet()
  var requested = VectorSet()
  var timer = APICTimer()
  /// The level at the LINT0 pin.
  var lint0 = false
  /// An I/O APIC has sent an interrupt of delivery mode ExtINT.
  var hasExternalMessage = false

  static let enabled: UInt64 = 1 << 11
  static let extended: UInt64 = 1 << 10
  static let bootstrap: UInt64 = 1 << 8

  init(id: UInt32) {
    self.id = id
    base = 0xfee0_0000 | LocalAPIC.enabled | (id == 0 ? LocalAPIC.bootstrap : 0)
    initialise()
  }

  /// SDM 3A, "Local APIC State After Power-Up or Reset" and "After It Receives an INIT-Deassert IPI":
  /// all but the identifier and IA32_APIC_BASE. LINT0 of the bootstrap processor is left as firmware
  /// leaves it, in virtual wire mode, because guests are also started without firmware.
  mutating func initialise() {
    let (base, lint0) = (base, lint0)
    self = LocalAPIC(id: id, base: base, lint0: lint0)
    if base & LocalAPIC.bootstrap != 0 { self[.lint0] = 0x700 }
    if isX2 { logicalDestination = x2LogicalDestination }
  }

  private init(id: UInt32, base: UInt64, lint0: Bool) {
    self.id = id
    self.base = base
    self.lint0 = lint0
  }

  subscript(_ entry: LocalVector) -> UInt32 {
    get { vectors[entry.rawValue] }
    set { vectors[entry.rawValue] = newValue }
  }

  // MARK: Modes

  var isEnabled: Bool { base & LocalAPIC.enabled != 0 }
  var isX2: Bool { base & LocalAPIC.extended != 0 }
  /// Bit 8 of the spurious-interrupt vector register.
  var isSoftwareEnabled: Bool { isEnabled && spuriousVector & 0x100 != 0 }
  /// The page of the registers in xAPIC mode.
  var page: UInt64? { isEnabled && !isX2 ? (base & 0xff_ffff_f000) >> 12 : nil }

  /// SDM 3A, "Logical x2APIC ID": cluster in the upper half, one bit in the lower.
  private var x2LogicalDestination: UInt32 { (id >> 4) << 16 | 1 << (id & 15) }

  /// Loads IA32_APIC_BASE. False for #GP: SDM 3A, "x2APIC State Transitions".
  mutating func setBase(_ value: UInt64) -> Bool {
    let reserved = ~((UInt64(1) << Processor.physicalAddressWidth) - 1) | 0x2ff
    guard value & reserved == 0 else { return false }
    let isEnabling = value & LocalAPIC.enabled != 0
    let isExtending = value & LocalAPIC.extended != 0
    if isExtending, !isEnabling || !isEnabled { return false }
    if isX2, isEnabling, !isExtending { return false }
    let wasX2 = isX2
    let wasEnabled = isEnabled
    base = value
    if wasEnabled, !isEnabling {
      let priority = taskPriority
      initialise()
      taskPriority = priority
    }
    if isX2, !wasX2 {
      logicalDestination = x2LogicalDestination
      interruptCommand &= 0xffff_ffff
    }
    return true
  }

  // MARK: Priorities

  /// SDM 3A, "Task and Processor Priorities".
  var processorPriority: UInt8 {
    let service = inService.highest ?? 0
    return taskPriority >> 4 >= service >> 4 ? taskPriority : service & 0xf0
  }

  /// The vector that the processor is to be interrupted with; nil if none is above its priority.
  var deliverable: UInt8? {
    guard isSoftwareEnabled, let vector = requested.highest, vector >> 4 > processorPriority >> 4
    else { return nil }
    return vector
  }

  /// The interrupt-acknowledge: the vector goes into service.
  mutating func acknowledge(_ vector: UInt8) {
    requested[vector] = false
    inService[vector] = true
  }

  /// SDM 3A, "Signaling Interrupt Servicing Completion": the vector that leaves service, if it was
  /// level-triggered.
  mutating func endInterrupt() -> UInt8? {
    guard let vector = inService.highest else { return nil }
    inService[vector] = false
    return triggerMode[vector] ? vector : nil
  }

  /// Takes in a fixed or lowest-priority interrupt. SDM 3A, "Valid Interrupt Vectors".
  mutating func accept(_ vector: UInt8, isLevel: Bool = false) {
    guard isSoftwareEnabled else { return }
    if vector < 16 { return report(APICError.receivedIllegalVector) }
    requested[vector] = true
    triggerMode[vector] = isLevel
  }

  /// SDM 3A, "Error Handling": each new error raises the interrupt of the LVT error register.
  mutating func report(_ error: UInt32) {
    let isNew = newErrors & error == 0
    newErrors |= error
    let entry = self[.error]
    guard isNew, entry & LocalVector.masked == 0 else { return }
    let vector = UInt8(truncatingIfNeeded: entry)
    if vector < 16 { newErrors |= APICError.receivedIllegalVector } else { accept(vector) }
  }

  /// Raises the interrupt of a local source, unless its entry masks it.
  mutating func raise(_ entry: LocalVector) {
    guard self[entry] & LocalVector.masked == 0 else { return }
    accept(UInt8(truncatingIfNeeded: self[entry]))
  }

  // MARK: Destinations

  /// SDM 3A, "Determining IPI Destination". `isWide`: the destination has 32 bits, as x2APIC mode
  /// sends it.
  func matches(_ destination: UInt32, isLogical: Bool, isWide: Bool) -> Bool {
    guard isEnabled else { return false }
    if destination == (isWide ? ~0 : 0xff) { return true }
    if !isLogical { return destination == (isX2 ? id : id & 0xff) }
    if isX2 {
      return destination >> 16 == logicalDestination >> 16
        && destination & logicalDestination & 0xffff != 0
    }
    let mine = logicalDestination >> 24
    // Flat model, or clusters of four.
    if destinationFormat >> 28 == 0xf { return destination & mine & 0xff != 0 }
    return destination >> 4 & 0xf == mine >> 4 && destination & mine & 0xf != 0
  }
}

/// Bits of the error status register.
enum APICError {
  static let sentIllegalVector: UInt32 = 1 << 5
  static let receivedIllegalVector: UInt32 = 1 << 6
  static let illegalRegister: UInt32 = 1 << 7
}
