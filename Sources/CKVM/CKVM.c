#include "CKVM.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int outcome(int returned) { return returned < 0 ? -errno : returned; }

int ckvm_open(const char *p) { return outcome(open(p, O_RDWR | O_CLOEXEC)); }
int ckvm_close(int fd) { return outcome(close(fd)); }

int ckvm_get_api_version(int fd) { return outcome(ioctl(fd, KVM_GET_API_VERSION, 0)); }
int ckvm_check_extension(int fd, unsigned long c) {
  return outcome(ioctl(fd, KVM_CHECK_EXTENSION, c));
}
int ckvm_create_vm(int fd) { return outcome(ioctl(fd, KVM_CREATE_VM, 0)); }
int ckvm_get_vcpu_mmap_size(int fd) { return outcome(ioctl(fd, KVM_GET_VCPU_MMAP_SIZE, 0)); }
int ckvm_get_supported_cpuid(int fd, void *l) {
  return outcome(ioctl(fd, KVM_GET_SUPPORTED_CPUID, l));
}

int ckvm_set_user_memory_region(int fd, const struct kvm_userspace_memory_region *r) {
  return outcome(ioctl(fd, KVM_SET_USER_MEMORY_REGION, r));
}
int ckvm_set_tss_addr(int fd, unsigned long a) { return outcome(ioctl(fd, KVM_SET_TSS_ADDR, a)); }
int ckvm_set_identity_map_addr(int fd, const uint64_t *a) {
  return outcome(ioctl(fd, KVM_SET_IDENTITY_MAP_ADDR, a));
}
int ckvm_create_vcpu(int fd, unsigned long id) { return outcome(ioctl(fd, KVM_CREATE_VCPU, id)); }

int ckvm_run(int fd) { return outcome(ioctl(fd, KVM_RUN, 0)); }
int ckvm_set_cpuid2(int fd, const void *l) { return outcome(ioctl(fd, KVM_SET_CPUID2, l)); }
int ckvm_get_regs(int fd, struct kvm_regs *r) { return outcome(ioctl(fd, KVM_GET_REGS, r)); }
int ckvm_set_regs(int fd, const struct kvm_regs *r) { return outcome(ioctl(fd, KVM_SET_REGS, r)); }
int ckvm_get_sregs(int fd, struct kvm_sregs *r) { return outcome(ioctl(fd, KVM_GET_SREGS, r)); }
int ckvm_set_sregs(int fd, const struct kvm_sregs *r) {
  return outcome(ioctl(fd, KVM_SET_SREGS, r));
}
int ckvm_get_debugregs(int fd, struct kvm_debugregs *r) {
  return outcome(ioctl(fd, KVM_GET_DEBUGREGS, r));
}
int ckvm_set_debugregs(int fd, const struct kvm_debugregs *r) {
  return outcome(ioctl(fd, KVM_SET_DEBUGREGS, r));
}
int ckvm_get_msrs(int fd, void *l) { return outcome(ioctl(fd, KVM_GET_MSRS, l)); }
int ckvm_set_msrs(int fd, const void *l) { return outcome(ioctl(fd, KVM_SET_MSRS, l)); }
int ckvm_get_vcpu_events(int fd, struct kvm_vcpu_events *e) {
  return outcome(ioctl(fd, KVM_GET_VCPU_EVENTS, e));
}
int ckvm_set_vcpu_events(int fd, const struct kvm_vcpu_events *e) {
  return outcome(ioctl(fd, KVM_SET_VCPU_EVENTS, e));
}
int ckvm_get_mp_state(int fd, struct kvm_mp_state *s) {
  return outcome(ioctl(fd, KVM_GET_MP_STATE, s));
}
int ckvm_set_mp_state(int fd, const struct kvm_mp_state *s) {
  return outcome(ioctl(fd, KVM_SET_MP_STATE, s));
}
int ckvm_get_xsave(int fd, void *a) { return outcome(ioctl(fd, KVM_GET_XSAVE, a)); }
int ckvm_set_xsave(int fd, const void *a) { return outcome(ioctl(fd, KVM_SET_XSAVE, a)); }
int ckvm_get_xcrs(int fd, struct kvm_xcrs *r) { return outcome(ioctl(fd, KVM_GET_XCRS, r)); }
int ckvm_set_xcrs(int fd, const struct kvm_xcrs *r) { return outcome(ioctl(fd, KVM_SET_XCRS, r)); }
int ckvm_translate(int fd, struct kvm_translation *t) {
  return outcome(ioctl(fd, KVM_TRANSLATE, t));
}
int ckvm_interrupt(int fd, const struct kvm_interrupt *i) {
  return outcome(ioctl(fd, KVM_INTERRUPT, i));
}
int ckvm_nmi(int fd) { return outcome(ioctl(fd, KVM_NMI, 0)); }
int ckvm_set_guest_debug(int fd, const struct kvm_guest_debug *d) {
  return outcome(ioctl(fd, KVM_SET_GUEST_DEBUG, d));
}

static void kicked(int signal) { (void)signal; }

// Without SA_RESTART, so that KVM_RUN returns -EINTR.
int ckvm_catch_kick(int signal) {
  struct sigaction action = {.sa_handler = kicked};
  return outcome(sigaction(signal, &action, NULL));
}
int ckvm_unblock(int signal) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, signal);
  return -pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}
int ckvm_kick_signal(void) { return SIGRTMIN + 4; }
const char *ckvm_error_text(int number) { return strerror(number); }
