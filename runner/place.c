// place FROM TO: gives the file FROM the name TO, which nobody has yet. Exit 3: somebody has it, and keeps it; 1: any other error, told on stderr.
//
// Two workers on storage that several nodes mount may do this at the same time: one of them wins. link(2) never replaces a name, over NFS neither;
// storage without hard links (SMB, say) can rename without replacing. Storage that can do neither is looked at first, which leaves an instant open.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static int has_taken(int error) { return error == EEXIST || error == ENOTEMPTY || error == EISDIR; }

/** An answer that was lost on its way from a server, which was then asked again: the name is there, and it is ours. */
static int is_same(const char *one, const char *other) {
  struct stat a, b;
  return !lstat(one, &a) && !lstat(other, &b) && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static int place(const char *from, const char *to) {
  struct stat there;
  if (!link(from, to) || (has_taken(errno) && is_same(from, to))) return unlink(from), 0;
  if (has_taken(errno)) return 3;
  if (errno == ENOENT || errno == ENOSPC || errno == EDQUOT || errno == EROFS) return 1;
  if (!renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE)) return 0;
  if (has_taken(errno)) return 3;
  if (errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP) return 1;
  if (!lstat(to, &there)) return 3;
  return rename(from, to) ? 1 : 0;
}

int main(int argc, char **argv) {
  if (argc != 3) return fputs("usage: place FROM TO\n", stderr), 1;
  int code = place(argv[1], argv[2]);
  if (code == 1) perror(argv[2]);
  return code;
}
