// confine COMMAND ARG...: what the kubelet and the container runtime do to a container under the restricted profile.
// uid and gid 1000, group 1000 and (for block devices) 6, no capability left to gain, no new privileges, and the part of the runtime's default seccomp
// profile that matters here: no namespaces, no mounts, no io_uring, no bpf. First lets go of the host's root, which pivot_root
// left at /old.
#define _GNU_SOURCE
#include <errno.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define DENY(number, error) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (error))
#define NEW_NAMESPACES 0x7E020000

int main(int argc, char **argv) {
  struct sock_filter filter[] = {
      LOAD(nr),
      DENY(SYS_unshare, EPERM), DENY(SYS_setns, EPERM), DENY(SYS_mount, EPERM), DENY(SYS_umount2, EPERM),
      DENY(SYS_pivot_root, EPERM), DENY(SYS_open_tree, EPERM), DENY(SYS_move_mount, EPERM), DENY(SYS_fsopen, EPERM),
      DENY(SYS_bpf, EPERM), DENY(SYS_perf_event_open, EPERM), DENY(SYS_userfaultfd, EPERM), DENY(SYS_keyctl, EPERM),
      DENY(SYS_io_uring_setup, EPERM), DENY(SYS_io_uring_enter, EPERM), DENY(SYS_io_uring_register, EPERM),
      DENY(SYS_clone3, ENOSYS),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 3),
      LOAD(args[0]),
      BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, NEW_NAMESPACES, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
  const gid_t groups[] = {1000, 6};

  if (argc < 2) return 2;
  umount2("/old", MNT_DETACH);
  for (int capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++)
    prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
  if (setgroups(2, groups) || setresgid(1000, 1000, 1000) || setresuid(1000, 1000, 1000) ||
      prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) {
    perror("confine");
    return 1;
  }
  execv(argv[1], argv + 1);
  perror(argv[1]);
  return 1;
}
