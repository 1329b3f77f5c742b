import Glibc
import Testing
import X86

@testable import KVM

/// Whether this host can run the tests that need a guest; the reason is printed where it cannot.
enum HostKVM {
  static let failure: String? = {
    do {
      _ = try KVMMachine(memorySize: 0x1000)
      return nil
    } catch {
      return "skipped, no usable KVM: \(error)"
    }
  }()
  static var isUsable: Bool { failure == nil }
  static var reason: Comment { Comment(rawValue: failure ?? "KVM works") }
}

/// Answers reads from a list, in order and then with all ones, and keeps every write.
final class TestBus: DeviceBus {
  struct Write: Equatable {
    var space: DeviceAccess.Space
    var address: UInt64
    var size: Int
    var value: UInt64
  }
  var answers: [UInt64]
  var writes: [Write] = []
  var reads: [UInt64] = []

  init(answers: [UInt64] = []) { self.answers = answers }

  func read(_ space: DeviceAccess.Space, _ address: UInt64, size: Int) -> UInt64 {
    reads.append(address)
    return answers.isEmpty ? .max : answers.removeFirst()
  }

  func write(_ space: DeviceAccess.Space, _ address: UInt64, size: Int, value: UInt64) {
    writes.append(Write(space: space, address: address, size: size, value: value))
  }

  var text: String { String(decoding: writes.map { UInt8($0.value & 0xff) }, as: UTF8.self) }
}

enum Mode: CaseIterable { case real, protected, long }

/// A machine with `code` at 0x1000, RSP 0x8000 and RIP at the code.
func machine(_ mode: Mode = .real, _ code: [UInt8], record: Bool = false) throws -> KVMMachine {
  let machine = try KVMMachine(memorySize: 0x40_0000, recordIoctls: record)
  try machine.writePhysical(0x1000, code)
  try enter(mode, machine)
  return machine
}

func enter(_ mode: Mode, _ machine: KVMMachine) throws {
  var state = Registers()
  state.rip = 0x1000
  state[.rsp] = 0x8000
  state[.cs] = Segment(selector: 0, base: 0, limit: 0xffff, access: 0x9b)
  if mode != .real {
    // Flat: code 32-bit or 64-bit, data read/write, 4 GiB.
    let code: UInt32 = mode == .long ? 0xa09b : 0xc09b
    state[.cs] = Segment(selector: 8, base: 0, limit: 0xffff_ffff, access: code)
    for segment in [SegmentRegister.ds, .es, .ss, .fs, .gs] {
      state[segment] = Segment(selector: 0x10, base: 0, limit: 0xffff_ffff, access: 0xc093)
    }
    state.cr0 = CR0.pe | CR0.et | CR0.ne
    state.idtr = DescriptorTableRegister(base: 0, limit: 0)
  }
  if mode == .long {
    // PML4 at 0x10000, PDPT at 0x11000, page directory at 0x12000 with two 2-MiB pages.
    try machine.writePhysical(0x10000, bytes(0x11003))
    try machine.writePhysical(0x11000, bytes(0x12003))
    try machine.writePhysical(0x12000, bytes(0x83) + bytes(0x20_0083))
    state.cr3 = 0x10000
    state.cr4 = CR4.pae
    state.efer = EFER.lme | EFER.lma
    state.cr0 |= CR0.pg
  }
  try machine.cpu.setRegisters(state)
}

func bytes(_ value: UInt64) -> [UInt8] {
  (0..<8).map { UInt8(truncatingIfNeeded: value >> UInt64($0 * 8)) }
}

/// Runs with a watchdog, so that a guest that never exits fails a test instead of hanging it.
func run(
  _ machine: KVMMachine, instructions: UInt64? = nil, breakpoints: Set<UInt64> = [],
  kickAfter microseconds: UInt32 = 5_000_000
) throws -> Exit {
  let interrupt = Interrupt()
  let watchdog = Watchdog(interrupt, microseconds)
  defer { watchdog.end() }
  return try machine.cpu.run(
    until: RunLimit(instructions: instructions, breakpoints: breakpoints, interrupt: interrupt))
}

func vmExit(_ exit: Exit) throws -> VMExit {
  guard case .vmExit(let exit) = exit else {
    Issue.record("not a VM exit: \(exit)")
    throw MachineError.backend(what: "test", why: "not a VM exit: \(exit)", remedy: "")
  }
  return exit
}

/// A thread that raises an interrupt after a while, unless it is ended before.
final class Watchdog: Sendable {
  private let interrupt: Interrupt
  private let done = Interrupt()
  private let microseconds: UInt32

  init(_ interrupt: Interrupt, _ microseconds: UInt32) {
    self.interrupt = interrupt
    self.microseconds = microseconds
    // SAFETY: the thread below takes this reference over.
    let box = unsafe Unmanaged.passRetained(self)
    var thread = pthread_t()
    // SAFETY: the thread releases the retained object once.
    let started = unsafe pthread_create(
      &thread, nil,
      { context in
        guard let context = unsafe context else { return nil }
        unsafe Unmanaged<Watchdog>.fromOpaque(context).takeRetainedValue().wait()
        return nil
      }, unsafe box.toOpaque())
    precondition(started == 0)
    pthread_detach(thread)
  }

  private func wait() {
    var left = microseconds
    while left > 0, !done.isRaised {
      let slice = min(left, 1000)
      usleep(slice)
      left -= slice
    }
    if !done.isRaised { interrupt.raise() }
  }

  func end() { done.raise() }
}
