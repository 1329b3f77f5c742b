import X86

extension Processor {
  /// The decoded block at CS:RIP, from the cache or newly decoded. Throws the fault of the fetch, or
  /// of an instruction that cannot be decoded if it is the first.
  @inline(__always)
  func currentBlock() throws(Fault) -> UnsafeMutablePointer<Block> {
    let linear = (segments[1].base &+ rip) & linearMask
    let entry = unsafe tlb.slot(linear)
    if unsafe entry.pointee.fetchTag == (linear & ~0xfff) | tlb.generation {
      let physical = unsafe entry.pointee.physicalPage << 12 | (linear & 0xfff)
      let key = BlockCache.key(physical, codeSize)
      let block = unsafe blocks.slot(key)
      // SAFETY: slot() masks its index.
      if unsafe block.pointee.key == key { return unsafe block }
    }
    return unsafe try findBlock(linear)
  }

  @inline(never)
  private func findBlock(_ linear: UInt64) throws(Fault) -> UnsafeMutablePointer<Block> {
    // What is decoded already is no business of the guest's: only a TLB miss walks its tables.
    let entry = unsafe tlb.slot(linear)
    let isCached = unsafe entry.pointee.fetchTag == (linear & ~0xfff) | tlb.generation
    let physical =
      unsafe isCached
      ? entry.pointee.physicalPage << 12 | (linear & 0xfff) : try translateFetch(linear)
    let key = BlockCache.key(physical, codeSize)
    let slot = unsafe blocks.slot(key)
    // SAFETY: slot() masks its index.
    if unsafe slot.pointee.key == key { return unsafe slot }
    let block = try decodeBlock(linear, physical)
    unsafe slot.pointee = block
    return unsafe slot
  }

  /// Fetches are checked for canonical form, and translated as fetches.
  func translateFetch(_ linear: UInt64) throws(Fault) -> UInt64 {
    if mode == .long, !isCanonical(linear) { throw generalProtection() }
    return try translate(
      LinearAccess(linear: linear, kind: .fetch, size: 1, isUser: cpl == 3))
  }

  /// Decodes from `physical` to a control transfer that is always taken, the end of the page, or 32 instructions.
  private func decodeBlock(_ linear: UInt64, _ physical: UInt64) throws(Fault) -> Block {
    if blocks.opCount + 33 > BlockCache.opCapacity { blocks.flushEverything() }
    var block = Block()
    block.key = BlockCache.key(physical, codeSize)
    block.firstOp = UInt32(truncatingIfNeeded: blocks.opCount)
    var offset: UInt64 = 0
    while block.count < 32 {
      let start = physical &+ offset
      // An instruction of a later page belongs to a block of that page.
      if start >> 12 != physical >> 12 { break }
      guard let instruction = try decodeOne(linear, start, offset, isFirst: block.count == 0) else {
        break
      }
      if block.count > 0, Processor.startsBlock(instruction) { break }
      append(instruction, Int(offset), isFirst: block.count == 0)
      block.count += 1
      offset &+= UInt64(instruction.length)
      if Processor.endsBlock(instruction) { break }
    }
    block.byteCount = UInt32(truncatingIfNeeded: offset)
    // An instruction across two pages depends on both translations: it is decoded each time.
    if (physical & 0xfff) &+ offset > 0x1000 { block.key = ~0 }
    noteDecoded(physical, Int(offset))
    return block
  }

  private func append(_ instruction: Instruction, _ offset: Int, isFirst: Bool) {
    let index = blocks.opCount
    var op = DecodedOp(instruction)
    op.place(at: offset)
    // SAFETY: decodeBlock has made room for 33, and there is one before unless this is the first.
    unsafe blocks.instructions[index] = instruction
    unsafe blocks.ops[index] = op
    if !isFirst { unsafe blocks.ops[index - 1].fuse(with: op) }
    blocks.opCount += 1
  }

