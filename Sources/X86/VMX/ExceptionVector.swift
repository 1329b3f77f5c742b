/// An exception or interrupt vector below 32 (SDM 3A, "Exception and Interrupt Reference").
public struct ExceptionVector: Sendable {
  /// What the saved instruction pointer means.
  public enum Kind: String, Sendable {
    /// Reported before the instruction, which can be restarted.
    case fault
    /// Reported after the instruction.
    case trap
    case faultOrTrap = "fault or trap"
    /// The saved state may be inexact; the program can't go on.
    case abort
    case interrupt
  }

  public let number: UInt8
  /// E.g. "#GP"; "NMI" for vector 2.
  public let mnemonic: String
  public let name: String
  public let kind: Kind
  /// Whether delivery in protected mode pushes an error code.
  public let hasErrorCode: Bool
  /// What raises it, in words.
  public let cause: String

  init(
    _ number: UInt8, _ mnemonic: String, _ name: String, _ kind: Kind, errorCode: Bool,
    _ cause: String
  ) {
    self.number = number
    self.mnemonic = mnemonic
    self.name = name
    self.kind = kind
    hasErrorCode = errorCode
    self.cause = cause
  }

  /// nil for the reserved vectors 15 and 22 to 31, and for those from 32 up.
  public init?(number: UInt8) {
    guard let row = ExceptionVector.rows.first(where: { $0.number == number }) else { return nil }
    self = row
  }

  /// Finds a vector by mnemonic with or without "#", by name, or by number.
  public init?(named text: String) {
    let key = TableText.key(text)
    let number = TableText.number(text)
    let found = ExceptionVector.rows.first { row in
      number == UInt64(row.number) || TableText.key(row.mnemonic) == key
        || TableText.key(row.name) == key
    }
    guard let found else { return nil }
    self = found
  }

  /// "#GP" for a known vector, "vector 42" for any other.
  public static func label(_ number: UInt8) -> String {
    ExceptionVector(number: number)?.mnemonic ?? "vector \(number)"
  }

  /// In ascending order. Vectors 9, 15 and 22 to 31 are reserved; 9 keeps its old name.
  public static let rows: [ExceptionVector] = [
    ExceptionVector(
      0, "#DE", "divide error", .fault, errorCode: false,
      "DIV or IDIV by 0, or a quotient that does not fit"),
    ExceptionVector(
      1, "#DB", "debug exception", .faultOrTrap, errorCode: false,
      "Single step, a breakpoint in DR0 to DR3, a task switch with T=1, or INT1"),
    ExceptionVector(
      2, "NMI", "non-maskable interrupt", .interrupt, errorCode: false,
      "An external non-maskable interrupt"),
    ExceptionVector(
      3, "#BP", "breakpoint", .trap, errorCode: false,
      "INT3"),
    ExceptionVector(
      4, "#OF", "overflow", .trap, errorCode: false,
      "INTO with OF=1"),
    ExceptionVector(
      5, "#BR", "BOUND range exceeded", .fault, errorCode: false,
      "BOUND with an index outside its bounds"),
    ExceptionVector(
      6, "#UD", "invalid opcode", .fault, errorCode: false,
      "An undefined or disabled instruction, or UD2"),
    ExceptionVector(
      7, "#NM", "device not available", .fault, errorCode: false,
      "An x87 or SSE instruction with CR0.EM=1 or CR0.TS=1, or WAIT with TS=MP=1"),
    ExceptionVector(
      8, "#DF", "double fault", .abort, errorCode: true,
      "A second exception while the processor delivered a first; the error code is 0"),
    ExceptionVector(
      9, "CSO", "coprocessor segment overrun", .fault, errorCode: false,
      "Reserved: processors after the 386 do not raise it"),
    ExceptionVector(
      10, "#TS", "invalid TSS", .fault, errorCode: true,
      "A task switch, or a stack taken from the TSS, found bad contents"),
    ExceptionVector(
      11, "#NP", "segment not present", .fault, errorCode: true,
      "A segment or gate descriptor with P=0 was used"),
    ExceptionVector(
      12, "#SS", "stack-segment fault", .fault, errorCode: true,
      "A stack access beyond the limit or not canonical, or SS loaded with P=0"),
    ExceptionVector(
      13, "#GP", "general protection", .fault, errorCode: true,
      "A limit, privilege or reserved-bit rule was broken that has no exception of its own"),
    ExceptionVector(
      14, "#PF", "page fault", .fault, errorCode: true,
      "No translation, a forbidden access, or a reserved bit set; CR2 holds the address"),
    ExceptionVector(
      16, "#MF", "x87 floating-point error", .fault, errorCode: false,
      "An unmasked x87 exception is pending and CR0.NE=1"),
    ExceptionVector(
      17, "#AC", "alignment check", .fault, errorCode: true,
      "An unaligned access at CPL 3 with CR0.AM=1 and RFLAGS.AC=1; the error code is 0"),
    ExceptionVector(
      18, "#MC", "machine check", .abort, errorCode: false,
      "The processor or the platform found a hardware error"),
    ExceptionVector(
      19, "#XM", "SIMD floating-point exception", .fault, errorCode: false,
      "An unmasked SSE floating-point exception with CR4.OSXMMEXCPT=1"),
    ExceptionVector(
      20, "#VE", "virtualization exception", .fault, errorCode: false,
      "An EPT violation that the VMCS converts to an exception; only in non-root operation"),
    ExceptionVector(
      21, "#CP", "control protection", .fault, errorCode: true,
      "RET, IRET or an indirect branch broke control-flow enforcement"),
  ]
}
