import Simulator
import X86

/// Fills the monitor's part of memory: what a VMM has there before it executes VMXON.
enum HostArea {
  static func write(to memory: PhysicalMemory) throws {
    let ones = [UInt8](repeating: 0xff, count: 0x1000)
    try memory.write(MonitorLayout.ioBitmapA, ones)
    try memory.write(MonitorLayout.ioBitmapB, ones)
    try memory.write(MonitorLayout.msrBitmaps, msrBitmaps)
    try memory.write(MonitorLayout.hostGDT, gdt.flatMap { littleEndian($0) })
    // CLI, HLT, and back: the prompt plays the host, so this never executes.
    try memory.write(MonitorLayout.hostEntry, [0xfa, 0xf4, 0xeb, 0xfc])
    try writePageTables(to: memory)
    try writeRevision(to: memory, MonitorLayout.vmxonRegion)
    try writeRevision(to: memory, MonitorLayout.vmcs)
  }

  /// SDM 3C, "VMXON Region" and "Format of the VMCS Region": the first 31 bits of either are the
  /// VMCS revision identifier, which software writes. False if something stands there already.
  @discardableResult
  static func writeRevision(to memory: PhysicalMemory, _ region: UInt64) throws -> Bool {
    guard memory.readEntry32(region) == 0 else { return false }
    try memory.write(region, littleEndian(VMXCapabilities.ringside.revisionIdentifier))
    return true
  }

  private static let gdt: [UInt64] = [
    0, 0x00af_9b00_0000_ffff, 0x00cf_9300_0000_ffff,
    0x67 | MonitorLayout.hostTSS << 16 | 0x8b << 40, 0,
  ]

  /// The PML4, one PDPT and four page directories of 2-MiB pages.
  private static func writePageTables(to memory: PhysicalMemory) throws {
    let pml4 = MonitorLayout.hostPageTables
    let pdpt = pml4 + 0x1000
    try memory.write(pml4, littleEndian(pdpt | 0x3))
    for index in 0..<UInt64(4) {
      let directory = pdpt + 0x1000 * (index + 1)
      try memory.write(pdpt + index * 8, littleEndian(directory | 0x3))
      let entries = (0..<UInt64(512)).flatMap { littleEndian(index << 30 | $0 << 21 | 0x83) }
      try memory.write(directory, entries)
    }
  }

  /// MSRs that every VM entry and VM exit switches: the guest's accesses cannot reach the host's.
  private static let switchedMSRs = [
    MSR.sysenterCS, MSR.sysenterESP, MSR.sysenterEIP, MSR.fsBase, MSR.gsBase,
  ]

  /// SDM 3C, "MSR-Bitmap Address": reads of 0 to 1FFFH, reads of C0000000H to C0001FFFH, and writes
  /// of the same.
  private static let msrBitmaps: [UInt8] = {
    var bitmaps = [UInt8](repeating: 0xff, count: 0x1000)
    for msr in switchedMSRs {
      let start = (msr >> 31 == 0 ? 0 : 0x400) + Int(msr & 0x1fff) / 8
      for offset in [start, start + 0x800] { bitmaps[offset] &= ~(1 << UInt8(msr & 7)) }
    }
    return bitmaps
  }()
}
