import CKVM
import X86

/// A virtual machine of the kernel's KVM: one memory slot from guest-physical 0 and one vCPU.
///
/// There is no in-kernel interrupt controller, so HLT comes back as an exit.
public final class KVMMachine: VirtualMachine {
  public let backendName = "kvm"
  /// KVM shows its ioctls and little else. Not `hypercall`: where VMCALL works at all, KVM
  /// answers it in the kernel, and the monitor never hears of it.
  public let capabilities: Set<Capability> = [.ioctls]
  /// What was asked of the kernel, while recording is on.
  public let ioctlLog: IoctlLog
  public var cpu: any VirtualCPU { kvmCPU }
  /// The CPU by its own type, for what only KVM has.
  public let kvmCPU: KVMCPU

  private let vm: Descriptor
  private let memory: GuestMemory

  /// The largest guest RAM; above it lie the pages that VMX needs for real mode.
  public static let maximumMemory: UInt64 = 0xc000_0000

  /// Makes a machine with `memorySize` bytes of RAM, rounded up to whole pages.
  ///
  /// Throws `MachineError.backend`, which says in one line why not and how to mend it.
  public init(
    memorySize: UInt64, devicePath: String = "/dev/kvm", recordIoctls: Bool = false
  ) throws {
    guard memorySize > 0, memorySize <= Self.maximumMemory else {
      throw MachineError.backend(
        what: "guest RAM of 0x\(String(memorySize, radix: 16)) bytes",
        why: "a KVM machine takes 1 byte to 3 GiB", remedy: "choose another size")
    }
    let log = IoctlLog(recording: recordIoctls)
    ioctlLog = log
    let device = try KVMDevice(path: devicePath, log: log)
    vm = try device.createVM()
    memory = try GuestMemory(size: Int((memorySize + 0xfff) & ~0xfff))
    try Self.placeRealModePages(vm, device)
    try Self.addSlot(vm, memory, log)
    kvmCPU = try KVMCPU(vm: vm, device: device, memory: memory)
  }

  private static func placeRealModePages(_ vm: Descriptor, _ device: KVMDevice) throws {
    if device.check(KVMCapability.identityMap.number) > 0 {
      let result = device.log.call("KVM_SET_IDENTITY_MAP_ADDR", .vm, "0xfffbc000") {
        var address: UInt64 = 0xfffb_c000
        // SAFETY: the kernel reads eight bytes during the call.
        return unsafe ckvm_set_identity_map_addr(vm.number, &address)
      }
      guard result == 0 else { throw MachineError.ioctl("KVM_SET_IDENTITY_MAP_ADDR", result) }
    }
    if device.check(KVMCapability.setTSS.number) > 0 {
      let result = device.log.call("KVM_SET_TSS_ADDR", .vm, "0xfffbd000") {
        ckvm_set_tss_addr(vm.number, 0xfffb_d000)
      }
      guard result == 0 else { throw MachineError.ioctl("KVM_SET_TSS_ADDR", result) }
    }
  }

  private static func addSlot(_ vm: Descriptor, _ memory: GuestMemory, _ log: IoctlLog) throws {
    var region = kvm_userspace_memory_region()
    region.memory_size = UInt64(memory.size)
    region.userspace_addr = memory.userAddress
    let size = String(memory.size, radix: 16)
    let result = log.call(
      "KVM_SET_USER_MEMORY_REGION", .vm, "slot 0, guest_phys 0x0, size 0x\(size)"
    ) {
      // SAFETY: the kernel reads the structure during the call; the mapping it names is dropped
      // only after the VM's descriptors are closed.
      unsafe ckvm_set_user_memory_region(vm.number, &region)
    }
    guard result == 0 else { throw MachineError.ioctl("KVM_SET_USER_MEMORY_REGION", result) }
  }

  public var memorySize: UInt64 { UInt64(memory.size) }

  public func readPhysical(_ address: UInt64, count: Int) throws -> [UInt8] {
    // INS stores what it read when KVM finishes it.
    try kvmCPU.settle()
    return try memory.read(address, count: count)
  }

  public func writePhysical(_ address: UInt64, _ bytes: [UInt8]) throws {
    try kvmCPU.settle()
    try memory.write(address, bytes)
  }

  /// Registers, MSRs, events and the pages of RAM that are not zero. A device access that has not
  /// been completed is not part of it.
  public func save() throws -> any MachineSnapshot {
    try kvmCPU.settle()
    return KVMSnapshot(cpu: try kvmCPU.saveState(), pages: memory.nonZeroPages(), size: memory.size)
  }

  public func restore(_ snapshot: any MachineSnapshot) throws {
    guard let snapshot = snapshot as? KVMSnapshot, snapshot.size == memory.size else {
      throw MachineError.backend(
        what: "restore", why: "this snapshot belongs to another machine",
        remedy: "restore one that this machine saved")
    }
    try kvmCPU.restoreState(snapshot.cpu)
    try memory.restore(snapshot.pages)
  }
}

struct KVMSnapshot: MachineSnapshot {
  var cpu: KVMCPUState
  var pages: SavedPages
  var size: Int
}
