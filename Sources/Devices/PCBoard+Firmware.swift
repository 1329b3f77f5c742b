/// What firmware would have done before it starts a kernel. Nothing of it happens when a ROM starts.
extension PCBoard {
  /// What the firmware configuration and the CMOS memory say of the machine.
  public func describe(
    processors: Int, memory: RAMLayout, commandLine: String = ""
  ) {
    let count = UInt16(clamping: processors)
    firmware.set(FirmwareConfiguration.Key.processors, count)
    firmware.set(FirmwareConfiguration.Key.mostProcessors, count)
    firmware.set(FirmwareConfiguration.Key.memorySize, memory.low &+ memory.high)
    let text = Array(commandLine.utf8) + [0]
    firmware.set(FirmwareConfiguration.Key.commandLine, text)
    firmware.set(
      FirmwareConfiguration.Key.commandLineSize, UInt32(truncatingIfNeeded: text.count))
    // The rows of E820: base, length, type.
    firmware.setFile(
      "etc/e820",
      memory.map.flatMap { row in
        Self.bytes(row.start) + Self.bytes(row.length) + Self.bytes(row.kind.rawValue)
      })
    describeInCMOS(processors: processors, memory: memory)
  }

  /// By a PC's custom: memory below 1 MiB and above it in KiB, above 16 MiB and above 4 GiB in units
  /// of 64 KiB.
  private func describeInCMOS(processors: Int, memory: RAMLayout) {
    let kilobyte: UInt64 = 1 << 10
    let extended = min((max(memory.low, 1 << 20) - 1 << 20) / kilobyte, 0xffff)
    let above16 = min((max(memory.low, 16 << 20) - 16 << 20) / (64 * kilobyte), 0xffff)
    let above4G = min(memory.high / (64 * kilobyte), 0xff_ffff)
    for (index, value) in [
      (0x15, 640), (0x17, extended), (0x30, extended), (0x34, above16), (0x5b, above4G),
    ] as [(Int, UInt64)] {
      rtc.setMemory(index, UInt8(truncatingIfNeeded: value))
      rtc.setMemory(index + 1, UInt8(truncatingIfNeeded: value >> 8))
    }
    rtc.setMemory(0x5d, UInt8(truncatingIfNeeded: above4G >> 16))
    rtc.setMemory(0x5f, UInt8(clamping: processors - 1))
    // Equipment: no FPU, no display, no diskette.
    rtc.setMemory(0x14, 0)
  }

  /// The interrupt controllers and the timer as a PC's firmware leaves them: vectors 0x08 and 0x70
  /// with all lines masked, 18.2 ticks a second, the refresh timer running.
  public func initialise() {
    for (register, value) in [
      (3, 0x34), (0, 0), (0, 0), (3, 0x54), (1, 18), (3, 0xb6), (2, 0), (2, 0),
    ] as [(UInt64, UInt64)] {
      pit.write(offset: register, size: 1, value: value)
    }
    refreshLines()
    // ICW1 forgets the edge that the timer's output has just made.
    for (chip, commands) in [
      (pics.master, [0x11, 0x08, 0x04, 0x01, 0xfb] as [UInt64]),
      (pics.slave, [0x11, 0x70, 0x02, 0x01, 0xff]),
    ] {
      chip.write(offset: 0, size: 1, value: commands[0])
      for value in commands.dropFirst() { chip.write(offset: 1, size: 1, value: value) }
    }
    refreshLines()
  }

  private static func bytes<Number: FixedWidthInteger>(_ value: Number) -> [UInt8] {
    (0..<Number.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
  }
}
