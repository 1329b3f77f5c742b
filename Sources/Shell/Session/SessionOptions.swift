import Monitor

/// How a session starts. Options that can change later are set by `set OPTION VALUE`.
public struct SessionOptions: Sendable {
  public var backend = Monitor.Backend.sim
  /// Each result is written as one JSON object.
  public var json = false
  /// No box drawing, nothing by colour or position alone, one fact a line.
  public var plain = false
  /// Whether text is coloured; the process decides it from `--color`, the terminal and NO_COLOR.
  public var colour = false
  public var seed: UInt64 = 1
  /// Bytes of guest RAM.
  public var memorySize: UInt64 = 16 << 20
  /// Bytes that checkpoints for going back in time may take; 0 keeps none.
  public var checkpointMemory: UInt64 = 256 << 20
  /// The same of a bare machine, on which kernels expect more; it costs what is touched.
  public var bareMemorySize: UInt64 = 128 << 20
  /// Processors of a bare machine.
  public var processorCount = 1
  /// Enter on an empty line repeats stepping, `x` and `continue`.
  public var repeatsOnEnter = false
  /// Instructions after which `run` and `continue` stop by themselves; nil for never.
  public var instructionLimit: UInt64?
  /// What stands behind the commands; tests put a fake here.
  public var machineType: any MonitorNeeds.Type = Monitor.self

  public init() {}
}