  private func noteDecoded(_ physical: UInt64, _ count: Int) {
    let inPage = min(count, Int(0x1000 &- (physical & 0xfff)))
    if blocks.markCode(physical, count: inPage) {
      for tlb in blocks.tlbs { tlb.dropWriteAccess(physicalPage: physical >> 12) }
    }
  }

  /// The instruction at `start`; nil to end the block in front of it and let it be decoded as a first one.
  private func decodeOne(
    _ linear: UInt64, _ start: UInt64, _ offset: UInt64, isFirst: Bool
  ) throws(Fault) -> Instruction? {
    var bytes = InstructionBytes()
    let inPage = min(15, Int(0x1000 &- (start & 0xfff)))
    for index in 0..<UInt64(inPage) { bytes.append(memory.load(start &+ index, as: UInt8.self)) }
    switch Processor.decode(bytes, codeSize) {
    case .success(let instruction): return instruction
    case .failure(let error):
      guard isFirst else { return nil }
      // Beyond the limit of CS nothing is decoded.
      if rip >= codeEnd { throw generalProtection() }
      if error == .truncated {
        return try decodeAcrossPages((linear &+ offset) & linearMask, bytes)
      }
      throw error == .undefined ? undefinedOpcode : generalProtection()
    }
  }

  private static func decode(
    _ bytes: InstructionBytes, _ size: CodeSize
  ) -> Result<Instruction, DecodeError> {
    do throws(DecodeError) {
      return .success(try Decoder.decode(bytes, size))
    } catch {
      return .failure(error)
    }
  }

  private func decodeAcrossPages(
    _ linear: UInt64, _ firstBytes: InstructionBytes
  ) throws(Fault) -> Instruction {
    var bytes = firstBytes
    let nextPage = (linear | 0xfff) &+ 1 & linearMask
    let physical = try translateFetch(nextPage)
    var count: UInt64 = 0
    while bytes.count < 15 {
      bytes.append(memory.load(physical &+ count, as: UInt8.self))
      count += 1
    }
    noteDecoded(physical, Int(count))
    switch Processor.decode(bytes, codeSize) {
    case .success(let instruction): return instruction
    case .failure(let error): throw error == .undefined ? undefinedOpcode : generalProtection()
    }
  }

  /// Instructions that see the count of those before them, which is brought up to date between blocks.
  static func startsBlock(_ instruction: Instruction) -> Bool {
    switch instruction.mnemonic {
    case .rdtsc, .rdtscp, .rdmsr, .wrmsr, .in, .out, .ins, .outs: true
    default: false
    }
  }

  /// Instructions after which RIP, the mode, the interrupt flag or the meaning of code may differ.
  static func endsBlock(_ instruction: Instruction) -> Bool {
    switch instruction.mnemonic {
    case .jmp, .jmpFar, .call, .callFar, .ret, .retFar, .loop, .loope, .loopne, .jrcxz, .int,
      .int1, .int3, .into, .iret, .syscall, .sysret, .sysenter, .sysexit, .hlt, .sti, .cli, .popf,
      .in, .out, .ins, .outs, .rdmsr, .wrmsr, .rdtsc, .rdtscp, .cpuid, .lmsw, .clts, .invlpg,
      .invpcid, .lgdt, .lidt, .lldt, .ltr, .lss, .wbinvd, .invd, .swapgs, .monitor, .mwait, .pause,
      .vmcall, .vmclear, .vmlaunch, .vmresume, .vmptrld, .vmptrst, .vmread, .vmwrite, .vmxoff,
      .vmxon, .vmfunc, .invept, .invvpid, .rsm, .xsetbv, .clac, .stac, .wrfsbase, .wrgsbase,
      .ud0, .ud1, .ud2:
      return true
    case .mov:
      // MOV SS, CRn and DRn.
      return instruction.operand0.kind == .control || instruction.operand0.kind == .debug
        || instruction.operand0.kind == .segment
    case .pop:
      return instruction.operand0.kind == .segment
    default:
      return false
    }
  }
}
