// guest-probe [live] ssh PORT | tcp PORT GIVE-UP | http PORT PATH | agent SOCKET
//
// Asks the guest, through the pod's own loopback, whether it answers, and writes `ready` or `lost` on a line of its own each
// time that changes (`alive` or `dead` after `live`). Asks four times a second until the guest answers, then every 10 s; three misses are a loss.
// `agent` ends at its first success: the agent's port serves one client at a time, and the VM's events tell when it closes.
//
// A connection alone proves nothing: the network process in the pod accepts it before it knows whether the guest does. So
// ssh and http must say something, and tcp counts when the guest speaks, or stays silent without closing
//   - for 2 s and eight times as long as its slowest refusal, once it has refused (it is up, and now it no longer refuses), or
//   - for longer than the network waits for a guest that is not there (GIVE-UP, in seconds).
// A guest that is slow to answer gets a second, patient connection beside the quick ones, so that these cannot starve it.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { QUICK_MS = 1000, SILENT_MS = 2000, PATIENT_MS = 12000, SPACING_MS = 250, CALM_MS = 10000, MISSED_MS = 2000, MISSES = 3 };
enum kind { SSH, TCP, HTTP, AGENT };
enum outcome { PENDING, GOOD, CLOSED, SILENT };

struct attempt {
  int fd, sent, step;
  size_t length;
  long began, patience;
  char text[256];
};

static enum kind kind;
static const char *target, *path = "/";
static struct attempt quick = {.fd = -1}, patient = {.fd = -1};
static const char *good_news = "ready\n", *bad_news = "lost\n";
static int ready, misses;
static long next;            // when the next quick connection is due, ms
static long give_up = 10000; // ms after which the network closes a connection to a guest that is not there
static long slowest_refusal; // ms, at least 1 once the guest has refused a connection

static long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static int dial(void) {
  struct sockaddr_in inet = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(target))};
  struct sockaddr_un local = {.sun_family = AF_UNIX};
  // Its own address, by which idle-meter knows that nobody uses the guest by this.
  struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1)};
  inet.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  strncpy(local.sun_path, target, sizeof local.sun_path - 1);

  int fd = socket(kind == AGENT ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  if (kind != AGENT && bind(fd, (struct sockaddr *)&own, sizeof own)) return close(fd), -1;
  int failed = kind == AGENT ? connect(fd, (struct sockaddr *)&local, sizeof local)
                             : connect(fd, (struct sockaddr *)&inet, sizeof inet);
  if (!failed || errno == EINPROGRESS) return fd;
  close(fd);
  return -1;
}

static void start(struct attempt *a, long patience) {
  memset(a, 0, sizeof *a);
  a->began = now();
  a->patience = patience;
  a->fd = dial();
}

static void stop(struct attempt *a) {
  if (a->fd >= 0) close(a->fd);
  a->fd = -1;
}

static int say(struct attempt *a, const char *text) {
  return send(a->fd, text, strlen(text), MSG_NOSIGNAL) == (ssize_t)strlen(text);
}

static int greet(struct attempt *a) {
  char text[sizeof a->text + 512];
  if (kind == HTTP) snprintf(text, sizeof text, "GET %s HTTP/1.0\r\nHost: localhost\r\nConnection: close\r\n\r\n", path);
  else if (kind == AGENT) snprintf(text, sizeof text, "\xff{\"execute\":\"guest-sync\",\"arguments\":{\"id\":%ld}}\n", a->began);
  else return 1;
  return say(a, text);
}

static enum outcome judge(struct attempt *a) {
  char want[64];
  switch (kind) {
    case SSH: return strstr(a->text, "SSH-") ? GOOD : PENDING;
    case TCP: return GOOD;
    case HTTP:
      if (a->length < 10) return PENDING;
      return !strncmp(a->text, "HTTP/1.", 7) && (a->text[9] == '2' || a->text[9] == '3') ? GOOD : CLOSED;
    case AGENT:
      snprintf(want, sizeof want, "\"return\": %ld", a->began);
      if (a->step == 1) return strstr(a->text, "\"return\": {}") ? GOOD : PENDING;
      if (!strstr(a->text, want)) return PENDING;
      a->step = 1;
      a->length = 0;
      return say(a, "{\"execute\":\"guest-ping\"}\n") ? PENDING : CLOSED;
  }
  return CLOSED;
}

