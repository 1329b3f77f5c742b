import Simulator
import X86

/// A control word as VM entry accepts it, and how it came about.
struct ControlAdjustment {
  let group: VMXControlGroup
  let wanted: UInt64
  let capabilityMSR: UInt32
  let mustBeOne: UInt64
  let mayBeOne: UInt64

  /// SDM 3D, "Algorithms for Determining VMX Capabilities": a control may be 0 if its bit among the
  /// allowed 0-settings is 0, and 1 if its bit among the allowed 1-settings is 1.
  init(_ group: VMXControlGroup, wanting wanted: UInt64, _ capabilities: VMXCapabilities) {
    self.group = group
    self.wanted = wanted
    // IA32_VMX_BASIC[55]: the TRUE MSRs exist, and allow more bits to be 0.
    let hasTrue = capabilities[MSR.vmxBasic] >> 55 & 1 != 0
    capabilityMSR = hasTrue ? group.trueCapabilityMSR ?? group.capabilityMSR : group.capabilityMSR
    let value = capabilities[capabilityMSR]
    mustBeOne = group.hasAllowedOneMask ? 0 : value & 0xffff_ffff
    mayBeOne = group.hasAllowedOneMask ? value : value >> 32
  }

  var value: UInt64 { (wanted | mustBeOne) & mayBeOne }

  /// "pin-based controls = 0x3f: wanted 0x9 | must be 1 0x16, & may be 1 0x3f (MSR 0x48d); …".
  var explanation: String {
    let names = group.setNames(in: value).joined(separator: ", ")
    var text =
      "\(group.field.symbol) = \(hex(value)): (wanted \(hex(wanted)) | must be 1 "
      + "\(hex(mustBeOne))) & may be 1 \(hex(mayBeOne)), from MSR \(hex(capabilityMSR))"
    if !names.isEmpty { text += ": \(names)" }
    let missing = wanted & ~mayBeOne
    if missing != 0 {
      text += "; not supported: " + group.setNames(in: missing).joined(separator: ", ")
    }
    return text
  }
}
