// idle-meter watch PID PER-MILLE EVERY FILE | tell STATE FILE
//
// Whether anybody uses the guest. `watch` looks every EVERY seconds, while QEMU's process PID lives: the guest is in use while somebody has a TCP connection to a
// port that is forwarded to it, or had one since the last look, or while QEMU takes more than PER-MILLE of a processor, or would take most of one if the
// node had it to spare. FILE is empty then; else it has the moment since which nobody uses it, in seconds of the node's monotonic clock. A
// meter that is started again goes on from there.
// `tell` prints the line of STATE with one more member, `idleSeconds`: 0 while the guest is in use, or nobody measures.
//
// Connections are those whose local port somebody listens on, but for the pod's own ports. Those of guest-probe come from an address of their
// own; others from the loopback are those of kubectl port-forward. The kernel tells of each connection that ends, so that none is too short to be
// seen; where it does not, those count that are there when the meter looks.
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { OWN_FIRST = 10770, OWN_LAST = 10789, PORTS = 65536, HUNGRY = 800, LISTENING = 0x0A, ESTABLISHED = 0x01 };

static unsigned char listening[PORTS / 8], used[PORTS / 8];

static long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static void mark(unsigned char *ports, unsigned port) {
  if (port >= OWN_FIRST && port <= OWN_LAST) return;
  ports[port % PORTS / 8] |= (unsigned char)(1 << port % 8);
}

/** guest-probe's own address, 127.0.0.2, as the kernel prints it: each word as the number that it is in memory. */
static int is_probe(const char *address) { return !strcmp(address, "0200007F") || !strcmp(address, "0000000000000000FFFF00000200007F"); }

static void read_table(const char *file) {
  char line[256], remote[33];
  unsigned port, state;
  FILE *table = fopen(file, "re");
  if (!table) return;
  while (fgets(line, sizeof line, table)) {
    if (sscanf(line, " %*[^:]: %*[^:]:%x %32[^:]:%*x %x", &port, remote, &state) != 3) continue;
    if (state == LISTENING) mark(listening, port);
    else if (state == ESTABLISHED && !is_probe(remote)) mark(used, port);
  }
  fclose(table);
}

/** Asks the kernel to tell of each connection that ends in this network namespace; -1 where it cannot. */
static int hear_ends(void) {
  struct sockaddr_nl address = {.nl_family = AF_NETLINK};
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
  if (fd < 0) return -1;
  address.nl_groups = 1 << (SKNLGRP_INET_TCP_DESTROY - 1) | 1 << (SKNLGRP_INET6_TCP_DESTROY - 1);
  if (!bind(fd, (struct sockaddr *)&address, sizeof address)) return fd;
  close(fd);
  return -1;
}

static void note_end(const struct inet_diag_msg *end) {
  char remote[33] = "";
  const __be32 *words = end->id.idiag_dst;
  if (end->idiag_family == AF_INET) snprintf(remote, sizeof remote, "%08X", words[0]);
  else snprintf(remote, sizeof remote, "%08X%08X%08X%08X", words[0], words[1], words[2], words[3]);
  if (end->id.idiag_dport && !is_probe(remote)) mark(used, __builtin_bswap16(end->id.idiag_sport));
}

static void note_ends(int fd) {
  _Alignas(struct nlmsghdr) char text[8192];
  ssize_t got;
  while ((got = recv(fd, text, sizeof text, 0)) > 0) {
    size_t left = (size_t)got;
    for (const struct nlmsghdr *one = (const void *)text; NLMSG_OK(one, left); one = NLMSG_NEXT(one, left))
      if (one->nlmsg_len >= NLMSG_LENGTH(sizeof(struct inet_diag_msg))) note_end(NLMSG_DATA(one));
  }
}

/** Whether anybody was connected since the last look. */
static int was_connected(void) {
  int found = 0;
  memset(listening, 0, sizeof listening);
  read_table("/proc/self/net/tcp");
  read_table("/proc/self/net/tcp6");
  for (size_t i = 0; i < sizeof used; i++) found |= used[i] & listening[i];
  memset(used, 0, sizeof used);
  return found != 0;
}

