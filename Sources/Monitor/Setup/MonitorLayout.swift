import Simulator

/// What the monitor keeps in host-physical memory, below the guest's RAM.
public enum MonitorLayout {
  public struct Row: Sendable, Equatable {
    public var name: String
    /// Host-physical.
    public var range: Range<UInt64>
    /// What it is for, in words.
    public var purpose: String
  }

  public static let vmxonRegion: UInt64 = 0x1000
  public static let vmcs: UInt64 = 0x2000
  public static let ioBitmapA: UInt64 = 0x3000
  public static let ioBitmapB: UInt64 = 0x4000
  public static let msrBitmaps: UInt64 = 0x5000
  public static let hostGDT: UInt64 = 0x6000
  public static let hostIDT: UInt64 = 0x7000
  public static let hostTSS: UInt64 = 0x8000
  /// The stack grows down from here.
  public static let hostStackTop: UInt64 = 0xa000
  public static let hostEntry: UInt64 = 0xa000
  public static let hostPageTables: UInt64 = 0x10000
  /// Pages that nothing uses, for regions of the learner's own.
  public static let free: Range<UInt64> = 0x20000..<0x10_0000
  public static let eptTables: Range<UInt64> = 0x10_0000..<SimulatedMachine.monitorReserve

  /// In ascending order.
  public static let rows: [Row] = [
    page(vmxonRegion, "VMXON region", "the processor's own; VMXON takes its address"),
    page(vmcs, "VMCS", "of the guest; VMCLEAR and VMPTRLD take its address"),
    page(ioBitmapA, "I/O bitmap A", "a bit a port, 0 to 0x7fff: all 1, each access exits"),
    page(ioBitmapB, "I/O bitmap B", "a bit a port, 0x8000 to 0xffff: all 1"),
    page(msrBitmaps, "MSR bitmaps", "a bit a MSR, read and write: 0 where none exits"),
    page(hostGDT, "host GDT", "null, code, data, TSS"),
    page(hostIDT, "host IDT", "empty: the prompt takes no interrupts"),
    page(hostTSS, "host TSS", "VM exits load TR"),
    page(0x9000, "host stack", "HOST_RSP points to its end"),
    page(hostEntry, "host entry", "HOST_RIP: where the processor goes on after a VM exit"),
    Row(
      name: "host page tables", range: hostPageTables..<0x16000,
      purpose: "4-level, the first 4 GiB mapped to themselves; HOST_CR3"),
    Row(name: "free", range: free, purpose: "for VMXON regions and VMCSs of your own"),
    Row(
      name: "EPT tables", range: eptTables,
      purpose: "guest-physical to host-physical; EPT_POINTER"),
  ]

  private static func page(_ address: UInt64, _ name: String, _ purpose: String) -> Row {
    Row(name: name, range: address..<(address + 0x1000), purpose: purpose)
  }

  /// Whether a region of the learner's may lie at `address`, and the monitor may prepare it.
  static func isRegion(_ address: UInt64) -> Bool {
    address & 0xfff == 0 && (address == vmxonRegion || address == vmcs || free.contains(address))
  }
}
