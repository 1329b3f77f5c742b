import X86

/// A guest ready to be placed in memory: what the loaders make of a file or a built-in guest.
public struct GuestImage: Sendable, Equatable {
  /// The mode in which the monitor starts the guest.
  public enum Mode: String, Sendable, CaseIterable {
    /// Real mode with CS:IP at the entry.
    case real
    /// 32-bit protected mode, flat segments, paging off.
    case protected
    /// 64-bit mode with the first GiB mapped to itself.
    case long
  }

  /// A piece of guest memory.
  public struct Segment: Sendable, Equatable {
    /// Guest-physical.
    public var address: UInt64
    /// What stands at `address`.
    public var bytes: [UInt8]
    /// Bytes in memory, at least as many as `bytes`; the rest is zero.
    public var memorySize: UInt64

    public init(address: UInt64, bytes: [UInt8], memorySize: UInt64? = nil) {
      self.address = address
      self.bytes = bytes
      self.memorySize = max(memorySize ?? 0, UInt64(bytes.count))
    }
  }

  public var name: String
  /// In ascending order, without overlap.
  public var segments: [Segment]
  /// Guest-physical; below 1 MiB in real mode.
  public var entry: UInt64
  public var mode: Mode
  /// One line about the guest, or about how the file was understood.
  public var note: String
  /// The byte for `GuestMemoryMap.bootParameter`; nil leaves memory there alone.
  public var bootParameter: UInt8?
  /// How a bare machine starts it; nil for the mode and the entry above.
  public var bare: BareBoot?

  public init(
    name: String, segments: [Segment], entry: UInt64, mode: Mode, note: String = "",
    bootParameter: UInt8? = nil
  ) {
    self.name = name
    self.segments = segments
    self.entry = entry
    self.mode = mode
    self.note = note
    self.bootParameter = bootParameter
  }

  /// Writes the segments, their zeros and the boot parameter into the machine's memory.
  ///
  /// Throws `MachineError.outsideMemory` when the machine has less memory than the image was
  /// loaded for.
  public func place(in machine: any VirtualMachine) throws {
    for segment in segments {
      try machine.writePhysical(segment.address, segment.bytes)
      try clear(
        machine, from: segment.address &+ UInt64(segment.bytes.count),
        count: segment.memorySize - UInt64(segment.bytes.count))
    }
    if let bootParameter {
      try machine.writePhysical(GuestMemoryMap.bootParameter, [bootParameter])
    }
  }

  /// Writes zeros a piece at a time, so that a big BSS needs no array of its size.
  private func clear(_ machine: any VirtualMachine, from start: UInt64, count: UInt64) throws {
    let zeros = [UInt8](repeating: 0, count: Int(min(count, 1 << 20)))
    var done: UInt64 = 0
    while done < count {
      let size = min(count - done, UInt64(zeros.count))
      try machine.writePhysical(
        start &+ done, size == zeros.count ? zeros : Array(zeros[..<Int(size)]))
      done += size
    }
  }
}
