import X86

/// The guest in which cases run: long mode, user pages as in `Layout`, and a kernel that is nothing
/// but tables and one handler for each vector.
///
/// Its descriptor table has the selectors of Linux, so that cases see the same ones in a process.
enum GuestImage {
  /// The kernel's pages are mapped here, far from what 32-bit code reaches.
  static let kernel: UInt64 = 0x6000_0000_0000
  static let memorySize: UInt64 = 0x20_0000
  static let handlers: UInt64 = 0x4000
  static let stack: UInt64 = 0x8800
  private static let (gdt, tss, idt, ldt): (UInt64, UInt64, UInt64, UInt64) =
    (0x1000, 0x2000, 0x3000, 0x5000)
  private static let tables: UInt64 = 0x1_0000

  /// `handler` is what stops the machine at the handler.
  static func write(to machine: any VirtualMachine, handler: [UInt8]) throws {
    for (index, descriptor) in descriptors.enumerated() {
      try put(machine, gdt + UInt64(index) * 8, descriptor)
    }
    for (index, descriptor) in localDescriptors.enumerated() {
      try put(machine, ldt + UInt64(index) * 8, descriptor)
    }
    // RSP0, and an I/O map base beyond the limit: level 3 has no ports.
    try put(machine, tss + 4, kernel + stack)
    try put(machine, tss + 0x60, 0x0068_0000_0000_0000)
    for vector in UInt64(0)..<256 {
      try putGate(machine, vector)
      try machine.writePhysical(handlers + vector * 16, handler)
    }
    try putTables(machine)
    try machine.writePhysical(Layout.code, [UInt8](repeating: 0xcc, count: Layout.codeSize))
    try machine.writePhysical(Layout.window, DataWindow.initial)
  }

  private static var descriptors: [UInt64] {
    let task = kernel + tss
    let local = kernel + ldt
    return [
      0, 0x00cf_9b00_0000_ffff, 0x00af_9b00_0000_ffff, 0x00cf_9300_0000_ffff,
      0x00cf_fb00_0000_ffff, 0x00cf_f300_0000_ffff, 0x00af_fb00_0000_ffff, 0,
      system(task, limit: 0x67, type: 0x89), task >> 32,
      system(local, limit: 0x17, type: 0x82), local >> 32,
    ]
  }

  /// 16-bit code and data at `Layout.segmentBase`, 32-bit data for FS and GS.
  private static let localDescriptors: [UInt64] = [
    0x0000_fb10_0000_ffff, 0x0000_f310_0000_ffff, 0x00cf_f310_4800_ffff,
  ]

  private static func system(_ base: UInt64, limit: UInt64, type: UInt64) -> UInt64 {
    limit | (base & 0xff_ffff) << 16 | type << 40 | (base >> 24 & 0xff) << 56
  }

  private static func put(_ machine: any VirtualMachine, _ address: UInt64, _ value: UInt64) throws
  {
    try machine.writePhysical(
      address, (0..<8).map { UInt8(truncatingIfNeeded: value >> UInt64($0 * 8)) })
  }

  /// Interrupt gates: level 3 for INT3 and INTO only, as in Linux.
  private static func putGate(_ machine: any VirtualMachine, _ vector: UInt64) throws {
    let target = kernel + handlers + vector * 16
    let rights: UInt64 = vector == 3 || vector == 4 ? 0xee00 : 0x8e00
    try put(
      machine, idt + vector * 16,
      target & 0xffff | UInt64(Layout.kernelCode) << 16 | rights << 32
        | (target >> 16 & 0xffff) << 48)
    try put(machine, idt + vector * 16 + 8, target >> 32)
  }

  private static func putTables(_ machine: any VirtualMachine) throws {
    let (present, writable, user, noExecute): (UInt64, UInt64, UInt64, UInt64) =
      (1, 2, 4, 1 << 63)
    let all = present | writable | user
    // User pages: the first 2 MiB. Kernel: physical memory at `kernel`.
    try put(machine, tables, tables + 0x1000 | all)
    try put(machine, tables + (kernel >> 39 & 511) * 8, tables + 0x4000 | all)
    for (directory, leaf) in [(UInt64(0x1000), UInt64(0x3000)), (0x4000, 0x6000)] {
      try put(machine, tables + directory, tables + directory + 0x1000 | all)
      try put(machine, tables + directory + 0x1000, tables + leaf | all)
    }
    // Accessed and dirty from the start: an oracle may show the tables to be read-only.
    for page in UInt64(0)..<512 {
      let address = page << 12
      try put(machine, tables + 0x6000 + page * 8, address | present | writable | 0x60)
      switch address {
      case Layout.code..<Layout.code + UInt64(Layout.codeSize):
        try put(machine, tables + 0x3000 + page * 8, address | present | user | 0x60)
      case Layout.window..<Layout.window + UInt64(Layout.windowSize):
        let rights = address < Layout.window + Layout.writable ? writable : 0
        try put(
          machine, tables + 0x3000 + page * 8, address | present | user | rights | noExecute | 0x60)
      default: break
      }
    }
  }

  /// The registers of a processor that executes `test` next.
  static func registers(for test: TestCase) -> Registers {
    var value = Registers()
    value.cr0 = CR0.pe | CR0.mp | CR0.et | CR0.ne | CR0.wp | CR0.am | CR0.pg
    value.cr3 = tables
    value.cr4 = CR4.pae | CR4.osfxsr | CR4.fsgsbase
    value.efer = EFER.lme | EFER.lma | EFER.nxe | EFER.sce
    value.gdtr = DescriptorTableRegister(base: kernel + gdt, limit: 0x5f)
    value.idtr = DescriptorTableRegister(base: kernel + idt, limit: 0xfff)
    value.tr = Segment(selector: Layout.taskState, base: kernel + tss, limit: 0x67, access: 0x8b)
    value.ldtr = Segment(selector: Layout.localTable, base: kernel + ldt, limit: 0x17, access: 0x82)
    loadSegments(test.mode, &value)
    for register in GeneralRegister.allCases {
      value[register] = test.registers[Int(register.rawValue)]
    }
    value.rip = test.rip
    value.rflags = RFLAGS(rawValue: test.rflags)
    return value
  }

  private static func loadSegments(_ mode: CaseMode, _ value: inout Registers) {
    func global(_ selector: UInt16) -> Segment {
      Segment(selector: selector, descriptor: descriptors[Int(selector >> 3)])
    }
    func local(_ selector: UInt16) -> Segment {
      Segment(selector: selector, descriptor: localDescriptors[Int(selector >> 3)])
    }
    let data = mode == .bits16 ? local(Layout.userData16) : global(Layout.userData)
    for register in [SegmentRegister.es, .ss, .ds] { value[register] = data }
    switch mode {
    case .bits16:
      value[.cs] = local(Layout.userCode16)
      value[.fs] = data
      value[.gs] = data
    case .bits32:
      value[.cs] = global(Layout.userCode32)
      value[.fs] = local(Layout.userDataExtra)
      value[.gs] = value[.fs]
    case .bits64:
      value[.cs] = global(Layout.userCode64)
      value[.fs] = .unusable()
      value[.gs] = .unusable()
      value[.fs].base = Layout.fsBase
      value[.gs].base = Layout.gsBase
    }
  }
}
