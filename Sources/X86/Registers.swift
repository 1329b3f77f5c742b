/// A general-purpose register, numbered as ModRM, SIB and the exit qualification number it.
public enum GeneralRegister: UInt8, CaseIterable, Sendable {
  case rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15

  /// The 64-bit name in lower case, as the shell prints it.
  public var name: String { "\(self)" }
}

/// A segment register that an instruction can name, numbered as the `sreg` field numbers it.
public enum SegmentRegister: UInt8, CaseIterable, Sendable {
  case es, cs, ss, ds, fs, gs

  public var name: String { "\(self)" }
}

/// The base and limit of GDTR or IDTR.
public struct DescriptorTableRegister: Equatable, Sendable {
  public var base: UInt64
  public var limit: UInt16

  public init(base: UInt64 = 0, limit: UInt16 = 0xffff) {
    self.base = base
    self.limit = limit
  }
}

/// The architectural register state of one logical processor, as a value.
///
/// It is what a backend hands out and takes back; no backend executes on it.
public struct Registers: Equatable, Sendable {
  private var general = [UInt64](repeating: 0, count: 16)
  private var segments = [Segment](repeating: .realMode(selector: 0), count: 6)
  /// DR0 to DR7; DR4 and DR5 are unused.
  private var debug: [UInt64] = [0, 0, 0, 0, 0, 0, 0xffff_0ff0, 0x400]

  public var rip: UInt64 = 0xfff0
  public var rflags = RFLAGS.alwaysOne
  public var cr0: UInt64 = 0x6000_0010
  public var cr2: UInt64 = 0
  public var cr3: UInt64 = 0
  public var cr4: UInt64 = 0
  public var cr8: UInt64 = 0
  public var efer: UInt64 = 0
  public var ldtr = Segment(selector: 0, base: 0, limit: 0xffff, access: 0x82)
  public var tr = Segment(selector: 0, base: 0, limit: 0xffff, access: 0x8b)
  public var gdtr = DescriptorTableRegister()
  public var idtr = DescriptorTableRegister()

  /// The state after RESET (SDM 3A, "Processor State After Reset"), except that the
  /// CPU signature is not placed in RDX.
  public init() {
    self[.cs] = Segment(selector: 0xf000, base: 0xffff_0000, limit: 0xffff, access: 0x9b)
  }

  public subscript(_ register: GeneralRegister) -> UInt64 {
    get { general[Int(register.rawValue)] }
    set { general[Int(register.rawValue)] = newValue }
  }

  public subscript(_ register: SegmentRegister) -> Segment {
    get { segments[Int(register.rawValue)] }
    set { segments[Int(register.rawValue)] = newValue }
  }

  /// Debug register `number`, taken modulo 8.
  public subscript(debug number: Int) -> UInt64 {
    get { debug[number & 7] }
    set { debug[number & 7] = newValue }
  }

  /// The mode that code at CS:RIP executes in.
  public var mode: CPUMode {
    if cr0 & CR0.pe == 0 { return .real }
    if rflags.contains(.vm) { return .virtual8086 }
    if efer & EFER.lma != 0 { return self[.cs].isLong ? .long : .compatibility }
    return .protected
  }

  /// Current privilege level: the DPL of SS (SDM 3C, "Guest Register State").
  public var cpl: Int {
    switch mode {
    case .real: 0
    case .virtual8086: 3
    default: self[.ss].dpl
    }
  }
}

/// The operating mode of a processor (SDM 3A, "Modes of Operation").
public enum CPUMode: String, Sendable, CaseIterable {
  case real, virtual8086, protected, compatibility, long
}
