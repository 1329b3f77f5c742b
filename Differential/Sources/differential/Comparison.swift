import X86

/// Compares two outcomes of one case.
struct Comparison {
  /// One line for each difference.
  private(set) var differences: [String] = []
  let expected: Outcome
  let actual: Outcome
  private let mode: CaseMode

  init(_ test: TestCase, expected: Outcome, actual: Outcome, undefined: UndefinedResults) {
    self.expected = expected
    self.actual = actual
    mode = test.mode
    // Neither an endless loop nor a case that took its process with it has a state.
    if expected.vector >= Outcome.timeout {
      if expected.vector == Outcome.timeout { note("end", expected.vector, actual.vector) }
      return
    }
    compareEvents()
    for number in 0..<test.mode.registerCount {
      note(
        name(number), expected.registers[number] & mode.mask, actual.registers[number] & mode.mask)
    }
    note("rip", expected.rip, actual.rip)
    compareFlags(undefined.flags)
    if !expected.selectors.isEmpty, !actual.selectors.isEmpty {
      for register in SegmentRegister.allCases {
        let number = Int(register.rawValue)
        note(
          register.name, visible(expected.selectors[number]), visible(actual.selectors[number]))
      }
    }
    compareMemory()
  }

  /// A return to an outer level, such as that of a signal, makes every null selector 0 (SDM 2A, "IRET").
  private func visible(_ selector: UInt16) -> UInt64 { selector < 4 ? 0 : UInt64(selector) }

  private mutating func note(_ name: String, _ expected: UInt64, _ actual: UInt64) {
    guard expected != actual else { return }
    differences.append("\(name): expected \(hex(expected)), simulator \(hex(actual))")
  }

  private mutating func compareEvents() {
    note("vector", expected.vector, actual.vector)
    guard expected.vector == actual.vector, expected.hasErrorCode else { return }
    // Linux reports each fault at an address of the kernel's half as one of a present page, and
    // kvm_pvm keeps its own tables there.
    let hidden: UInt64 = expected.vector == 14 && expected.address >= 0x7fff_ffff_f000 ? 9 : 0
    note("error code", expected.errorCode | hidden, actual.errorCode | hidden)
    if expected.vector == 14 { note("cr2", expected.address, actual.address) }
  }

  private mutating func compareFlags(_ undefined: UInt64) {
    for (name, bit) in RFLAGS.names + [("IOPL0", 12), ("IOPL1", 13)] {
      let mask = UInt64(1) << UInt64(bit)
      if undefined & mask == 0 {
        note(name, expected.rflags >> UInt64(bit) & 1, actual.rflags >> UInt64(bit) & 1)
      }
    }
  }

  private mutating func compareMemory() {
    let left = expected.window ?? DataWindow.initial
    let right = actual.window ?? DataWindow.initial
    guard left != right else { return }
    var shown = 0
    for offset in left.indices where left[offset] != right[offset] && shown < 16 {
      shown += 1
      note(
        "byte at \(hex(Layout.window + UInt64(offset)))", UInt64(left[offset]),
        UInt64(right[offset]))
    }
  }

  private func name(_ number: Int) -> String {
    GeneralRegister(rawValue: UInt8(number))?.name ?? "?"
  }
}

func hex(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }
