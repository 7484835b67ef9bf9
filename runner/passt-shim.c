// LD_PRELOAD shim that lets passt run in a container, with a third of its memory.
//
// Sandbox: passt confines itself by a user namespace, a tmpfs and a pivot_root. A container's seccomp and AppArmor profiles
// refuse these to everyone, and passt then exits. The container already is such a sandbox, so here these steps succeed
// and do nothing; passt's own seccomp filter stays on.
//
// Memory: passt fills its packet tables with zeros when it starts, which makes 10 MiB of its memory resident without need.
// Just before it locks itself in (its single thread has then set up all), each page that holds only zeros is given
// back: the kernel hands out a zero page again when one is used, so passt cannot tell.
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { PAGE = 4096, BATCH = 512 };

int unshare(int flags) { (void)flags; return 0; }
int umount2(const char *target, int flags) { (void)target; (void)flags; return 0; }
int mount(const char *source, const char *target, const char *type, unsigned long flags, const void *data) {
  (void)source; (void)target; (void)type; (void)flags; (void)data;
  return 0;
}

static long raw(long number, long a, long b, long c, long d, long e, long f) {
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

// pivot_root has no libc function: passt calls it by number, so every syscall() comes through here.
long syscall(long number, ...) {
  va_list args;
  va_start(args, number);
  long a = va_arg(args, long), b = va_arg(args, long), c = va_arg(args, long);
  long d = va_arg(args, long), e = va_arg(args, long), f = va_arg(args, long);
  va_end(args);
  return number == SYS_pivot_root ? 0 : raw(number, a, b, c, d, e, f);
}

static int holds_zeros(const char *page) {
  const long *word = (const long *)page;
  for (int i = 0; i < PAGE / (int)sizeof(long); i++)
    if (word[i]) return 0;
  return 1;
}

// Only pages that are resident are looked at: reading another would make it so.
static void give_back(char *from, char *to) {
  unsigned char resident[BATCH];
  for (; from < to; from += BATCH * PAGE) {
    long pages = (to - from) / PAGE < BATCH ? (to - from) / PAGE : BATCH;
    if (mincore(from, (size_t)pages * PAGE, resident)) return;
    for (long i = 0; i < pages; i++)
      if ((resident[i] & 1) && holds_zeros(from + i * PAGE)) madvise(from + i * PAGE, PAGE, MADV_DONTNEED);
  }
}

static void give_back_all(void) {
  char line[512];
  FILE *maps = fopen("/proc/self/maps", "re");
  if (!maps) return;
  while (fgets(line, sizeof line, maps)) {
    char *from, *to, *name = strchr(line, '/');
    // Anonymous, writable and private: the zeroed data, the heap and the stack.
    if (!name && sscanf(line, "%p-%p", (void **)&from, (void **)&to) == 2 && strstr(line, " rw-p ")) give_back(from, to);
  }
  fclose(maps);
}

int prctl(int option, ...) {
  va_list args;
  va_start(args, option);
  long a = va_arg(args, long), b = va_arg(args, long), c = va_arg(args, long), d = va_arg(args, long);
  va_end(args);
  if (option == PR_SET_SECCOMP) give_back_all();
  return (int)raw(SYS_prctl, option, a, b, c, d, 0);
}
