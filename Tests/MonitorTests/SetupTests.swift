import Simulator
import Testing
import X86

@testable import Monitor

/// What the monitor prepares in the simulator before a guest runs.
@Suite struct SetupTests {
  private func monitor(
    _ guest: String = "hello", memorySize: UInt64 = 16 << 20, large: Bool = false
  ) throws -> (Monitor, SimulatedMachine) {
    var configuration = Monitor.Configuration()
    configuration.memorySize = memorySize
    configuration.usesLargeEPTPages = large
    let monitor = try Monitor(configuration)
    try monitor.load(try ImageLoader.load(guest, memorySize: memorySize))
    return (monitor, try #require(monitor.simulated))
  }

  private func prepared(_ guest: String = "hello") throws -> Monitor {
    let (monitor, _) = try monitor(guest)
    #expect(try monitor.execute(.vmxon(nil)).outcome == .success)
    #expect(try monitor.execute(.vmclear(nil)).outcome == .success)
    #expect(try monitor.execute(.vmptrld(nil)).outcome == .success)
    return monitor
  }

  @Test(arguments: ["hello", "triple", "hypercall"])
  func setupBreaksNoRuleOfVMEntry(_ guest: String) throws {
    let monitor = try prepared(guest)
    let lines = try monitor.setup()
    #expect(try monitor.checkVMCS() == [])
    #expect(lines.contains { $0.contains("PIN_BASED_VM_EXEC_CONTROL") })
  }

  @Test func emptyVMCSBreaksRules() throws {
    #expect(try !prepared().checkVMCS().isEmpty)
  }

  @Test func controlsFollowTheCapabilityMSRs() {
    let capabilities = VMXCapabilities.ringside
    for group in [VMXControlGroup.pinBased, .primary, .secondary, .exit, .entry] {
      let msr = capabilities[group.trueCapabilityMSR ?? group.capabilityMSR]
      let nothing = ControlAdjustment(group, wanting: 0, capabilities)
      // SDM 3D: bits 31:0 report the allowed 0-settings, bits 63:32 the allowed 1-settings.
      #expect(nothing.value == msr & 0xffff_ffff)
      let everything = ControlAdjustment(group, wanting: 0xffff_ffff, capabilities)
      #expect(everything.value == msr >> 32)
    }
  }

  @Test func setupStartsTheGuestWhereItWasLoaded() throws {
    let monitor = try prepared("hello")
    _ = try monitor.setup()
    let fields = try #require(try monitor.vmcs()).fields
    #expect(fields[.guestRIP]?.value == 0x1000)
    #expect(fields[.guestCSBase]?.value == 0)
    #expect(fields[.guestRFLAGS]?.value == 2)
    #expect(fields[.vmcsLinkPointer]?.value == ~0)
    #expect(fields[.hostRIP]?.value == MonitorLayout.hostEntry)
    // PE and PG are 0 in real mode; NE is fixed to 1, and hidden by mask and shadow.
    #expect((fields[.guestCR0]?.value ?? 0) & (CR0.pe | CR0.pg | CR0.ne) == CR0.ne)
    #expect((fields[.cr0ReadShadow]?.value ?? ~0) & CR0.ne == 0)
    #expect((fields[.cr0GuestHostMask]?.value ?? 0) & CR0.ne != 0)
  }

  @Test func typedInstructionsFailAsTheProcessorFails() throws {
    let (monitor, _) = try monitor()
    // SDM 3C, "VMX Instruction Reference": outside VMX operation VMPTRLD raises #UD.
    let early = try monitor.execute(.vmptrld(nil))
    #expect(early.outcome == .fault)
    #expect(early.vector == 6)
    #expect(try monitor.execute(.vmxon(0x1008)).outcome == .failInvalid)
    #expect(try monitor.execute(.vmxon(nil)).outcome == .success)
    // Without a current VMCS every failure is VMfailInvalid.
    #expect(try monitor.execute(.vmptrld(0x1000)).outcome == .failInvalid)
    #expect(try monitor.execute(.vmlaunch).outcome == .failInvalid)
    #expect(try monitor.execute(.vmptrld(nil)).outcome == .success)
    // Error 10: VMPTRLD with VMXON pointer.
    #expect(try monitor.execute(.vmptrld(0x1000)).error == 10)
    // Error 11: guest RAM holds no revision identifier.
    #expect(try monitor.execute(.vmptrld(0x100_0000)).error == 11)
    // Error 12: unsupported VMCS component; 13: read-only.
    #expect(try monitor.execute(.vmread(VMCSField(rawValue: 0xfffe))).error == 12)
    #expect(try monitor.execute(.vmwrite(.exitReason, 1)).error == 13)
    // Error 7: invalid controls; 5: VMRESUME with non-launched VMCS.
    #expect(try monitor.execute(.vmlaunch).error == 7)
    #expect(try monitor.execute(.vmresume).error == 5)
    #expect(monitor.vmxStatus == VMXStatus(isOn: true, current: MonitorLayout.vmcs))
    #expect(try monitor.execute(.vmptrst).value == MonitorLayout.vmcs)
  }

  @Test func regionsOfTheLearnersOwnAreMadeUsable() throws {
    let (monitor, _) = try monitor()
    let answer = try monitor.execute(.vmxon(0x20000))
    #expect(answer.outcome == .success)
    #expect(answer.notes.contains { $0.contains("revision identifier") })
    // The I/O bitmap is no region: it stays as it is, and VMPTRLD refuses it.
    #expect(try monitor.execute(.vmptrld(0x21000)).outcome == .success)
    #expect(try monitor.execute(.vmptrld(MonitorLayout.ioBitmapA)).error == 11)
  }

  @Test func eptMapsRAMAndNothingElse() throws {
    let (monitor, machine) = try monitor(memorySize: 4 << 20)
    let pointer = try EPTBuilder.build(for: machine, usesLargePages: false)
    // SDM 3C, "Extended-Page-Table Pointer": write-back 6, page-walk length less 1 in 5:3.
    #expect(pointer & 0xfff == 0x1e)
    let last = try translate(pointer, (4 << 20) - 4096, machine)
    #expect(last.address == machine.guestBase + (4 << 20) - 4096)
    #expect(last.references == 4)
    #expect(try translate(pointer, 0, machine).address == machine.guestBase)
    #expect(try translate(pointer, 4 << 20, machine).address == nil)
    #expect(try translate(pointer, 0xd000_0000, machine).address == nil)
    _ = monitor
  }

  @Test func largeEPTPagesTakeThreeReferences() throws {
    // The last 4 KiB do not fill a 2-MiB page.
    let (monitor, machine) = try monitor(memorySize: (4 << 20) + 4096)
    let pointer = try EPTBuilder.build(for: machine, usesLargePages: true)
    let inside = try translate(pointer, 0x201000, machine)
    #expect(inside.references == 3)
    #expect(inside.address == machine.guestBase + 0x201000)
    #expect(try translate(pointer, 4 << 20, machine).references == 4)
    #expect(try translate(pointer, (4 << 20) + 4096, machine).address == nil)
    _ = monitor
  }

  /// An independent reading of SDM 3C, "EPT Translation Mechanism".
  private func translate(
    _ pointer: UInt64, _ address: UInt64, _ machine: SimulatedMachine
  ) throws -> (address: UInt64?, references: Int) {
    var table = pointer & ~0xfff
    for level in [3, 2, 1, 0] {
      let slot = table + (address >> UInt64(12 + level * 9) & 511) * 8
      let bytes = try machine.memory.read(slot, count: 8)
      let entry = bytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      if entry & 7 == 0 { return (nil, 4 - level) }
      let frame = entry & 0x000f_ffff_ffff_f000
      if level == 0 || (level == 1 && entry & 0x80 != 0) {
        let mask = (UInt64(1) << UInt64(12 + level * 9)) - 1
        return (frame & ~mask | address & mask, 4 - level)
      }
      table = frame
    }
    return (nil, 4)
  }

  @Test func layoutRowsAscendAndDoNotOverlap() {
    let rows = MonitorLayout.rows
    for (row, next) in zip(rows, rows.dropFirst()) {
      #expect(row.range.upperBound <= next.range.lowerBound, "\(row.name)")
    }
    #expect(rows.last?.range.upperBound == SimulatedMachine.monitorReserve)
  }
}
