/// Registers that are read bit by bit: the names of the bits that are 1.
public enum RegisterBits {
  public static func rflags(_ raw: UInt64) -> [String] { RFLAGS(rawValue: raw).setNames }
  public static func cr0(_ raw: UInt64) -> [String] { names(raw, CR0.names) }
  public static func cr4(_ raw: UInt64) -> [String] { names(raw, CR4.names) }
  public static func efer(_ raw: UInt64) -> [String] { names(raw, EFER.names) }

  /// A page fault's error code in words (SDM 3A, "Page-Fault Exceptions"), e.g. "user write, page
  /// not present".
  public static func pageFault(errorCode: UInt32) -> String {
    let who = errorCode & 4 != 0 ? "user" : "supervisor"
    let what = errorCode & 0x10 != 0 ? "fetch" : errorCode & 2 != 0 ? "write" : "read"
    return "\(who) \(what), \(pageFaultCause(errorCode))"
  }

  private static func pageFaultCause(_ code: UInt32) -> String {
    if code & 1 == 0 { return "page not present" }
    if code & 8 != 0 { return "reserved bit set in a paging entry" }
    if code & 0x20 != 0 { return "forbidden by a protection key" }
    if code & 0x40 != 0 { return "shadow-stack rule broken" }
    return "forbidden by the page's rights"
  }

  private static func names(_ raw: UInt64, _ table: [(name: String, bit: Int)]) -> [String] {
    table.filter { (raw >> UInt64($0.bit)) & 1 == 1 }.map(\.name)
  }
}
