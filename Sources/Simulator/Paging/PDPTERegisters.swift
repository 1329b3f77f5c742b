import X86

// SDM 3A, "PDPTE Registers".
extension Processor {
  /// Bits 2:1, 8:5 and those from MAXPHYADDR on.
  static let reservedPDPTEBits: UInt64 =
    0x1e6 | ~((UInt64(1) << Processor.physicalAddressWidth) &- 1)

  /// Loads the registers for PAE paging. A present entry with a reserved bit is #GP(0), and none is
  /// loaded.
  func loadPDPTEs(_ cr3: UInt64) throws(Fault) {
    let table = try readPDPTEs(cr3) { address throws(Fault) in
      memory.load(try physicalForPDPTE(address), as: UInt64.self)
    }
    for entry in [table.0, table.1, table.2, table.3]
    where entry & 1 != 0 && entry & Processor.reservedPDPTEBits != 0 {
      throw generalProtection()
    }
    pdptes = table
  }

  /// The four entries of the table that CR3 points at; `read` reads one.
  func readPDPTEs<Failure: Error>(
    _ cr3: UInt64, _ read: (UInt64) throws(Failure) -> UInt64
  ) throws(Failure) -> (UInt64, UInt64, UInt64, UInt64) {
    let table = cr3 & 0xffff_ffe0
    return (
      try read(table), try read(table &+ 8), try read(table &+ 16), try read(table &+ 24)
    )
  }

  /// Under EPT the table is at a guest-physical address; a violation here has no linear address.
  private func physicalForPDPTE(_ address: UInt64) throws(Fault) -> UInt64 {
    guard vmx.isNonRoot, vmx.eptPointer != 0 else { return address }
    var walker = PageWalker(
      memory: memory, registers: pagingRegisters, recorder: NoRecorder(), setsFlags: true)
    do {
      return try walker.translateEPT(
        address, EPTAccess(reads: true, writes: false, fetches: false, isFinal: false),
        records: false
      ).physical
    } catch .eptViolation(let guestPhysical, let qualification) {
      let exit = vmExit(48, qualification: qualification & ~0x180)
      pendingExit.guestPhysical = guestPhysical
      throw exit
    } catch {
      let exit = vmExit(49)
      pendingExit.guestPhysical = address
      throw exit
    }
  }
}
