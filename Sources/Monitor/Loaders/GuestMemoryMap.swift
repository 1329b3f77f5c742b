/// Where the monitor puts what it sets up for a guest, in guest-physical addresses below 0x8000.
public enum GuestMemoryMap {
  /// The GDT of guests that start in protected or long mode.
  public static let gdt: Range<UInt64> = 0x500..<0x600
  /// The page tables of guests that start in long mode: PML4, PDPT and page directories.
  public static let pageTables: Range<UInt64> = 0x2000..<0x7000
  /// The byte that tells a built-in guest how to make its hypercall: 0 by VMCALL, 1 by OUT.
  public static let bootParameter: UInt64 = 0x7000

  /// All of the above must be memory.
  public static let minimumMemory: UInt64 = 0x8000

  /// What a guest that starts in `mode` must leave alone, with a name for each.
  static func reserved(for mode: GuestImage.Mode) -> [(name: String, range: Range<UInt64>)] {
    switch mode {
    case .real: []
    case .protected: [("the monitor's GDT", gdt)]
    case .long: [("the monitor's GDT", gdt), ("the monitor's page tables", pageTables)]
    }
  }
}
