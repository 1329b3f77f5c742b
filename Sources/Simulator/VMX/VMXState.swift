import X86

/// The part of the processor that VMX adds (SDM 3C, "Introduction to Virtual Machine Extensions").
struct VMXState: Sendable {
  /// No current VMCS: the pointer is all ones.
  static var noVMCS: UInt64 { ~0 }

  /// Between VMXON and VMXOFF.
  var isOn = false
  /// In VMX non-root operation: between a VM entry and a VM exit.
  var isNonRoot = false
  /// A VMX abort happened: only RESET helps.
  var isAborted = false
  var vmxonPointer: UInt64 = 0
  var currentVMCS: UInt64 = VMXState.noVMCS

  /// What this processor supports.
  var capabilities = VMXCapabilities.ringside

  /// The groups of VM-entry checks that a VM entry has to make: those of fields that were written
  /// since the groups last passed.
  var unchecked = VMEntryCheckGroups.all

  /// The VMCS whose guest-state segment and descriptor-table registers the processor still holds, as the
  /// last exit saved them: host segments are not loaded for a monitor that is no machine code. None
  /// once a guest-state field was written.
  var loadedGuest: UInt64 = VMXState.noVMCS
  /// Whether such a host has 64 bits, by its last VM exit; nil while its segments are loaded.
  var hostIs64Bit: Bool?
  /// The mode that the bounds of `loadedGuest` were worked out for.
  var loadedMode = CPUMode.real

  // Controls of the running guest, cached from the VMCS at VM entry. They are all 0 outside
  // non-root operation, so that a test of a bit needs no test of the mode.
  var pinBasedControls: UInt64 = 0
  var primaryControls: UInt64 = 0
  var secondaryControls: UInt64 = 0
  var exceptionBitmap: UInt32 = 0
  var pageFaultMask: UInt32 = 0
  var pageFaultMatch: UInt32 = 0
  var cr0Mask: UInt64 = 0
  var cr0Shadow: UInt64 = 0
  var cr4Mask: UInt64 = 0
  var cr4Shadow: UInt64 = 0
  var ioBitmapA: UInt64 = 0
  var ioBitmapB: UInt64 = 0
  var msrBitmaps: UInt64 = 0
  /// EPTP when EPT is enabled, else 0.
  var eptPointer: UInt64 = 0
  var vpid: UInt16 = 0
  /// 0 unless TSC offsetting is on.
  var tscOffset: UInt64 = 0

  /// An MTF VM exit is pending at the next instruction boundary.
  var pendingMTF = false
  /// One was pending when the guest was suspended, and is again when it goes on.
  var resumesWithMTF = false
  /// What the delivery of the injected event ran into, after an entry made from the prompt.
  var deferredFault: Fault?

  mutating func clearControls() {
    (pinBasedControls, primaryControls, secondaryControls) = (0, 0, 0)
    (exceptionBitmap, pageFaultMask, pageFaultMatch) = (0, 0, 0)
    (cr0Mask, cr0Shadow, cr4Mask, cr4Shadow) = (0, 0, 0, 0)
    (ioBitmapA, ioBitmapB, msrBitmaps) = (0, 0, 0)
    (eptPointer, vpid, tscOffset) = (0, 0, 0)
    pendingMTF = false
    deferredFault = nil
  }
}
