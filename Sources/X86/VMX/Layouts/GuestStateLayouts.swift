/// Guest-state fields in words (SDM 3C, "Guest Register State" and "Guest Non-Register State").
public enum GuestStateLayouts {
  public static func describeActivityState(_ raw: UInt32) -> [FieldValue] {
    activityState.describe(UInt64(raw))
  }

  public static func describeInterruptibility(_ raw: UInt32) -> [FieldValue] {
    interruptibility.describe(UInt64(raw))
  }

  public static func describePendingDebugExceptions(_ raw: UInt64) -> [FieldValue] {
    pendingDebugExceptions.describe(raw)
  }

  public static func describeAccessRights(_ raw: UInt32) -> [FieldValue] {
    accessRights(raw).describe(UInt64(raw))
  }

  private static let activityState: [BitField] = [
    BitField(31, 0, "state", .choice(["active", "HLT", "shutdown", "wait-for-SIPI"]))
  ]

  private static let interruptibility: [BitField] = [
    BitField(0, "blocking by STI", "the instruction after STI has not completed"),
    BitField(1, "blocking by MOV SS", "the instruction after MOV SS or POP SS has not completed"),
    BitField(2, "blocking by SMI", "SMIs are blocked"),
    BitField(3, "blocking by NMI", "NMIs, or virtual NMIs, are blocked"),
    BitField(4, "enclave interruption", "the event interrupted an enclave"),
    .reserved(31, 5),
  ]

  private static let pendingDebugExceptions: [BitField] = [
    BitField(0, "B0", "the condition of DR0 was met"),
    BitField(1, "B1", "the condition of DR1 was met"),
    BitField(2, "B2", "the condition of DR2 was met"),
    BitField(3, "B3", "the condition of DR3 was met"),
    .reserved(10, 4),
    BitField(11, "BLD", "a bus lock was detected"),
    BitField(12, "enabled breakpoint", "an enabled data or I/O breakpoint was met"),
    .reserved(13, 13),
    BitField(14, "BS", "a single step is pending"),
    .reserved(15, 15),
    BitField(16, "RTM", "inside a transactional region"),
    .reserved(63, 17),
  ]

  private static func accessRights(_ raw: UInt32) -> [BitField] {
    let isCodeOrData = raw & 0x10 != 0
    return [
      BitField(3, 0, "type", .choice(isCodeOrData ? codeAndDataTypes : systemTypes)),
      BitField(4, "S", "code or data", else: "system"),
      BitField(6, 5, "DPL", .decimal("privilege level")),
      BitField(7, "P", "present", else: "not present"),
      .reserved(11, 8),
      BitField(12, "AVL", "set, for software to use", else: "clear, for software to use"),
      BitField(13, "L", "64-bit code", else: "not 64-bit code"),
      BitField(14, "D/B", "32-bit by default", else: "16-bit by default, or 64-bit code"),
      BitField(15, "G", "limit counted in 4 KiB", else: "limit counted in bytes"),
      BitField(16, "unusable", "the register holds no usable segment", else: "usable"),
      .reserved(31, 17),
    ]
  }

  // SDM 3A, "Code- and Data-Segment Descriptor Types"
  private static let codeAndDataTypes = [
    "read-only data", "read-only data, accessed", "read/write data", "read/write data, accessed",
    "read-only expand-down data", "read-only expand-down data, accessed",
    "read/write expand-down data", "read/write expand-down data, accessed",
    "execute-only code", "execute-only code, accessed", "execute/read code",
    "execute/read code, accessed", "execute-only conforming code",
    "execute-only conforming code, accessed", "execute/read conforming code",
    "execute/read conforming code, accessed",
  ]

  // SDM 3A, "System Descriptor Types"
  private static let systemTypes = [
    "", "16-bit TSS, available", "LDT", "16-bit TSS, busy", "16-bit call gate", "task gate",
    "16-bit interrupt gate", "16-bit trap gate", "", "TSS (32-bit or 64-bit), available", "",
    "TSS (32-bit or 64-bit), busy", "call gate", "", "interrupt gate", "trap gate",
  ]
}
