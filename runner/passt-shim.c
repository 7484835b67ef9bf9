// LD_PRELOAD shim that lets passt run in a container.
//
// passt confines itself by a user namespace, a tmpfs and a pivot_root. A container's seccomp and AppArmor profiles refuse
// these to everyone, and passt then exits. The container already is such a sandbox, so here these steps succeed and do
// nothing; passt's own seccomp filter stays on. No libc is linked: all that is called is resolved from passt's own.
#include <errno.h>
#include <stdarg.h>
#include <sys/syscall.h>

int unshare(int flags) { (void)flags; return 0; }
int umount2(const char *target, int flags) { (void)target; (void)flags; return 0; }
int mount(const char *source, const char *target, const char *type, unsigned long flags, const void *data) {
  (void)source; (void)target; (void)type; (void)flags; (void)data;
  return 0;
}

// pivot_root has no libc function: passt calls it by number, so every syscall() comes through here.
long syscall(long number, ...) {
  va_list args;
  va_start(args, number);
  long a = va_arg(args, long), b = va_arg(args, long), c = va_arg(args, long);
  long d = va_arg(args, long), e = va_arg(args, long), f = va_arg(args, long);
  va_end(args);
  if (number == SYS_pivot_root) return 0;

  long result;
  register long r10 __asm__("r10") = d, r8 __asm__("r8") = e, r9 __asm__("r9") = f;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  if (result >= 0 || result <= -4096) return result;
  errno = (int)-result;
  return -1;
}
