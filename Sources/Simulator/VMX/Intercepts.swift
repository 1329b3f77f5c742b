import X86

// SDM 3C, "Instructions That Cause VM Exits Conditionally". The cached controls are all 0 outside
// non-root operation, so none of these needs to ask where it is.
extension Processor {
  /// Exits if a primary control asks for it.
  @inline(__always)
  func intercept(
    primary control: UInt64, _ reason: ExitReason, qualification: @autoclosure () -> UInt64 = 0
  ) throws(Fault) {
    if vmx.primaryControls & control != 0 {
      throw vmExit(reason.rawValue, qualification: qualification())
    }
  }

  func interceptHLT() throws(Fault) { try intercept(primary: PrimaryControls.hltExiting, .hlt) }
  func interceptPAUSE() throws(Fault) {
    try intercept(primary: PrimaryControls.pauseExiting, .pause)
  }
  func interceptRDTSC() throws(Fault) {
    try intercept(primary: PrimaryControls.rdtscExiting, .rdtsc)
  }
  func interceptRDPMC() throws(Fault) {
    try intercept(primary: PrimaryControls.rdpmcExiting, .rdpmc)
  }
  func interceptMONITOR() throws(Fault) {
    try intercept(primary: PrimaryControls.monitorExiting, .monitor)
  }
  /// `armed`: address-range monitoring is set up.
  func interceptMWAIT(armed: Bool) throws(Fault) {
    try intercept(primary: PrimaryControls.mwaitExiting, .mwait, qualification: armed ? 1 : 0)
  }
  func interceptINVLPG(_ linear: UInt64) throws(Fault) {
    try intercept(primary: PrimaryControls.invlpgExiting, .invlpg, qualification: linear)
  }

  /// SDM 3C, "Changes to Instruction Behavior in VMX Non-Root Operation": RDTSCP and RDPID are #UD in
  /// a guest that may not execute them.
  func requireRDTSCP() throws(Fault) {
    if vmx.isNonRoot, vmx.secondaryControls & SecondaryControls.enableRDTSCP == 0 {
      throw undefinedOpcode
    }
  }

  func interceptRDTSCP() throws(Fault) {
    try intercept(primary: PrimaryControls.rdtscExiting, .rdtscp)
  }

  /// #UD in a guest that may not execute it, then the exit of INVLPG exiting.
  func interceptINVPCID(displacement: UInt64, information: UInt32) throws(Fault) {
    if vmx.isNonRoot, vmx.secondaryControls & SecondaryControls.enableINVPCID == 0 {
      throw undefinedOpcode
    }
    if vmx.primaryControls & PrimaryControls.invlpgExiting != 0 {
      throw vmExit(
        ExitReason.invpcid.rawValue, qualification: displacement, information: information)
    }
  }

  /// WBINVD and WBNOINVD.
  func interceptWBINVD() throws(Fault) {
    if vmx.secondaryControls & SecondaryControls.wbinvdExiting != 0 {
      throw vmExit(ExitReason.wbinvd.rawValue)
    }
  }

  /// LGDT, LIDT, SGDT, SIDT (`.gdtrOrIDTRAccess`), LLDT, LTR, SLDT, STR (`.ldtrOrTRAccess`).
  func interceptDescriptorTable(
    _ reason: ExitReason, displacement: UInt64, information: UInt32
  ) throws(Fault) {
    if vmx.secondaryControls & SecondaryControls.descriptorTableExiting != 0 {
      throw vmExit(reason.rawValue, qualification: displacement, information: information)
    }
  }

  /// CPUID, INVD, XSETBV, GETSEC: they exit always.
  func interceptAlways(_ reason: ExitReason) throws(Fault) {
    if vmx.isNonRoot { throw vmExit(reason.rawValue) }
  }

  /// The time-stamp counter as RDTSC, RDTSCP and RDMSR read it here.
  var timeStampCounter: UInt64 { time &+ msrs.tscBase &+ vmx.tscOffset }

  // MARK: I/O

  /// SDM 3C, "Processor-Based VM-Execution Controls": the bitmaps, if used, decide alone.
  func interceptsIO(port: UInt16, size: Int) -> Bool {
    if vmx.primaryControls & PrimaryControls.useIOBitmaps == 0 {
      return vmx.primaryControls & PrimaryControls.unconditionalIOExiting != 0
    }
    let last = UInt32(port) &+ UInt32(truncatingIfNeeded: size) &- 1
    // An access that wraps around the port space always exits.
    if last > 0xffff { return true }
    var current = UInt32(port)
    while current <= last {
      if isSet(bit: current & 0x7fff, at: current < 0x8000 ? vmx.ioBitmapA : vmx.ioBitmapB) {
        return true
      }
      current &+= 1
    }
    return false
  }

  /// IN, OUT, INS and OUTS, as the exit qualification describes them.
  func interceptIO(
    port: UInt16, size: Int, isInput: Bool, isString: Bool = false, isRepeated: Bool = false,
    isImmediate: Bool = false, information: UInt32 = 0, linear: UInt64? = nil
  ) throws(Fault) {
    guard interceptsIO(port: port, size: size) else { return }
    let fault = vmExit(
      ExitReason.ioInstruction.rawValue,
      qualification: ExitQualificationBits.io(
        port: port, size: size, isInput: isInput, isString: isString, isRepeated: isRepeated,
        isImmediate: isImmediate),
      information: information)
    pendingExit.guestLinear = linear
    throw fault
  }

  // MARK: MSRs

  func interceptRDMSR(_ index: UInt32) throws(Fault) {
    if interceptsMSR(index, isWrite: false) { throw vmExit(ExitReason.rdmsr.rawValue) }
  }

  func interceptWRMSR(_ index: UInt32) throws(Fault) {
    if interceptsMSR(index, isWrite: true) { throw vmExit(ExitReason.wrmsr.rawValue) }
  }

  /// SDM 3C, "MSR-Bitmap Address": four parts of 1 KiB, read low, read high, write low, write high.
  func interceptsMSR(_ index: UInt32, isWrite: Bool) -> Bool {
    guard vmx.isNonRoot else { return false }
    guard vmx.primaryControls & PrimaryControls.useMSRBitmaps != 0 else { return true }
    let isHigh = index >> 13 == 0xc000_0000 >> 13
    guard index >> 13 == 0 || isHigh else { return true }
    let part: UInt64 = (isHigh ? 1024 : 0) + (isWrite ? 2048 : 0)
    return isSet(bit: index & 0x1fff, at: vmx.msrBitmaps &+ part)
  }

  private func isSet(bit: UInt32, at bitmap: UInt64) -> Bool {
    let byte = memory.load(bitmap &+ UInt64(bit >> 3), as: UInt8.self)
    return byte >> UInt8(bit & 7) & 1 != 0
  }

  // MARK: Exceptions

  /// SDM 3C, "Exception Bitmap": for a page fault the bit counts if (error code AND mask) = match,
  /// and its opposite otherwise.
  func interceptsException(_ vector: UInt8, errorCode: UInt32) -> Bool {
    guard vmx.isNonRoot, vector < 32 else { return false }
    let isSet = (vmx.exceptionBitmap >> UInt32(vector)) & 1 != 0
    guard vector == 14 else { return isSet }
    return isSet == (errorCode & vmx.pageFaultMask == vmx.pageFaultMatch)
  }

  /// Exits for an exception that the bitmap selects. `type` is that of the interruption
  /// information: 3 hardware exception, 5 INT1, 6 INT3 and INTO.
  func interceptException(_ exception: PendingException, type: UInt8 = 3) throws(Fault) {
    guard interceptsException(exception.vector, errorCode: exception.errorCode) else { return }
    // SDM 3C, "Exit Qualification": DR6 bits for #DB, the linear address for #PF.
    let carriesPayload = exception.vector == 1 || exception.vector == 14
    let fault = vmExit(
      ExitReason.exceptionOrNMI.rawValue, qualification: carriesPayload ? exception.payload : 0)
    pendingExit.interruptionInformation =
      1 << 31 | (exception.hasErrorCode ? 1 << 11 : 0) | UInt32(type) << 8
      | (endedNMIBlocking && exception.vector != 8 ? 1 << 12 : 0) | UInt32(exception.vector)
    pendingExit.interruptionErrorCode = exception.hasErrorCode ? exception.errorCode : 0
    throw fault
  }

  /// An exception while the double-fault handler is called.
  func tripleFaultExit() -> Fault { vmExit(ExitReason.tripleFault.rawValue) }
}

/// Exit qualifications, shaped as the manual's tables.
enum ExitQualificationBits {
  /// SDM 3C, "Exit Qualification for I/O Instructions".
  static func io(
    port: UInt16, size: Int, isInput: Bool, isString: Bool, isRepeated: Bool, isImmediate: Bool
  ) -> UInt64 {
    (UInt64(truncatingIfNeeded: size) &- 1) & 7
      | (isInput ? 1 << 3 : 0)
      | (isString ? 1 << 4 : 0)
      | (isRepeated ? 1 << 5 : 0)
      | (isImmediate ? 1 << 6 : 0)
      | UInt64(port) << 16
  }

  /// SDM 3C, "Exit Qualification for Control-Register Accesses": 0 MOV to CR, 1 MOV from CR.
  static func movCR(_ number: UInt64, from: Bool, register: UInt8) -> UInt64 {
    number | (from ? 1 << 4 : 0) | UInt64(register & 15) << 8
  }

  static let clts: UInt64 = 2 << 4

  static func lmsw(_ source: UInt16, isMemory: Bool) -> UInt64 {
    3 << 4 | (isMemory ? 1 << 6 : 0) | UInt64(source) << 16
  }

  /// SDM 3C, "Exit Qualification for MOV DR".
  static func movDR(_ number: UInt8, from: Bool, register: UInt8) -> UInt64 {
    UInt64(number & 7) | (from ? 1 << 4 : 0) | UInt64(register & 15) << 8
  }
}
