import X86

/// The state in which the monitor starts a guest: registers, and the tables that they point to.
///
/// `GuestMemoryMap` says where the tables are, and guest.inc what guests may rely on.
struct FirstState {
  var registers = Registers()
  var memory: [(address: UInt64, bytes: [UInt8])] = []

  private static let codeSelector: UInt16 = 0x08
  private static let dataSelector: UInt16 = 0x10
  private static let taskSelector: UInt16 = 0x18
  /// In the room behind the descriptors.
  private static let taskState = GuestMemoryMap.gdt.lowerBound + 0x80
  private static let taskStateLimit: UInt32 = 0x67

  /// `memorySize`: bytes of guest RAM. Protected and long guests start with a stack at its end, or at
  /// the end of what the page tables map, so that compiled code can push at once.
  init(mode: GuestImage.Mode, entry: UInt64, memorySize: UInt64) {
    registers.rflags = .alwaysOne
    registers.efer = 0
    registers.cr4 = 0
    switch mode {
    case .real: startReal(entry)
    case .protected: startProtected(entry)
    case .long: startLong(entry)
    }
    if mode != .real { registers[.rsp] = min(memorySize, 1 << 30) & ~15 }
  }

  private mutating func startReal(_ entry: UInt64) {
    registers.cr0 = CR0.et
    for register in SegmentRegister.allCases { registers[register] = .realMode(selector: 0) }
    // Above 64 KiB the entry is reached through CS.
    let selector = entry > 0xffff ? UInt16(truncatingIfNeeded: (entry & 0xf0000) >> 4) : 0
    registers[.cs] = Segment(
      selector: selector, base: UInt64(selector) << 4, limit: 0xffff, access: 0x9b)
    registers.rip = entry & 0xffff
    registers.idtr = DescriptorTableRegister(base: 0, limit: 0x3ff)
    registers.ldtr = Segment(selector: 0, base: 0, limit: 0xffff, access: 0x82)
    registers.tr = Segment(selector: 0, base: 0, limit: 0xffff, access: 0x8b)
  }

  private mutating func startProtected(_ entry: UInt64) {
    registers.cr0 = CR0.et | CR0.pe
    useFlatSegments(codeAccess: 0xc09b)
    registers.rip = entry
    addDescriptors(code: 0x00cf_9b00_0000_ffff)
  }

  private mutating func startLong(_ entry: UInt64) {
    registers.cr0 = CR0.et | CR0.pe | CR0.pg
    registers.cr3 = GuestMemoryMap.pageTables.lowerBound
    registers.cr4 = CR4.pae
    registers.efer = EFER.lme | EFER.lma
    useFlatSegments(codeAccess: 0xa09b)
    registers.rip = entry
    addDescriptors(code: 0x00af_9b00_0000_ffff)
    addPageTables()
  }

  private mutating func useFlatSegments(codeAccess: UInt32) {
    for register in SegmentRegister.allCases {
      registers[register] = Segment(
        selector: Self.dataSelector, base: 0, limit: 0xffff_ffff, access: 0xc093)
    }
    registers[.cs] = Segment(
      selector: Self.codeSelector, base: 0, limit: 0xffff_ffff, access: codeAccess)
    registers.ldtr = .unusable()
    registers.tr = Segment(
      selector: Self.taskSelector, base: Self.taskState, limit: Self.taskStateLimit, access: 0x8b)
    // There is no IDT yet: an exception ends in a triple fault.
    registers.idtr = DescriptorTableRegister(base: 0, limit: 0)
  }

  /// SDM 3A, "Segment Descriptors" and "TSS Descriptor in 64-bit mode": null, code, data, TSS.
  private mutating func addDescriptors(code: UInt64) {
    let table: [UInt64] = [
      0, code, 0x00cf_9300_0000_ffff,
      UInt64(Self.taskStateLimit) | Self.taskState << 16 | 0x8b << 40, 0,
    ]
    let base = GuestMemoryMap.gdt.lowerBound
    memory.append((base, table.flatMap(Self.bytes)))
    registers.gdtr = DescriptorTableRegister(base: base, limit: UInt16(table.count * 8 - 1))
  }

  /// The first GiB mapped to itself by 2-MiB pages, for the supervisor.
  private mutating func addPageTables() {
    let pml4 = GuestMemoryMap.pageTables.lowerBound
    let (pdpt, directory) = (pml4 + 0x1000, pml4 + 0x2000)
    memory.append((pml4, Self.bytes(pdpt | 0x3)))
    memory.append((pdpt, Self.bytes(directory | 0x3)))
    memory.append((directory, (0..<512).flatMap { Self.bytes(UInt64($0) << 21 | 0x83) }))
  }

  private static func bytes(_ value: UInt64) -> [UInt8] { littleEndian(value) }
}

/// The bytes of a number, lowest first.
func littleEndian<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
  (0..<T.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
}

/// The number that `bytes` are, lowest first.
func littleEndian(_ bytes: some BidirectionalCollection<UInt8>) -> UInt64 {
  bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
}
