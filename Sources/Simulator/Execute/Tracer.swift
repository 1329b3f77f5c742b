import X86

/// The last instructions executed, in a ring of fixed size.
@safe final class Tracer {
  /// As in the ring: flat, and without an optional.
  struct Slot {
    var rip: UInt64 = 0
    var value: UInt64 = 0
    /// 16 for none.
    var register: UInt8 = 16
    var end = TraceEntry.End.completed
  }

  private let slots: UnsafeMutablePointer<Slot>
  private let mask: UInt64
  /// General registers as the last instruction left them.
  private let before: UnsafeMutablePointer<UInt64>
  private(set) var count: UInt64 = 0

  /// Room for `capacity` instructions, rounded up to a power of two of at most 2^24.
  init(capacity: Int) {
    let wanted = max(1, min(capacity, 1 << 24))
    let size = 1 << (Int.bitWidth - (wanted - 1).leadingZeroBitCount)
    mask = UInt64(size - 1)
    // SAFETY: freed in deinit; indexed with `mask`, and below 16.
    unsafe slots = .allocate(capacity: size)
    unsafe slots.initialize(repeating: Slot(), count: size)
    unsafe before = .allocate(capacity: 16)
    unsafe before.initialize(repeating: 0, count: 16)
  }

  deinit {
    // SAFETY: allocated in init.
    unsafe slots.deallocate()
    unsafe before.deallocate()
  }

  /// Takes the registers as they are: what has changed them was no instruction of the guest.
  func begin(_ registers: RegisterFile) {
    // SAFETY: number < 16.
    for number in 0..<16 { unsafe before[number] = registers[UInt8(number)] }
  }

  /// An instruction has completed. `destination` is where to look first; unless `mayChangeAny`, there
  /// and at RSP only.
  @inline(__always)
  func completed(
    _ rip: UInt64, _ registers: RegisterFile, destination: UInt8, mayChangeAny: Bool
  ) {
    var changed: UInt8 = 16
    if mayChangeAny { changed = firstChange(registers) }
    // RSP first, so that the destination prevails.
    if !mayChangeAny, note(4, registers) { changed = 4 }
    if destination < 16, note(destination, registers) { changed = destination }
    append(rip, registers[changed], changed, .completed)
  }

  /// Keeps the value of a register, and says whether it has changed.
  @inline(__always)
  private func note(_ number: UInt8, _ registers: RegisterFile) -> Bool {
    let value = registers[number]
    let place = Int(number & 15)
    // SAFETY: place < 16.
    if unsafe before[place] == value { return false }
    unsafe before[place] = value
    return true
  }

  private func firstChange(_ registers: RegisterFile) -> UInt8 {
    var changed: UInt8 = note(4, registers) ? 4 : 16
    for number in (UInt8(0)..<16).reversed() where number != 4 {
      if note(number, registers) { changed = number }
    }
    return changed
  }

  func failed(_ rip: UInt64, _ end: TraceEntry.End, _ value: UInt64) {
    append(rip, value, 16, end)
  }

  @inline(__always)
  private func append(_ rip: UInt64, _ value: UInt64, _ register: UInt8, _ end: TraceEntry.End) {
    // SAFETY: masked to the capacity.
    unsafe slots[Int(truncatingIfNeeded: count & mask)] = Slot(
      rip: rip, value: value, register: register, end: end)
    count &+= 1
  }

  /// The last `most` entries, oldest first.
  func last(_ most: Int) -> [TraceEntry] {
    let kept = min(count, mask + 1)
    let wanted = min(UInt64(max(most, 0)), kept)
    return (0..<wanted).map { index in
      // SAFETY: masked to the capacity.
      let slot = unsafe slots[Int((count &- wanted &+ index) & mask)]
      return TraceEntry(
        rip: slot.rip, value: slot.value, register: GeneralRegister(rawValue: slot.register),
        end: slot.end)
    }
  }
}

extension Processor {
  /// Records RIP and the changed register of each instruction from now on, the last `capacity` of them.
  /// A trace that was there before is dropped.
  public func startTrace(capacity: Int) { tracer = Tracer(capacity: capacity) }

  public func stopTrace() { tracer = nil }

  public var isTracing: Bool { tracer != nil }

  /// Instructions that have been recorded, those forgotten since included.
  public var tracedInstructions: UInt64 { tracer?.count ?? 0 }

  /// The last `most` instructions recorded, oldest first.
  public func trace(last most: Int = .max) -> [TraceEntry] { tracer?.last(most) ?? [] }

  /// `executeOps` one op after the other, each recorded. `first` is the first op of its block.
  @inline(never)
  func executeTraced(_ first: Int, _ count: Int, _ tracer: Tracer) throws(Fault) {
    let start = rip
    for index in first..<(first + count) {
      // SAFETY: the caller's block has `count` ops from `first`.
      let op = unsafe OpReference(pointer: UnsafePointer(blocks.ops) + index)
      let next = start &+ UInt64(op.end)
      rip = start
      do throws(Fault) {
        try executeOps(index, 1)
      } catch {
        record(error, at: next &- UInt64(op.length), tracer)
        throw error
      }
      tracer.completed(
        next &- UInt64(op.length), r, destination: op.destination,
        mayChangeAny: op.handler.mayChangeAny)
      // Left by a branch, or told to stop.
      if unsafe rip != next || blockEnd != op.pointer + 1 { return }
    }
  }

  private func record(_ fault: Fault, at rip: UInt64, _ tracer: Tracer) {
    switch fault {
    case .exception: tracer.failed(rip, .exception, UInt64(pendingException.vector))
    case .exit: tracer.failed(rip, .exit, UInt64(pendingExit.reason))
    default: tracer.failed(rip, .other, 0)
    }
  }
}
