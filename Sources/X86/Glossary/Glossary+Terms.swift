extension Glossary {
  static let terms: [Term] = vmxTerms + memoryTerms + hypervisorTerms

  private static let vmxTerms: [Term] = [
    Term(
      ["VM exit", "vmexit", "exit", "exits"],
      [
        "The processor's own transition from the guest (non-root operation) to the hypervisor "
          + "(root operation).",
        "It is not an instruction: nobody can execute a VM exit. A guest does something that "
          + "the VMCS says must exit, such as CPUID, HLT with HLT exiting, or a missing EPT entry.",
        "Guest state goes to the VMCS, host state comes from it, and execution goes on at "
          + "HOST_RIP.",
      ],
      section: "VM Exits", seeAlso: ["VM entry", "VM_EXIT_REASON", "VMCALL"]),
    Term(
      ["VM entry", "vmentry", "entry"],
      [
        "The transition from the hypervisor to the guest, by VMLAUNCH or VMRESUME.",
        "Controls and host state are checked (errors 7 and 8), then guest state (exit reason "
          + "33); then guest state is loaded, MSRs are loaded and an event may be injected.",
      ],
      section: "VM Entries", seeAlso: ["VMLAUNCH", "VMRESUME", "VM exit", "error 7"]),
    Term(
      ["VMLAUNCH and VMRESUME", "VMLAUNCH vs VMRESUME", "VMRESUME vs VMLAUNCH", "launch state"],
      [
        "Both make the same VM entry, with the same checks, and both load guest state from the "
          + "VMCS.",
        "VMLAUNCH wants a VMCS whose launch state is clear and makes it launched; VMRESUME "
          + "wants a launched one. The wrong one fails with error 4 or 5.",
        "So: VMCLEAR, VMPTRLD, VMLAUNCH the first time, VMRESUME ever after; VMCLEAR starts over.",
      ],
      section: "Virtual-Machine Control Structures: Overview",
      seeAlso: ["VMLAUNCH", "VMRESUME", "VMCLEAR", "error 4", "error 5"]),
    Term(
      ["VMCS", "virtual-machine control structure", "guest context"],
      [
        "The structure that holds guest state, host state, controls and exit information of "
          + "one virtual CPU; not of a whole VM.",
        "It does not hold the whole guest context: RAX to RDI except RSP, R8 to R15, CR2, CR8, "
          + "DR0 to DR3, DR6, and floating-point and vector registers are the hypervisor's to "
          + "save.",
        "Its layout is the processor's secret: VMREAD and VMWRITE access it, and part of it "
          + "may be cached until VMCLEAR.",
      ],
      section: "Virtual-Machine Control Structures",
      seeAlso: ["VMREAD", "VMWRITE", "VMCLEAR", "GUEST_RIP"]),
    Term(
      ["root mode", "root operation", "non-root mode", "non-root operation", "ring -1", "ring 0"],
      [
        "VMX adds a second axis to the rings: root operation for the hypervisor, non-root for "
          + "guests.",
        "A guest kernel runs in ring 0 of non-root operation and sees no difference, except "
          + "that some instructions and events exit. \"Ring -1\" is only a nickname for root "
          + "operation.",
      ],
      section: "Introduction to VMX Operation",
      seeAlso: ["VMXON", "VM exit", "hypervisor"]),
    Term(
      ["VMfail", "VMfailValid", "VMfailInvalid", "VMsucceed"],
      [
        "How VMX instructions answer in RFLAGS. Success: CF, PF, AF, ZF, SF and OF are 0.",
        "VMfailInvalid sets CF: there is no current VMCS, so no error number either.",
        "VMfailValid sets ZF and leaves an error number in VM_INSTRUCTION_ERROR.",
        "A failed guest-state check is neither: it looks like a VM exit, with bit 31 of the "
          + "reason 1.",
      ],
      section: "VMX Instruction Reference: Conventions",
      seeAlso: ["VM_INSTRUCTION_ERROR", "error 7", "entry-failure-guest-state"]),
    Term(
      ["guest/host mask", "read shadow"],
      [
        "A 1 in CR0_GUEST_HOST_MASK gives that bit of CR0 to the hypervisor: a guest write "
          + "that differs from CR0_READ_SHADOW exits, a guest read returns the shadow's bit.",
        "CR4 has the same pair. Bits with mask 0 belong to the guest.",
      ],
      section: "Guest/Host Masks and Read Shadows for CR0 and CR4",
      seeAlso: ["CR0_GUEST_HOST_MASK", "CR0_READ_SHADOW", "cr-access"]),
    Term(
      ["CPUID exit", "CPUID"],
      [
        "On Intel processors CPUID always exits in VMX non-root operation; on AMD it is a choice.",
        "So a hypervisor decides what every guest sees of the processor.",
      ],
      section: "Instructions That Cause VM Exits Unconditionally", seeAlso: ["exit 10"]),
  ]

  private static let memoryTerms: [Term] = [
    Term(
      ["EPT", "extended page tables", "nested paging", "second-level address translation"],
      [
        "A second translation behind the guest's own page tables: those map linear to "
          + "guest-physical addresses, EPT maps guest-physical to host-physical. Host-virtual "
          + "addresses take no part.",
        "The guest owns its page tables and CR3, and changes them without exits. EPT belongs "
          + "to the hypervisor and lies in memory that the guest can't reach.",
        "Every guest-physical address goes through it, those of page tables too: a walk of 4 "
          + "by 4 levels makes up to 24 memory references.",
        "A violation is no error by itself: it is how memory is given on demand and devices "
          + "are emulated.",
      ],
      section: "The Extended Page Table Mechanism (EPT)",
      seeAlso: ["EPT_POINTER", "ept-violation", "ept-misconfiguration", "enable EPT", "INVEPT"]),
    Term(
      ["EPT misconfiguration", "misconfigured"],
      [
        "A present EPT entry that means nothing: writable but not readable, execute-only where "
          + "that is unsupported, a reserved bit, or a reserved memory type.",
        "It exits with reason 49. KVM makes such entries on purpose to mark emulated device "
          + "pages.",
      ],
      section: "EPT Misconfigurations", seeAlso: ["EPT", "ept-misconfiguration"]),
    Term(
      ["CR3", "page-table base", "EC3"],
      [
        "The control register with the physical address of the top paging structure, and the "
          + "PCID in bits 11:0 if CR4.PCIDE is 1. There is no register EC3.",
        "In a guest with EPT it holds a guest-physical address. The root of EPT is EPT_POINTER.",
      ],
      section: "Control Registers", seeAlso: ["GUEST_CR3", "HOST_CR3", "EPT_POINTER"]),
    Term(
      ["VPID", "VPIDs", "tagged TLB"],
      [
        "A 16-bit tag on cached translations. With VPIDs, VM entries and exits drop none of "
          + "them; without, each entry and exit drops those of VPID 0.",
        "The hypervisor has VPID 0, so a guest must not.",
      ],
      section: "Virtual Processor Identifiers (VPIDs)",
      seeAlso: ["VIRTUAL_PROCESSOR_ID", "enable VPID", "INVVPID"]),
    Term(
      ["shadow paging", "shadow page tables"],
      [
        "Memory virtualisation without EPT: the hypervisor keeps tables from linear to "
          + "host-physical addresses in the real CR3 and derives them from the guest's tables.",
        "Walks are short, 4 references, but MOV to CR3, INVLPG and page-table changes cost exits.",
      ],
      section: "Memory Virtualization", seeAlso: ["EPT", "cr-access", "invlpg"]),
    Term(
      ["balloon", "ballooning", "memory balloon"],
      [
        "A driver in the guest that takes free pages and tells the host, which then uses the "
          + "memory behind them; deflating gives them back.",
        "The host sets a target, the guest picks the pages: it knows which are cheap. So a "
          + "balloon avoids swapping by the host, and does not start because a guest wants more "
          + "memory.",
      ],
      section: "Memory Balloon Device (VIRTIO specification)", seeAlso: ["EPT"]),
    Term(
      ["MSR bitmap", "I/O bitmap", "bitmaps"],
      [
        "Pages in memory with a bit for each MSR (read and write apart) or each port: 1 exits.",
        "MSRs outside 0 to 1FFFH and C0000000H to C0001FFFH always exit. Without the MSR "
          + "bitmap every RDMSR and WRMSR exits.",
      ],
      section: "MSR-Bitmap Address",
      seeAlso: ["MSR_BITMAP", "IO_BITMAP_A", "use I/O bitmaps", "use MSR bitmaps"]),
  ]

  private static let hypervisorTerms: [Term] = [
    Term(
      ["hypervisor", "VMM", "virtual-machine monitor"],
      [
        "The software in root operation: it owns the processor and decides what each guest may "
          + "do. Intel's manual calls it VMM, virtual-machine monitor.",
        "With KVM the two words part: the kernel module makes VM entries, and the process that "
          + "opens /dev/kvm and emulates devices is often called the VMM.",
      ],
      section: "Introduction to VMX Operation",
      seeAlso: ["root mode", "type 1 hypervisor"]),
    Term(
      ["type 1 hypervisor", "type 2 hypervisor", "hosted hypervisor", "KVM"],
      [
        "Type 1 runs on the bare machine (Xen, ESXi), type 2 on a host operating system "
          + "(VirtualBox). KVM is a module that makes Linux itself the hypervisor, and fits "
          + "neither.",
        "A KVM virtual machine is a process; each virtual CPU is a thread of it that calls "
          + "KVM_RUN.",
        "struct kvm_run is a page shared with the kernel, not the VMCS, which never leaves the "
          + "kernel; and its exit reasons have their own numbers: KVM_EXIT_IO is 2, I/O "
          + "instruction is 30.",
      ],
      section: "KVM API documentation", seeAlso: ["hypervisor", "VMCS"]),
    Term(
      ["hypercall"],
      [
        "A call from the guest to its hypervisor: VMCALL on Intel, VMMCALL on AMD.",
        "One hypercall with a buffer replaces many exits of an emulated device.",
      ],
      section: "VMCALL—Call to VM Monitor", seeAlso: ["VMCALL", "exit 18"]),
    Term(
      ["trap and emulate", "trap-and-emulate"],
      [
        "The guest executes a privileged instruction, it exits, the hypervisor does its effect "
          + "in software and resumes the guest behind it."
      ],
      section: "Introduction to VMX Operation",
      seeAlso: ["VM exit", "io-instruction", "hypercall"]),
    Term(
      ["paravirtualisation", "paravirtualization", "PV"],
      [
        "A guest that knows of its hypervisor and calls it instead of touching hardware.",
        "32-bit Xen PV kernels run in ring 1; 64-bit ones in ring 3, as page tables know only "
          + "user and supervisor. HVM guests run their kernel in ring 0 of non-root operation.",
        "Xen domains share granted pages and event channels; the hypervisor sets up and checks "
          + "each.",
      ],
      section: "Xen public interface headers", seeAlso: ["hypercall", "root mode"]),
    Term(
      ["nested virtualisation", "nested virtualization"],
      [
        "A hypervisor as a guest: its VMX instructions exit to the one below, which carries "
          + "them out."
      ],
      section: "VMCS Types: Ordinary and Shadow",
      seeAlso: ["VMCS shadowing", "vmlaunch", "vmread"]),
  ]
}
