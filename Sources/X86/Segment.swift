/// A segment register with its hidden part. `access` has the layout of the VMCS access-rights
/// fields (SDM 3C, "Guest Register State"): type 3:0, S 4, DPL 6:5, P 7, AVL 12, L 13, D/B 14,
/// G 15, unusable 16.
public struct Segment: Equatable, Sendable {
  public var selector: UInt16
  public var base: UInt64
  /// The limit in bytes, already scaled by the granularity bit.
  public var limit: UInt32
  public var access: UInt32

  public init(selector: UInt16, base: UInt64, limit: UInt32, access: UInt32) {
    self.selector = selector
    self.base = base
    self.limit = limit
    self.access = access
  }

  /// A data segment as real mode loads it: base = selector * 16, limit 64 KiB, read/write, accessed.
  public static func realMode(selector: UInt16) -> Segment {
    Segment(selector: selector, base: UInt64(selector) << 4, limit: 0xffff, access: 0x93)
  }

  /// A segment register that holds no usable segment.
  public static func unusable(selector: UInt16 = 0) -> Segment {
    Segment(selector: selector, base: 0, limit: 0, access: 0x1_0000)
  }

  /// Decodes an 8-byte code, data or system descriptor (SDM 3A, "Segment Descriptors").
  public init(selector: UInt16, descriptor: UInt64) {
    let raw = UInt32((descriptor & 0xffff) | ((descriptor >> 32) & 0xf_0000))
    let rights = UInt32(truncatingIfNeeded: descriptor >> 40) & 0xf0ff
    self.selector = selector
    base = ((descriptor >> 16) & 0xff_ffff) | ((descriptor >> 32) & 0xff00_0000)
    limit = rights & 0x8000 != 0 ? (raw << 12) | 0xfff : raw
    access = rights
  }

  public var type: UInt8 { UInt8(access & 0xf) }
  /// S: a code or data segment (1) or a system descriptor (0).
  public var isCodeOrData: Bool { access & 0x10 != 0 }
  public var dpl: Int { Int(access >> 5) & 3 }
  public var isPresent: Bool { access & 0x80 != 0 }
  /// L: 64-bit code.
  public var isLong: Bool { access & 0x2000 != 0 }
  /// D/B: 32-bit default sizes, or a 32-bit stack pointer.
  public var is32Bit: Bool { access & 0x4000 != 0 }
  public var granularity: Bool { access & 0x8000 != 0 }
  public var isUnusable: Bool { access & 0x1_0000 != 0 }
  public var isCode: Bool { isCodeOrData && access & 8 != 0 }
  public var isConforming: Bool { isCode && access & 4 != 0 }
  public var isExpandDown: Bool { isCodeOrData && access & 0xc == 4 }
  /// A data segment, or a readable code segment.
  public var isReadable: Bool { isCodeOrData && (access & 8 == 0 || access & 2 != 0) }
  public var isWritable: Bool { isCodeOrData && access & 0xa == 2 }
  /// Requested privilege level of the selector.
  public var rpl: Int { Int(selector & 3) }
}
