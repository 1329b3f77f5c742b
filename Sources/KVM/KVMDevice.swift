import CKVM
import Glibc
import X86

/// A file descriptor that is closed when the last reference goes.
final class Descriptor {
  let number: Int32
  init(_ number: Int32) { self.number = number }
  deinit { _ = ckvm_close(number) }
}

/// The system descriptor: /dev/kvm, opened and checked.
struct KVMDevice {
  static let defaultPath = "/dev/kvm"
  let descriptor: Descriptor
  let log: IoctlLog

  /// Opens the device and checks what every machine needs: API version 12, user memory, CPUID.
  ///
  /// Throws `MachineError.backend`, whose text says why and how to mend it.
  init(path: String, log: IoctlLog) throws(MachineError) {
    // SAFETY: the string lives through the call.
    let number = unsafe path.withCString { unsafe ckvm_open($0) }
    guard number >= 0 else { throw Self.openError(path: path, result: Int(number)) }
    descriptor = Descriptor(number)
    self.log = log
    let version = apiVersion
    guard version == KVM_API_VERSION else {
      throw .backend(
        what: "\(path)", why: "KVM_GET_API_VERSION answered \(version), not \(KVM_API_VERSION)",
        remedy: version < 0 ? "this is no KVM device: check the path" : "update the kernel")
    }
    for capability in KVMCapability.required where check(capability.number) <= 0 {
      throw .backend(
        what: path, why: "this KVM lacks \(capability.name), which Ringside needs",
        remedy: "update the kernel, or use the simulator: backend sim")
    }
  }

  static func openError(path: String, result: Int) -> MachineError {
    let error = Int32(truncatingIfNeeded: 0 &- result)
    let (why, remedy) =
      switch error {
      case ENOENT:
        (
          "the device does not exist",
          "enable virtualisation in the firmware and load the module (modprobe kvm_intel or "
            + "kvm_amd), or use the simulator: backend sim"
        )
      case EACCES, EPERM:
        (
          "permission denied",
          "join the group of the device (sudo usermod -aG kvm $USER) and log in again, or use the "
            + "simulator: backend sim"
        )
      case ENODEV, ENXIO:
        (
          "no KVM module answers for the device",
          "load one (modprobe kvm_intel or kvm_amd), or use the simulator: backend sim"
        )
      default: (Errno.describe(result), "use the simulator: backend sim")
      }
    return .backend(what: path, why: why, remedy: remedy)
  }

  var apiVersion: Int {
    log.call("KVM_GET_API_VERSION", .system) { ckvm_get_api_version(descriptor.number) }
  }

  func check(_ capability: Int) -> Int {
    log.call("KVM_CHECK_EXTENSION", .system, KVMCapability.name(of: capability)) {
      ckvm_check_extension(descriptor.number, UInt(truncatingIfNeeded: capability))
    }
  }

  func createVM() throws(MachineError) -> Descriptor {
    let number = log.call("KVM_CREATE_VM", .system, "type 0") {
      ckvm_create_vm(descriptor.number)
    }
    guard number >= 0 else {
      throw .ioctl("KVM_CREATE_VM", number, remedy: "another hypervisor may hold the processor")
    }
    return Descriptor(Int32(truncatingIfNeeded: number))
  }

  func runPageSize() throws(MachineError) -> Int {
    let size = log.call("KVM_GET_VCPU_MMAP_SIZE", .system) {
      ckvm_get_vcpu_mmap_size(descriptor.number)
    }
    guard size >= MemoryLayout<kvm_run>.size else {
      throw .ioctl("KVM_GET_VCPU_MMAP_SIZE", size, remedy: "update the kernel")
    }
    return size
  }

  /// struct kvm_cpuid2 as 32-bit words: count, padding, then ten words an entry.
  func supportedCPUID() throws(MachineError) -> [UInt32] {
    var words = [UInt32](repeating: 0, count: 2 + 10 * 256)
    words[0] = 256
    let result = log.call("KVM_GET_SUPPORTED_CPUID", .system, "room for 256 entries") {
      // SAFETY: the buffer has room for the 256 entries that its header announces.
      unsafe words.withUnsafeMutableBytes {
        unsafe ckvm_get_supported_cpuid(descriptor.number, $0.baseAddress)
      }
    }
    guard result == 0 else { throw .ioctl("KVM_GET_SUPPORTED_CPUID", result) }
    return words
  }
}

extension MachineError {
  /// `name` was refused with the negative errno `result`.
  static func ioctl(_ name: String, _ result: Int, remedy: String = "") -> MachineError {
    .backend(what: name, why: "the kernel answered \(Errno.describe(result))", remedy: remedy)
  }
}
