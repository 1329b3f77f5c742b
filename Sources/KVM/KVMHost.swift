import CKVM
import Glibc
import X86

/// One thing that was looked at on this host.
public struct Finding: Sendable, Equatable {
  public enum State: String, Sendable { case ok, warn, fail }
  public var name: String
  public var state: State
  public var value: String
  /// What the user can do, in one line; empty when there is nothing to mend.
  public var remedy: String

  init(_ name: String, _ state: State, _ value: String, remedy: String = "") {
    self.name = name
    self.state = state
    self.value = value
    self.remedy = remedy
  }
}

/// What this host has of KVM.
public enum KVMHost {
  private static let useSimulator = "use the simulator: backend sim"

  /// Looks at the device, its permission and version, capabilities, the processor, the kernel
  /// module, and whether hypercalls, single-stepping and nesting work. Never throws.
  public static func diagnose(devicePath: String = "/dev/kvm") -> [Finding] {
    var findings = [processor(), module()]
    let device: KVMDevice
    do throws(MachineError) {
      device = try KVMDevice(path: devicePath, log: IoctlLog())
    } catch {
      guard case .backend(_, let why, let remedy) = error else { return findings }
      findings.append(Finding("device \(devicePath)", .fail, why, remedy: remedy))
      return findings
    }
    findings.append(Finding("device \(devicePath)", .ok, "opens for reading and writing"))
    findings.append(Finding("API version", .ok, "\(device.apiVersion)"))
    findings += KVMCapability.reported.map { capability($0, device) }
    findings.append(debugging(device))
    findings.append(nesting(device))
    let hypercall = hypercallUsable()
    findings.append(
      Finding(
        "hypercall", hypercall.usable ? .ok : .warn, hypercall.why,
        remedy: hypercall.usable ? "" : "use the simulator for VMCALL: backend sim"))
    return findings
  }

  private static func processor() -> Finding {
    let flags =
      text(of: "/proc/cpuinfo").split(separator: "\n")
      .first { $0.hasPrefix("flags") }?.split(separator: " ") ?? []
    if flags.contains("vmx") { return Finding("processor", .ok, "vmx (Intel VT-x)") }
    if flags.contains("svm") { return Finding("processor", .ok, "svm (AMD-V)") }
    return Finding(
      "processor", .warn, "neither vmx nor svm in /proc/cpuinfo",
      remedy: "enable virtualisation in the firmware; in a virtual machine, nested "
        + "virtualisation on its host")
  }

  private static func module() -> Finding {
    for name in ["kvm_intel", "kvm_amd", "kvm_pvm"] where exists("/sys/module/\(name)") {
      guard name == "kvm_pvm" else { return Finding("kernel module", .ok, name) }
      return Finding(
        "kernel module", .warn,
        "kvm_pvm: guest ring 0 is emulated, so it is slow, and 32-bit "
          + "paging is missing", remedy: useSimulator)
    }
    return Finding(
      "kernel module", .warn, "none of kvm_intel, kvm_amd, kvm_pvm in /sys/module",
      remedy: "modprobe kvm_intel or kvm_amd, unless KVM is built into the kernel")
  }

  private static func capability(_ capability: KVMCapability, _ device: KVMDevice) -> Finding {
    let value = device.check(capability.number)
    return Finding(capability.name, value > 0 ? .ok : .warn, value > 0 ? "\(value)" : "absent")
  }

  private static func debugging(_ device: KVMDevice) -> Finding {
    device.check(KVMCapability.guestDebug.number) > 0
      ? Finding("single-step", .ok, "KVM_SET_GUEST_DEBUG")
      : Finding(
        "single-step", .fail, "KVM_SET_GUEST_DEBUG is missing: no stepi, no breakpoints",
        remedy: useSimulator)
  }

  private static func nesting(_ device: KVMDevice) -> Finding {
    device.check(KVMCapability.nested.number) > 0
      ? Finding("nested virtualisation", .ok, "a guest can be a hypervisor")
      : Finding(
        "nested virtualisation", .warn, "absent: a guest cannot use VMX itself",
        remedy: "kvm_intel nested=1, or " + useSimulator)
  }

  private static func exists(_ path: String) -> Bool {
    // SAFETY: the string lives through the call.
    unsafe path.withCString { unsafe access($0, F_OK) } == 0
  }

  /// The first 64 KiB of a file; empty when it cannot be read.
  private static func text(of path: String) -> String {
    // SAFETY: the string lives through the call.
    let file = unsafe path.withCString { unsafe open($0, O_RDONLY | O_CLOEXEC) }
    guard file >= 0 else { return "" }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 0x10000)
    // SAFETY: the buffer is as long as the call is told.
    let count = unsafe bytes.withUnsafeMutableBytes { unsafe read(file, $0.baseAddress, $0.count) }
    return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
  }
}