/** What has become of an attempt whose descriptor woke up. */
static enum outcome advance(struct attempt *a) {
  int error = 0;
  socklen_t size = sizeof error;
  if (getsockopt(a->fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0 || error) return CLOSED;
  if (!a->sent) {
    if (!greet(a)) return CLOSED;
    a->sent = 1;
  }
  ssize_t got = recv(a->fd, a->text + a->length, sizeof a->text - 1 - a->length, 0);
  if (got < 0) return errno == EAGAIN ? PENDING : CLOSED;
  if (got == 0) {
    // Accepted in the pod, closed by the guest: there is a guest. Closed late, it was the network that gave up.
    long took = now() - a->began + 1;
    if (took < give_up - 1000 && took > slowest_refusal) slowest_refusal = took;
    return CLOSED;
  }
  a->length += (size_t)got;
  a->text[a->length] = 0;
  enum outcome outcome = judge(a);
  return outcome == PENDING && a->length >= sizeof a->text - 1 ? CLOSED : outcome;
}

/** How long a quick connection is waited for, in ms. A guest that is slow to refuse must not pass for one that listens. */
static long quick_patience(void) {
  if (ready) return PATIENT_MS;
  if (kind != TCP) return QUICK_MS;
  long patience = 8 * slowest_refusal;
  return patience < SILENT_MS ? SILENT_MS : patience > PATIENT_MS ? PATIENT_MS : patience;
}

static long long_patience(void) { return kind == TCP ? give_up + 2000 : PATIENT_MS; }

static enum outcome expire(const struct attempt *a) {
  if (kind != TCP || !a->sent) return SILENT;
  // Once ready, a silent server is believed to be there until it refuses.
  if (ready || a->patience >= long_patience()) return GOOD;
  return slowest_refusal && a->patience >= quick_patience() ? GOOD : SILENT;
}

static void report(const char *line) {
  if (write(STDOUT_FILENO, line, strlen(line)) < 0) exit(1);
}

static void succeed(void) {
  if (!ready) report(good_news);
  if (kind == AGENT) exit(0);
  stop(&patient);
  stop(&quick);
  ready = 1;
  misses = 0;
  next = now() + CALM_MS;
}

static void miss(const struct attempt *a, enum outcome outcome) {
  if (!ready) {
    if (outcome == SILENT && a == &quick && patient.fd < 0) start(&patient, long_patience());
    if (a == &quick) next = a->began + SPACING_MS;
    return;
  }
  next = now() + MISSED_MS;
  if (++misses < MISSES) return;
  report(bad_news);
  ready = misses = 0;
  slowest_refusal = 0;
  next = now();
}

static void settle(struct attempt *a, int awake) {
  if (a->fd < 0) return;
  enum outcome outcome = awake ? advance(a) : PENDING;
  if (outcome == PENDING && now() >= a->began + a->patience) outcome = expire(a);
  if (outcome == PENDING) return;
  stop(a);
  if (outcome == GOOD) succeed();
  else miss(a, outcome);
}

int main(int argc, char **argv) {
  static const char *const names[] = {[SSH] = "ssh", [TCP] = "tcp", [HTTP] = "http", [AGENT] = "agent"};
  int known = 0;
  if (argc > 1 && !strcmp(argv[1], "live")) good_news = "alive\n", bad_news = "dead\n", argc--, argv++;
  for (int i = SSH; argc >= 3 && i <= AGENT; i++)
    if (!strcmp(argv[1], names[i])) kind = (enum kind)i, known = 1;
  if (!known) {
    fputs("usage: guest-probe [live] ssh PORT | tcp PORT GIVE-UP | http PORT PATH | agent SOCKET\n", stderr);
    return 2;
  }
  target = argv[2];
  if (argc > 3 && kind == TCP) give_up = atol(argv[3]) * 1000;
  if (argc > 3 && kind == HTTP) path = argv[3];
  signal(SIGPIPE, SIG_IGN);

  for (next = now();;) {
    if (quick.fd < 0 && now() >= next) {
      start(&quick, quick_patience());
      if (quick.fd < 0) miss(&quick, CLOSED);
    }
    long wake = quick.fd < 0 ? next : quick.began + quick.patience;
    if (patient.fd >= 0 && patient.began + patient.patience < wake) wake = patient.began + patient.patience;
    struct pollfd watched[] = {
        {.fd = quick.fd, .events = quick.sent ? POLLIN : POLLOUT},
        {.fd = patient.fd, .events = patient.sent ? POLLIN : POLLOUT},
    };
    long wait = wake - now();
    poll(watched, 2, wait > 0 ? (int)wait : 0);
    settle(&quick, watched[0].revents);
    settle(&patient, watched[1].revents);
  }
}
