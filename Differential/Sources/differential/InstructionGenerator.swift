import X86

/// Makes random encodings of one row of the opcode maps.
struct InstructionGenerator {
  let mode: CaseMode
  /// Memory operands without a register are RIP-relative to about here, or name an address.
  let start: UInt64

  private var is64: Bool { mode == .bits64 }

  /// Bytes that begin with an instruction of `form`, cut to its length where they decode.
  func encoding(_ form: OpcodeForm, _ random: inout SplitMix) -> [UInt8] {
    var bytes = prefixes(form, &random)
    let addressSize = addressSize(bytes)
    switch form.map {
    case .oneByte: bytes += rex(&random) + [form.opcode]
    case .twoByte: bytes += rex(&random) + [0x0f, form.opcode]
    case .threeByte38: bytes += rex(&random) + [0x0f, 0x38, form.opcode]
    case .threeByte3A: bytes += rex(&random) + [0x0f, 0x3a, form.opcode]
    case .vex38, .vex3A: bytes += vex(form, &random)
    }
    if form.hasModRM { bytes += modRM(form, addressSize, &random) }
    bytes += tail(form, &random)
    bytes = Array(bytes.prefix(15))
    guard let decoded = try? Decoder.decode(InstructionBytes(bytes), mode.codeSize) else {
      return bytes
    }
    return Array(bytes.prefix(Int(decoded.length)))
  }

  // MARK: Prefixes

  private func prefixes(_ form: OpcodeForm, _ random: inout SplitMix) -> [UInt8] {
    let isVEX = form.map == .vex38 || form.map == .vex3A
    var bytes: [UInt8] = form.prefix == 0 || isVEX ? [] : [form.prefix]
    // With VEX they are errors, and with most others decoration.
    if random.chance(isVEX ? 1 : 25) { bytes.append(0x66) }
    if random.chance(12) { bytes.append(0x67) }
    if random.chance(10) { bytes.append(random.pick([0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65])) }
    if random.chance(form.isString ? 60 : isVEX ? 1 : 3) {
      bytes.append(random.pick([0xf2, 0xf3]))
    }
    if random.chance(isVEX ? 1 : 4) { bytes.append(0xf0) }
    random.shuffle(&bytes)
    return bytes
  }

  private func rex(_ random: inout SplitMix) -> [UInt8] {
    is64 && random.chance(60) ? [0x40 | random.byte() & 15] : []
  }

  private func vex(_ form: OpcodeForm, _ random: inout SplitMix) -> [UInt8] {
    let map: UInt8 = form.map == .vex38 ? 2 : 3
    let inverted: UInt8 = is64 ? random.byte() & 0xe0 : 0xe0
    let prefix: UInt8 = [0x66: 1, 0xf3: 2, 0xf2: 3][form.prefix] ?? 0
    let wide: UInt8 = random.chance(50) ? 0x80 : 0
    let register: UInt8 =
      map == 3 && !random.chance(3) ? 0x78 : random.byte() & 0x78 | (is64 ? 0 : 0x40)
    let vectorLength: UInt8 = random.chance(2) ? 4 : 0
    return [0xc4, inverted | map, wide | register | vectorLength | prefix, form.opcode]
  }

  private func addressSize(_ prefixes: [UInt8]) -> UInt64 {
    let isOverridden = prefixes.contains(0x67)
    switch mode {
    case .bits16: return isOverridden ? 32 : 16
    case .bits32: return isOverridden ? 16 : 32
    case .bits64: return isOverridden ? 32 : 64
    }
  }

  // MARK: Operands

  private func modRM(
    _ form: OpcodeForm, _ addressSize: UInt64, _ random: inout SplitMix
  ) -> [UInt8] {
    if let byte = form.modRM { return [byte] }
    let reg = form.reg ?? random.byte() & 7
    let wantsMemory = form.isMemory ?? random.chance(form.mnemonic == .lea ? 95 : 55)
    let mod: UInt8 = wantsMemory ? UInt8(random.below(3)) : 3
    let rm = random.byte() & 7
    var bytes = [mod << 6 | reg << 3 | rm]
    guard mod != 3 else { return bytes }
    if addressSize == 16 {
      bytes += displacement(mod == 2 || (mod == 0 && rm == 6) ? 2 : Int(mod), mod == 0, &random)
      return bytes
    }
    var hasNoBase = mod == 0 && rm == 5
    if rm == 4 {
      let sib = random.byte()
      bytes.append(sib)
      hasNoBase = mod == 0 && sib & 7 == 5
    }
    let isRelative = is64 && hasNoBase && rm == 5
    bytes += displacement(
      mod == 2 || hasNoBase ? 4 : Int(mod), hasNoBase, isRelative: isRelative, &random)
    return bytes
  }

  private func displacement(
    _ count: Int, _ isAddress: Bool, isRelative: Bool = false, _ random: inout SplitMix
  ) -> [UInt8] {
    guard count > 0 else { return [] }
    var value = random.next()
    if isAddress {
      value = Values.address(&random) &- mode.base &- (isRelative ? start &+ 7 : 0)
    } else if random.chance(50) {
      value = UInt64(bitPattern: Int64(random.below(256)) - 128)
    }
    return (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt64($0 * 8)) }
  }

  /// Immediates; more bytes than any instruction takes.
  private func tail(_ form: OpcodeForm, _ random: inout SplitMix) -> [UInt8] {
    var value = random.chance(50) ? random.pick(Values.interesting) : random.next()
    switch form.mnemonic {
    case .mov where form.opcode & 0xfc == 0xa0 && form.map == .oneByte:
      value = Values.address(&random) &- mode.base
    // A nesting level of 31 is rare in practice and reads a lot.
    case .enter: value = random.below(64) | random.pick([0, 1, 2, 3, 31, 33]) << 16
    case .jcc, .jmp, .call, .loop, .loope, .loopne, .jrcxz:
      if random.chance(80) { value = random.below(0x100) }
    case .ret, .retFar: value = random.below(64)
    case .jmpFar, .callFar:
      let offset = 0x1800 + random.below(0x800) &+ Layout.segmentBase &- mode.base
      let selector = UInt64(random.pick(Values.selectors))
      value = mode == .bits16 ? offset & 0xffff | selector << 16 : offset | selector << 32
    default: break
    }
    return (0..<12).map {
      $0 < 8 ? UInt8(truncatingIfNeeded: value >> UInt64($0 * 8)) : random.byte()
    }
  }
}

extension OpcodeForm {
  var isString: Bool {
    switch mnemonic {
    case .movs, .cmps, .stos, .lods, .scas, .ins, .outs: true
    default: false
    }
  }
}
