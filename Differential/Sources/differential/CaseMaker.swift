import X86

/// Makes case `index` of a seed: the same one every time, whatever came before.
struct CaseMaker {
  let seed: UInt64
  let forms: [CaseMode: [OpcodeForm]]
  let modes: [CaseMode]
  private let blockForms: [CaseMode: [OpcodeForm]]

  init(_ options: Options) {
    seed = options.seed
    modes = options.modes
    var forms: [CaseMode: [OpcodeForm]] = [:]
    for mode in modes {
      forms[mode] = OpcodeForm.all.filter {
        (mode == .bits64 ? $0.isIn64BitCode : $0.isOutside64BitCode)
          && !OracleException.notSimulated.contains($0.mnemonic)
          && (options.only.isEmpty || options.only.contains($0.mnemonic))
          && !options.without.contains($0.mnemonic)
      }
    }
    self.forms = forms
    blockForms = forms.mapValues { $0.filter { BlockGenerator.mnemonics.contains($0.mnemonic) } }
  }

  /// One instruction of a random row.
  func instruction(_ index: UInt64) -> (test: TestCase, form: OpcodeForm)? {
    var random = SplitMix(seed: seed, index: index)
    let mode = random.pick(modes)
    guard let forms = forms[mode], !forms.isEmpty else { return nil }
    let form = random.pick(forms)
    var test = TestCase(mode: mode, rip: start(mode, &random))
    test.code = InstructionGenerator(mode: mode, start: test.start).encoding(form, &random)
    let state = StateGenerator(mode: mode)
    state.fill(&test, &random)
    if let decoded = try? Decoder.decode(InstructionBytes(test.code), mode.codeSize) {
      state.fit(&test, to: decoded, &random)
    }
    return (test, form)
  }

  /// A basic block, with the flags that it may leave undefined.
  func block(_ index: UInt64, oracles: [String]) -> (test: TestCase, undefined: UInt64)? {
    var random = SplitMix(seed: seed ^ 0xb10c, index: index)
    let mode = random.pick(modes)
    guard let forms = blockForms[mode], !forms.isEmpty else { return nil }
    var test = TestCase(mode: mode, rip: start(mode, &random))
    StateGenerator(mode: mode).fill(&test, &random)
    test.rflags &= ~(RFLAGS.tf.rawValue | RFLAGS.ac.rawValue)
    for number in [4, 5, 6, 7] {
      let linear = Layout.window + 0x200 + random.below(Layout.writable - 0x400)
      test.registers[number] = linear - mode.base
    }
    let generator = BlockGenerator(mode: mode, forms: forms, oracles: oracles)
    let undefined = generator.block(&test, &random)
    return (test, undefined)
  }

  /// Mostly in the first page, sometimes where the code ends in a page's last bytes.
  private func start(_ mode: CaseMode, _ random: inout SplitMix) -> UInt64 {
    let linear: UInt64
    switch random.below(32) {
    case 0: linear = Layout.code + 0x1000 &- 1 &- random.below(15)
    case 1: linear = Layout.code + 0x2000 &- 1 &- random.below(15)
    default: linear = Layout.code + 0x100 + random.below(0x700)
    }
    return linear - mode.base
  }
}
