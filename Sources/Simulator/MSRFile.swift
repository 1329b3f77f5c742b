/// Model-specific registers that are not state of something else, by the manual's names.
struct MSRFile: Sendable, Equatable {
  /// Locked, with VMX outside SMX enabled, as firmware leaves it.
  var featureControl: UInt64 = 5
  /// Fast strings, MONITOR and MWAIT; no branch trace store, no precise event-based sampling.
  var miscEnable: UInt64 = 1 << 18 | 0x1801
  var pat: UInt64 = 0x0007_0406_0007_0406
  var debugControl: UInt64 = 0
  var sysenterCS: UInt64 = 0
  var sysenterESP: UInt64 = 0
  var sysenterEIP: UInt64 = 0
  var star: UInt64 = 0
  var lstar: UInt64 = 0
  var cstar: UInt64 = 0
  var fmask: UInt64 = 0
  var kernelGSBase: UInt64 = 0
  var tscAux: UInt64 = 0
  /// Added to the processor's time to give the TSC.
  var tscBase: UInt64 = 0
  var tscAdjust: UInt64 = 0
  var mtrrDefaultType: UInt64 = 0
  var mtrrs = [UInt64](repeating: 0, count: MTRR.count)
  var mcgStatus: UInt64 = 0
  var perfGlobalControl: UInt64 = 0
  var bndcfgs: UInt64 = 0
}
