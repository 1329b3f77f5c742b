#pragma once

#include <linux/kvm.h>
#include <stddef.h>
#include <stdint.h>

// Swift imports neither variadic functions nor the _IOR macros, so each KVM request has a function
// here. Every one returns what the kernel returned, or -errno.

int ckvm_open(const char *path);
int ckvm_close(int fd);

// System descriptor.
int ckvm_get_api_version(int fd);
int ckvm_check_extension(int fd, unsigned long capability);
int ckvm_create_vm(int fd);
int ckvm_get_vcpu_mmap_size(int fd);
/// `list` is struct kvm_cpuid2 with its entries.
int ckvm_get_supported_cpuid(int fd, void *list);

// VM descriptor.
int ckvm_set_user_memory_region(int fd, const struct kvm_userspace_memory_region *region);
int ckvm_set_tss_addr(int fd, unsigned long address);
int ckvm_set_identity_map_addr(int fd, const uint64_t *address);
int ckvm_create_vcpu(int fd, unsigned long id);

// vCPU descriptor.
int ckvm_run(int fd);
int ckvm_set_cpuid2(int fd, const void *list);
int ckvm_get_regs(int fd, struct kvm_regs *registers);
int ckvm_set_regs(int fd, const struct kvm_regs *registers);
int ckvm_get_sregs(int fd, struct kvm_sregs *registers);
int ckvm_set_sregs(int fd, const struct kvm_sregs *registers);
int ckvm_get_debugregs(int fd, struct kvm_debugregs *registers);
int ckvm_set_debugregs(int fd, const struct kvm_debugregs *registers);
/// `list` is struct kvm_msrs with its entries.
int ckvm_get_msrs(int fd, void *list);
int ckvm_set_msrs(int fd, const void *list);
int ckvm_get_vcpu_events(int fd, struct kvm_vcpu_events *events);
int ckvm_set_vcpu_events(int fd, const struct kvm_vcpu_events *events);
int ckvm_get_mp_state(int fd, struct kvm_mp_state *state);
int ckvm_set_mp_state(int fd, const struct kvm_mp_state *state);
int ckvm_get_xsave(int fd, void *area);
int ckvm_set_xsave(int fd, const void *area);
int ckvm_get_xcrs(int fd, struct kvm_xcrs *registers);
int ckvm_set_xcrs(int fd, const struct kvm_xcrs *registers);
int ckvm_translate(int fd, struct kvm_translation *translation);
int ckvm_interrupt(int fd, const struct kvm_interrupt *interrupt);
int ckvm_nmi(int fd);
int ckvm_set_guest_debug(int fd, const struct kvm_guest_debug *debug);

/// Makes `signal` interrupt system calls and do nothing else.
int ckvm_catch_kick(int signal);
/// Lets `signal` through to the calling thread.
int ckvm_unblock(int signal);
/// The real-time signal that kicks a thread out of KVM_RUN.
int ckvm_kick_signal(void);
/// The message of an errno value.
const char *ckvm_error_text(int number);
