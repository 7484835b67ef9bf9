// guest-reboot SOCKET: asks the guest agent behind SOCKET to reboot its guest, and writes `agent-told` or `agent-silent` on a line.
//
// An agent that does as it is told sends no answer: the guest goes down. One that cannot says so at once.
#define _GNU_SOURCE
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { SYNC_MS = 5000, REFUSAL_MS = 1000 };

static int fd;

static long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static int say(const char *text) { return send(fd, text, strlen(text), MSG_NOSIGNAL) == (ssize_t)strlen(text); }

/** Whether the agent sends something with `want` in it within `patience` ms. */
static int hear(const char *want, long patience) {
  char text[1024];
  size_t length = 0;
  for (long deadline = now() + patience, left; (left = deadline - now()) > 0;) {
    struct pollfd watched = {.fd = fd, .events = POLLIN};
    if (poll(&watched, 1, (int)left) <= 0) break;
    ssize_t got = recv(fd, text + length, sizeof text - 1 - length, 0);
    if (got <= 0) break;
    length += (size_t)got;
    text[length] = 0;
    if (strstr(text, want)) return 1;
    if (length >= sizeof text - 1) length = 0;
  }
  return 0;
}

static int told(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  char command[96], want[48];
  long id = now();
  strncpy(address.sun_path, path, sizeof address.sun_path - 1);
  fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) < 0) return 0;
  // 0xff makes the agent forget what an earlier client left half-said.
  snprintf(command, sizeof command, "\xff{\"execute\":\"guest-sync\",\"arguments\":{\"id\":%ld}}\n", id);
  snprintf(want, sizeof want, "\"return\": %ld", id);
  if (!say(command) || !hear(want, SYNC_MS)) return 0;
  return say("{\"execute\":\"guest-shutdown\",\"arguments\":{\"mode\":\"reboot\"}}\n") && !hear("\"error\"", REFUSAL_MS);
}

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  signal(SIGPIPE, SIG_IGN);
  puts(told(argv[1]) ? "agent-told" : "agent-silent");
  return 0;
}