/** Reads a small file of /proc as text; 0 when there is none. */
static int slurp(const char *file, char *text, size_t size) {
  int fd = open(file, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  ssize_t got = read(fd, text, size - 1);
  close(fd);
  text[got > 0 ? got : 0] = 0;
  return got > 0;
}

/** Milliseconds of processor that a process took so far; -1 when it is gone. */
static long took_ms(const char *pid) {
  char file[64], text[512];
  unsigned long user, system;
  snprintf(file, sizeof file, "/proc/%s/stat", pid);
  if (!slurp(file, text, sizeof text)) return -1;
  const char *rest = strrchr(text, ')');
  if (!rest || rest[2] == 'Z') return -1;
  if (sscanf(rest, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) != 2) return -1;
  return (long)(user + system) * 1000 / sysconf(_SC_CLK_TCK);
}

/** Milliseconds for which the threads that a process has now have waited for a processor. */
static long waited_ms(const char *pid) {
  char file[320], text[128];
  unsigned long long waited, sum = 0;
  snprintf(file, sizeof file, "/proc/%s/task", pid);
  DIR *tasks = opendir(file);
  if (!tasks) return 0;
  for (struct dirent *task; (task = readdir(tasks));) {
    snprintf(file, sizeof file, "/proc/%s/task/%s/schedstat", pid, task->d_name);
    if (task->d_name[0] != '.' && slurp(file, text, sizeof text) && sscanf(text, "%*u %llu", &waited) == 1) sum += waited;
  }
  closedir(tasks);
  return (long)(sum / 1000000);
}

static long since_in(int fd) {
  char text[32] = "";
  return pread(fd, text, sizeof text - 1, 0) > 0 ? atol(text) : 0;
}

static int watch(const char *pid, long per_mille, long every_ms, const char *file) {
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  int fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0 || fcntl(fd, F_SETLK, &lock)) return 1;
  long since = since_in(fd), took = took_ms(pid), waited = waited_ms(pid), looked = now();
  struct pollfd ends = {.fd = hear_ends(), .events = POLLIN};
  while (took >= 0) {
    long left = looked + every_ms - now();
    if (left > 0) {
      if (poll(&ends, 1, (int)left) > 0) note_ends(ends.fd);
      continue;
    }
    long took_by_now = took_ms(pid), waited_by_now = waited_ms(pid), at = now();
    long more = took_by_now - took, wanted = more + waited_by_now - waited;
    int in_use = was_connected() || more * 1000 > per_mille * (at - looked) || wanted * 1000 > HUNGRY * (at - looked);
    took = took_by_now;
    waited = waited_by_now;
    if (took < 0) break;
    if (in_use && since) {
      since = 0;
      if (ftruncate(fd, 0)) return 1;
    } else if (!in_use && !since) {
      since = looked / 1000 + 1;
      if (dprintf(fd, "%ld\n", since) < 0) return 1;
      lseek(fd, 0, SEEK_SET);
    }
    looked = at;
  }
  return 0;
}

/** Only while a meter holds the file. */
static long idle_seconds(const char *file) {
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  int fd = open(file, O_RDONLY | O_CLOEXEC);
  if (fd < 0 || fcntl(fd, F_GETLK, &lock) || lock.l_type == F_UNLCK) return 0;
  long since = since_in(fd), seconds = now() / 1000 - since;
  return since && seconds > 0 ? seconds : 0;
}

static int tell(const char *state, const char *file) {
  char text[8192];
  int fd = open(state, O_RDONLY | O_CLOEXEC);
  ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof text);
  while (got > 0 && text[got - 1] != '}') got--;
  if (got <= 0) return 1;
  return printf("%.*s,\"idleSeconds\":%ld}\n", (int)got - 1, text, idle_seconds(file)) < 0;
}

int main(int argc, char **argv) {
  if (argc == 6 && !strcmp(argv[1], "watch")) return watch(argv[2], atol(argv[3]), atol(argv[4]) * 1000, argv[5]);
  if (argc == 4 && !strcmp(argv[1], "tell")) return tell(argv[2], argv[3]);
  fputs("usage: idle-meter watch PID PER-MILLE EVERY FILE | tell STATE FILE\n", stderr);
  return 2;
}
