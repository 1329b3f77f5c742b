/// Layouts of the exit qualification, in the order of the basic exit reasons that use them.
extension ExitQualification {
  // SDM 3C, "Exit Qualification for Debug Exceptions"
  static let debugException: [BitField] = [
    BitField(0, "B0", "the condition of DR0 was met"),
    BitField(1, "B1", "the condition of DR1 was met"),
    BitField(2, "B2", "the condition of DR2 was met"),
    BitField(3, "B3", "the condition of DR3 was met"),
    .reserved(10, 4),
    BitField(11, "BLD", "a bus lock was detected"),
    .reserved(12, 12),
    BitField(13, "BD", "a debug register was about to be accessed with DR7.GD=1"),
    BitField(14, "BS", "single step, or a taken branch with DEBUGCTL.BTF=1"),
    .reserved(15, 15),
    BitField(16, "RTM", "inside a transactional region"),
    .reserved(63, 17),
  ]

  static let linearAddress: [BitField] = [
    BitField(63, 0, "linear address", .hexadecimal("address"))
  ]

  static let startupIPI: [BitField] = [
    BitField(7, 0, "vector", .hexadecimal("the processor starts at 4096 times")),
    .reserved(63, 8),
  ]

  // SDM 3C, "Exit Qualification for Task Switches"
  static let taskSwitch: [BitField] = [
    BitField(15, 0, "TSS selector", .hexadecimal("selector of the new TSS")),
    .reserved(29, 16),
    BitField(31, 30, "source", .choice(["CALL", "IRET", "JMP", "task gate in the IDT"])),
    .reserved(63, 32),
  ]

  // SDM 3C, "Exit Qualification for Control-Register Accesses"
  static let controlRegisterAccess: [BitField] = [
    BitField(3, 0, "control register", .decimal("CR")),
    BitField(5, 4, "access type", .choice(["MOV to CR", "MOV from CR", "CLTS", "LMSW"])),
    BitField(6, "LMSW operand", "memory", else: "register"),
    .reserved(7, 7),
    BitField(11, 8, "general register", .generalRegister),
    .reserved(15, 12),
    BitField(31, 16, "LMSW source", .hexadecimal("operand of LMSW")),
    .reserved(63, 32),
  ]

  // SDM 3C, "Exit Qualification for MOV DR"
  static let debugRegisterAccess: [BitField] = [
    BitField(2, 0, "debug register", .decimal("DR")),
    .reserved(3, 3),
    BitField(4, "direction", "MOV from DR", else: "MOV to DR"),
    .reserved(7, 5),
    BitField(11, 8, "general register", .generalRegister),
    .reserved(63, 12),
  ]

  // SDM 3C, "Exit Qualification for I/O Instructions"
  static let ioInstruction: [BitField] = [
    BitField(2, 0, "size", .choice(["1 byte", "2 bytes", "", "4 bytes"])),
    BitField(3, "direction", "IN", else: "OUT"),
    BitField(4, "string", "string instruction (INS or OUTS)", else: "not a string instruction"),
    BitField(5, "REP", "REP prefix", else: "no REP prefix"),
    BitField(6, "operand encoding", "port in an immediate", else: "port in DX"),
    .reserved(15, 7),
    BitField(31, 16, "port", .hexadecimal("port")),
    .reserved(63, 32),
  ]

  // SDM 3C, "VM-Entry Failures During or After Loading Guest State"
  static let entryFailureGuestState: [BitField] = [
    BitField(
      63, 0, "code",
      .choice([
        "a guest-state check failed, see `check`", "",
        "a PDPTE could not be loaded",
        "NMI injected while blocking by STI",
        "invalid VMCS link pointer",
      ]))
  ]

  static let entryFailureMSRLoading: [BitField] = [
    BitField(63, 0, "entry", .decimal("failing entry of the VM-entry MSR-load list: number"))
  ]

  static let mwait: [BitField] = [
    BitField(0, "armed", "address monitoring was armed", else: "address monitoring was not armed"),
    .reserved(63, 1),
  ]

  // SDM 3C, "Exit Qualification for APIC-Access VM Exits"
  static let apicAccess: [BitField] = [
    BitField(11, 0, "offset", .hexadecimal("offset in the APIC page")),
    BitField(
      15, 12, "access type",
      .choice([
        "linear data read", "linear data write", "linear instruction fetch",
        "linear access during event delivery", "linear access for monitoring", "", "", "", "", "",
        "guest-physical access during event delivery",
        "guest-physical access for monitoring or trace", "", "", "",
        "guest-physical access for a fetch or during an instruction",
      ])),
    BitField(16, "asynchronous", "not caused by the current instruction"),
    .reserved(63, 17),
  ]

  static let virtualizedEOI: [BitField] = [
    BitField(7, 0, "vector", .decimal("EOI of vector")),
    .reserved(63, 8),
  ]

  // SDM 3C, "Exit Qualification for EPT Violations"
  static let eptViolation: [BitField] = [
    BitField(0, "read", "the access was a data read"),
    BitField(1, "write", "the access was a data write"),
    BitField(2, "fetch", "the access was an instruction fetch"),
    BitField(3, "readable", "every EPT entry used allows reads", else: "EPT allows no read"),
    BitField(4, "writable", "every EPT entry used allows writes", else: "EPT allows no write"),
    BitField(5, "executable", "every EPT entry used allows fetches", else: "EPT allows no fetch"),
    BitField(
      6, "user executable", "every EPT entry used allows user fetches",
      else: "no user fetch, or no mode-based execute control"),
    BitField(
      7, "GLA valid", "the guest-linear address is valid", else: "no guest-linear address"),
    BitField(
      8, "final translation", "the access was to the translation of the linear address",
      else: "the access was to a guest paging-structure entry, or bit 7 is 0"),
    BitField(9, "user page", "the linear address is user-mode"),
    BitField(10, "writable page", "guest paging allows writes"),
    BitField(11, "XD page", "guest paging forbids fetches"),
    BitField(12, "NMI unblocking", "IRET had just removed blocking by NMI"),
    BitField(13, "shadow stack", "the access was a shadow-stack access"),
    BitField(14, "supervisor shadow stack", "bit 60 of the EPT leaf entry was 1"),
    BitField(15, "guest-paging verification", "guest-paging verification failed"),
    BitField(16, "asynchronous", "not caused by the current instruction"),
    .reserved(63, 17),
  ]

  static let apicWrite: [BitField] = [
    BitField(11, 0, "offset", .hexadecimal("offset in the virtual-APIC page")),
    .reserved(63, 12),
  ]

  /// Bits other than these are undefined.
  static let pageModificationLogFull: [BitField] = [
    BitField(12, "NMI unblocking", "IRET had just removed blocking by NMI"),
    BitField(16, "asynchronous", "not caused by the current instruction"),
  ]

  static let sppEvent: [BitField] = [
    BitField(11, "type", "SPP-table miss", else: "SPP-table misconfiguration"),
    BitField(12, "NMI unblocking", "IRET had just removed blocking by NMI"),
  ]

  static let instructionTimeout: [BitField] = [
    BitField(0, "context invalid", "the guest's context is corrupt: do not resume it"),
    BitField(12, "NMI unblocking", "IRET had just removed blocking by NMI"),
  ]

  static let displacement: [BitField] = [
    BitField(
      63, 0, "displacement", .hexadecimal("displacement of the memory operand, sign-extended:"))
  ]

  static let msrIndex: [BitField] = [
    BitField(63, 0, "MSR index", .hexadecimal("MSR"))
  ]

  static let unused: [BitField] = [.reserved(63, 0)]
}
