/// Bits of CR0 (SDM 3A, "Control Registers").
public enum CR0 {
  public static let pe: UInt64 = 1 << 0
  public static let mp: UInt64 = 1 << 1
  public static let em: UInt64 = 1 << 2
  public static let ts: UInt64 = 1 << 3
  public static let et: UInt64 = 1 << 4
  public static let ne: UInt64 = 1 << 5
  public static let wp: UInt64 = 1 << 16
  public static let am: UInt64 = 1 << 18
  public static let nw: UInt64 = 1 << 29
  public static let cd: UInt64 = 1 << 30
  public static let pg: UInt64 = 1 << 31

  public static let names: [(name: String, bit: Int)] = [
    ("PE", 0), ("MP", 1), ("EM", 2), ("TS", 3), ("ET", 4), ("NE", 5), ("WP", 16), ("AM", 18),
    ("NW", 29), ("CD", 30), ("PG", 31),
  ]
}

/// Bits of CR4 (SDM 3A, "Control Registers").
public enum CR4 {
  public static let vme: UInt64 = 1 << 0
  public static let pvi: UInt64 = 1 << 1
  public static let tsd: UInt64 = 1 << 2
  public static let de: UInt64 = 1 << 3
  public static let pse: UInt64 = 1 << 4
  public static let pae: UInt64 = 1 << 5
  public static let mce: UInt64 = 1 << 6
  public static let pge: UInt64 = 1 << 7
  public static let pce: UInt64 = 1 << 8
  public static let osfxsr: UInt64 = 1 << 9
  public static let osxmmexcpt: UInt64 = 1 << 10
  public static let umip: UInt64 = 1 << 11
  public static let la57: UInt64 = 1 << 12
  public static let vmxe: UInt64 = 1 << 13
  public static let smxe: UInt64 = 1 << 14
  public static let fsgsbase: UInt64 = 1 << 16
  public static let pcide: UInt64 = 1 << 17
  public static let osxsave: UInt64 = 1 << 18
  public static let smep: UInt64 = 1 << 20
  public static let smap: UInt64 = 1 << 21
  public static let pke: UInt64 = 1 << 22
  public static let cet: UInt64 = 1 << 23
  public static let pks: UInt64 = 1 << 24

  public static let names: [(name: String, bit: Int)] = [
    ("VME", 0), ("PVI", 1), ("TSD", 2), ("DE", 3), ("PSE", 4), ("PAE", 5), ("MCE", 6), ("PGE", 7),
    ("PCE", 8), ("OSFXSR", 9), ("OSXMMEXCPT", 10), ("UMIP", 11), ("LA57", 12), ("VMXE", 13),
    ("SMXE", 14), ("FSGSBASE", 16), ("PCIDE", 17), ("OSXSAVE", 18), ("SMEP", 20), ("SMAP", 21),
    ("PKE", 22), ("CET", 23), ("PKS", 24),
  ]
}

/// Bits of IA32_EFER (SDM 3A, "Extended Feature Enable Register").
public enum EFER {
  public static let sce: UInt64 = 1 << 0
  public static let lme: UInt64 = 1 << 8
  public static let lma: UInt64 = 1 << 10
  public static let nxe: UInt64 = 1 << 11

  public static let names: [(name: String, bit: Int)] = [
    ("SCE", 0), ("LME", 8), ("LMA", 10), ("NXE", 11),
  ]
}
