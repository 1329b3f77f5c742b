import X86

/// The part of the processor that VMX adds (SDM 3C, "Introduction to Virtual Machine Extensions").
struct VMXState: Sendable {
  /// No current VMCS: the pointer is all ones.
  static let noVMCS = ~UInt64(0)

  /// Between VMXON and VMXOFF.
  var isOn = false
  /// In VMX non-root operation: between a VM entry and a VM exit.
  var isNonRoot = false
  var vmxonPointer: UInt64 = 0
  var currentVMCS: UInt64 = VMXState.noVMCS

  // Controls of the running guest, cached from the VMCS at VM entry; all 0 outside non-root.
  var pinBasedControls: UInt32 = 0
  var primaryControls: UInt32 = 0
  var secondaryControls: UInt32 = 0
  var exceptionBitmap: UInt32 = 0
  var cr0Mask: UInt64 = 0
  var cr0Shadow: UInt64 = 0
  var cr4Mask: UInt64 = 0
  var cr4Shadow: UInt64 = 0
  /// EPTP when EPT is enabled, else 0.
  var eptPointer: UInt64 = 0
  var vpid: UInt16 = 0
  var tscOffset: UInt64 = 0
  /// The monitor trap flag or an injected MTF event is pending at the next boundary.
  var pendingMTF = false
}
