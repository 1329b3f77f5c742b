import X86

/// Memory as a page walk reads and marks it, by physical address.
public protocol WalkMemory {
  func readEntry64(_ address: UInt64) -> UInt64
  func readEntry32(_ address: UInt64) -> UInt32
  /// Sets `bits` in the low byte pair of the entry at `address` (accessed and dirty flags).
  func mark(_ address: UInt64, _ bits: UInt16)
}

/// What becomes of each memory reference; `NoRecorder` costs nothing.
public protocol WalkRecorder {
  mutating func record(_ reference: @autoclosure () -> WalkReference)
}

public struct NoRecorder: WalkRecorder {
  public init() {}
  @inline(__always)
  public mutating func record(_ reference: @autoclosure () -> WalkReference) {}
}

public struct ReferenceRecorder: WalkRecorder {
  public var references: [WalkReference] = []
  public init() {}
  public mutating func record(_ reference: @autoclosure () -> WalkReference) {
    references.append(reference())
  }
}

/// The registers that decide how a linear address is translated.
public struct PagingRegisters: Sendable {
  public var mode: PagingMode
  public var cr0: UInt64
  public var cr3: UInt64
  public var cr4: UInt64
  public var efer: UInt64
  public var rflags: UInt64
  /// PDPTE registers, for PAE paging only.
  public var pdptes: (UInt64, UInt64, UInt64, UInt64)
  /// EPTP, 0 without EPT.
  public var eptPointer: UInt64
  public var pkru: UInt32
  /// MAXPHYADDR.
  public var physicalWidth: UInt64

  public init(
    mode: PagingMode, cr0: UInt64, cr3: UInt64, cr4: UInt64, efer: UInt64, rflags: UInt64,
    pdptes: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0), eptPointer: UInt64 = 0,
    pkru: UInt32 = 0, physicalWidth: UInt64 = Processor.physicalAddressWidth
  ) {
    self.mode = mode
    (self.cr0, self.cr3, self.cr4) = (cr0, cr3, cr4)
    (self.efer, self.rflags) = (efer, rflags)
    self.pdptes = pdptes
    (self.eptPointer, self.pkru, self.physicalWidth) = (eptPointer, pkru, physicalWidth)
  }
}

/// A successful translation of one page.
public struct PageTranslation: Sendable, Equatable {
  public var guestPhysical: UInt64
  public var physical: UInt64
  /// Bytes of the guest page; 0 with paging off.
  public var pageSize: UInt64 = 0
  public var rights: PageRights
}

/// One translation through guest paging and EPT (SDM 3A, "Paging"; SDM 3C, "The Extended Page Table
/// Mechanism"). The TLB is filled by it and `walk` explains with it: it is one implementation.
public struct PageWalker<Memory: WalkMemory, Recorder: WalkRecorder> {
  let memory: Memory
  let registers: PagingRegisters
  public var recorder: Recorder
  /// Accessed and dirty flags are set, as hardware does; off when only looking.
  let setsFlags: Bool
  var linear: UInt64 = 0

  public init(
    memory: Memory, registers: PagingRegisters, recorder: Recorder, setsFlags: Bool
  ) {
    self.memory = memory
    self.registers = registers
    self.recorder = recorder
    self.setsFlags = setsFlags
  }

  /// Translates `linear` for `access`. Throws the fault that ends the walk.
  public mutating func walk(
    _ linear: UInt64, _ access: PageAccess
  ) throws(WalkFault) -> PageTranslation {
    self.linear = linear
    switch registers.mode {
    case .off:
      return try finish(
        GuestLeaf(guestPhysical: linear, rights: [.user, .writable, .dirty]), access)
    case .bits32: return try walk32(access)
    case .pae: return try walkPAE(access)
    case .level4: return try walkLong(levels: 4, access)
    case .level5: return try walkLong(levels: 5, access)
    }
  }

  /// Bits 51:MAXPHYADDR, reserved in every 8-byte entry.
  var reservedAddressBits: UInt64 {
    0x000f_ffff_ffff_f000 & ~((UInt64(1) << registers.physicalWidth) &- 1)
  }

  var noExecuteEnabled: Bool { registers.efer & EFER.nxe != 0 }
}

extension WalkFault: Error {}

/// What guest paging found, before EPT is asked for the final address.
struct GuestLeaf {
  var guestPhysical: UInt64 = 0
  var pageSize: UInt64 = 0
  /// Narrowed level by level.
  var rights: PageRights = [.user, .writable]
  /// Host-physical address of the leaf entry, for its dirty flag.
  var entryAddress: UInt64 = 0
  /// The entry's guest-physical address, to check that EPT lets the flag be written.
  var entryGuestPhysical: UInt64 = 0
}
