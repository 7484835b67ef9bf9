// snapshot-switch: reads `NODE auto|required|never|still` from its input, puts the block node NODE between the disk and its guest,
// and prints what happened as one line of JSON. That switch is a snapshot's moment. `still`: only while the guest's processors are stopped.
// snapshot-switch hold: reads `1`, and stops the guest with its filesystems frozen, where its agent answers; or `0`, and lets it go on.
// snapshot-switch thaw: thaws a guest that was stopped like that and runs again. Whoever let it go on, the runner calls this.
//
// One of them is at work at a time, so that what was asked for last is what comes of it.
//
// It runs in the pod, so that nothing outside decides how long a frozen guest stays frozen: the agent freezes the guest's
// filesystems only around the one QMP command, each wait has an end, and a second process thaws where this one is killed.
// Asked again for the same node it repeats what it said before, so an operator that died meanwhile loses nothing.
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define RUN "/run/vm/"
enum { GREETING_MS = 5000, SYNC_MS = 3000, FLUSH_MS = 5000, FREEZE_MS = 10000, SWITCH_MS = 5000, LATE_MS = 30000, THAW_MS = 10000, THAWING_MS = 60000 };

struct line {
  int fd;
  size_t length;
  char text[65536];
};
static struct line qmp = {.fd = -1}, agent = {.fd = -1};
static int lock = -1;

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static void refuse(const char *reason, const char *message) {
  printf("{\"switched\":false,\"reason\":\"%s\",\"message\":\"%s\"}\n", reason, message);
  exit(1);
}

static int dial(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  strncpy(address.sun_path, path, sizeof address.sun_path - 1);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || !connect(fd, (struct sockaddr *)&address, sizeof address)) return fd;
  close(fd);
  return -1;
}

static int say(const struct line *to, const char *text) {
  return send(to->fd, text, strlen(text), MSG_NOSIGNAL) == (ssize_t)strlen(text);
}

/** The next line that holds `want`, in `line`; 0 when there is none within `patience` ms. */
static int hear(struct line *from, const char *want, double patience, char *line, size_t size) {
  double deadline = now() + patience;
  for (;;) {
    char *end = memchr(from->text, '\n', from->length);
    if (end) {
      size_t length = (size_t)(end - from->text) + 1;
      size_t kept = length < size ? length : size - 1;
      memcpy(line, from->text, kept);
      line[kept] = 0;
      from->length -= length;
      memmove(from->text, from->text + length, from->length);
      if (strstr(line, want)) return 1;
      continue;
    }
    if (from->length == sizeof from->text) from->length = 0; // no line that anybody waits for
    struct pollfd watched = {.fd = from->fd, .events = POLLIN};
    double left = deadline - now();
    if (left <= 0 || poll(&watched, 1, (int)left + 1) <= 0) return 0;
    ssize_t got = recv(from->fd, from->text + from->length, sizeof from->text - from->length, 0);
    if (got <= 0) return 0;
    from->length += (size_t)got;
  }
}

/**
 * Whether the guest's agent answers now. 0xff makes it forget what an earlier client left half-said; what it still owed to anybody comes
 * before its answer, and is passed over, so that none of it is taken for the answer to what is asked next.
 */
static int agent_answers(void) {
  char command[96], want[48], line[512];
  long long id = (long long)(now() * 1e3);
  if (agent.fd < 0) agent.fd = dial(RUN "agent.sock");
  if (agent.fd < 0) return 0;
  snprintf(command, sizeof command, "\xff{\"execute\":\"guest-sync\",\"arguments\":{\"id\":%lld}}\n", id);
  snprintf(want, sizeof want, "\"return\": %lld}", id);
  return say(&agent, command) && hear(&agent, want, SYNC_MS, line, sizeof line);
}

/** That the guest was stopped while frozen, `yes`, or may have been, `asked`. The next machine knows nothing of it. */
static void mark(const char *what) {
  FILE *file = fopen(RUN "frozen.new", "we");
  if (!file) return;
  fputs(what, file);
  if (!fclose(file)) rename(RUN "frozen.new", RUN "frozen");
}
static void unmark(void) { unlink(RUN "frozen"); }
static int is_marked(void) { return !access(RUN "frozen", F_OK); }

/** It stands still with its filesystems frozen, or goes on and is about to be thawed, for which this one's lock is waited for. */
static int is_frozen(void) {
  char said[8] = "";
  FILE *file = fopen(RUN "frozen", "re");
  if (!file) return 0;
  int is = fgets(said, sizeof said, file) && !strcmp(said, "yes");
  fclose(file);
  return is;
}

static int thaw(void) {
  char line[512];
  return say(&agent, "{\"execute\":\"guest-fsfreeze-thaw\"}\n") && hear(&agent, "\"return\"", THAW_MS, line, sizeof line);
}

/**
 * Has the guest write what waits in its memory while it still runs: freezing does that too, with everybody who writes held up.
 * A guest whose agent may not run programs, or has no sync, is frozen without it. Where the time is over, an answer may still be owed.
 */
static void flush(void) {
  char command[96], line[512];
  double deadline = now() + FLUSH_MS;
  if (!say(&agent, "{\"execute\":\"guest-exec\",\"arguments\":{\"path\":\"sync\"}}\n") ||
      !hear(&agent, "\"", deadline - now(), line, sizeof line))
    return;
  const char *pid = strstr(line, "\"pid\":");
  if (!pid) return;
  snprintf(command, sizeof command, "{\"execute\":\"guest-exec-status\",\"arguments\":{\"pid\":%ld}}\n", atol(pid + 6));
  while (now() < deadline && say(&agent, command) && hear(&agent, "\"", deadline - now(), line, sizeof line) &&
         strstr(line, "\"exited\": false"))
    poll(NULL, 0, 20);
}

/**
 * A process that thaws the guest when this one ends without having done so. Gives the end that says "done". A guest that stands still cannot be
 * thawed: there (`lets_go`) whoever is to let it go on does not wait for the guard.
 */
static int guard(int lets_go) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) < 0) return -1;
  pid_t pid = fork();
  if (pid < 0) return -1;
  if (pid > 0) return close(ends[0]), ends[1];
  char word;
  close(ends[1]);
  if (lets_go) close(lock);
  close(STDIN_FILENO);
  close(STDOUT_FILENO);
  if (read(ends[0], &word, 1) == 1) _exit(0);
  for (int tries = 0; tries < 60 && !thaw(); tries++) sleep(1);
  _exit(0);
}

/** Freezes the guest; `done` becomes the guard's end. 0: it is not frozen (and was thawed in case that it is). */
static int freeze(int *done, int lets_go) {
  char line[512];
  if ((*done = guard(lets_go)) < 0) return 0;
  if (say(&agent, "{\"execute\":\"guest-fsfreeze-freeze\"}\n") && hear(&agent, "\"return\"", FREEZE_MS, line, sizeof line) &&
      atoi(strstr(line, "\"return\":") ? strstr(line, "\"return\":") + 9 : "0") > 0)
    return 1;
  if (!thaw()) return 0;
  unmark();
  if (write(*done, "k", 1) != 1) exit(1);
  return 0;
}

static void take_lock(void) {
  lock = open(RUN "switch.lock", O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  if (lock < 0 || flock(lock, LOCK_EX) < 0) refuse("Failed", "the lock cannot be taken");
}

/** Who waited for the lock for so long that he gave up, and may have asked for something else since, is not heard any more. */
static void heed_asker(void) {
  char byte;
  if (!recv(STDIN_FILENO, &byte, 1, MSG_PEEK | MSG_DONTWAIT)) refuse("Late", "whoever asked is gone");
}

static void open_monitor(void) {
  char line[1024];
  qmp.fd = dial(RUN "switch.sock");
  if (qmp.fd < 0 || !hear(&qmp, "\"QMP\"", GREETING_MS, line, sizeof line) || !say(&qmp, "{\"execute\":\"qmp_capabilities\"}\n") ||
      !hear(&qmp, "\"return\"", GREETING_MS, line, sizeof line))
    refuse("Failed", "QEMU does not answer");
}

/** Has QEMU do this; its answer is in `line`. 0 when there was none in time, or a refusal. */
static int tell(const char *what, double patience, char *line, size_t size) {
  char command[96], want[48];
  snprintf(command, sizeof command, "{\"execute\":\"%s\",\"id\":\"%s\"}\n", what, what);
  snprintf(want, sizeof want, "\"id\": \"%s\"", what);
  return say(&qmp, command) && hear(&qmp, want, patience, line, size) && strstr(line, "\"return\"");
}

static int stands_still(void) {
  char line[1024];
  return tell("query-status", SWITCH_MS, line, sizeof line) && strstr(line, "\"running\": false");
}

/** What its guest has in memory is on its disk when it stands still. It is stopped all the same where that takes too long. */
static void hold(void) {
  char line[1024];
  int done = -1, frozen = 0;
  if (!stands_still()) {
    if (agent_answers()) {
      if (is_marked() && thaw()) unmark(); // it goes on after the hold before, and was not thawed yet
      flush();
      if (agent_answers()) {
        mark("asked");
        frozen = freeze(&done, 1);
      }
    }
    // Its disk may be slow: it is stopped when all that is under way has been written.
    if (!tell("stop", LATE_MS, line, sizeof line)) refuse("Failed", "QEMU did not stop the guest in time");
    if (frozen) mark("yes");
    // From here on the runner sees to it. Where the guard is gone, it may have thawed the guest.
    if (done >= 0 && write(done, "k", 1) != 1 && frozen) mark("asked");
  }
  printf("{\"still\":true,\"frozen\":%s}\n", is_frozen() ? "true" : "false");
}

static void let_go(void) {
  char line[1024];
  if (!tell("cont", SWITCH_MS, line, sizeof line)) refuse("Failed", "QEMU does not let the guest go on");
  puts("{\"still\":false}");
}

/** One that stands still again is thawed when it goes on the next time. */
static void thaw_what_runs(void) {
  double until = now() + THAWING_MS;
  while (is_marked() && !stands_still()) {
    if (agent_answers() && thaw()) return unmark();
    if (now() > until) return;
    if (agent.fd >= 0) close(agent.fd);
    agent = (struct line){.fd = -1};
    sleep(1);
  }
}

int main(int argc, char **argv) {
  char node[32], quiesce[16], line[1024], said[512];
  const char *task = argc > 1 ? argv[1] : "switch";
  signal(SIGPIPE, SIG_IGN); // whoever asked may be gone: what was begun is brought to its end
  setvbuf(stdout, NULL, _IOLBF, 0);
  if (!strcmp(task, "thaw")) return take_lock(), open_monitor(), thaw_what_runs(), 0;
  if (!strcmp(task, "hold")) {
    int held;
    if (scanf("%d", &held) != 1) refuse("Unclear", "expected 0 or 1");
    return take_lock(), heed_asker(), open_monitor(), held ? hold() : let_go(), 0;
  }
  if (scanf("%31s %15s", node, quiesce) != 2) refuse("Unclear", "expected NODE auto|required|never|still");
  for (const char *c = node; *c; c++)
    if (!isalnum((unsigned char)*c) && *c != '-') refuse("Unclear", "a node's name is letters, digits and dashes");

  take_lock();
  FILE *before = fopen(RUN "switched", "re");
  if (before && fscanf(before, "%1023s ", line) == 1 && !strcmp(line, node) && fgets(said, sizeof said, before)) {
    fputs(said, stdout);
    return 0;
  }
  if (before) fclose(before);

  open_monitor();
  int still = !strcmp(quiesce, "still");
  if (still && !stands_still()) refuse("Running", "the guest's processors are not stopped");

  int was_frozen = is_frozen(), required = !strcmp(quiesce, "required"), done = -1, frozen = 0;
  int wanted = !was_frozen && !still && strcmp(quiesce, "never") != 0;
  const char *why = "";
  double began = now();
  if (wanted) {
    if (!agent_answers() || (flush(), !agent_answers())) why = "AgentSilent";
    else if (began = now(), !(frozen = freeze(&done, 0))) why = "FreezeFailed";
    if (required && !frozen) refuse(why, "the guest's filesystems could not be frozen");
    if (!frozen) began = now();
  }

  char command[256];
  snprintf(command, sizeof command,
           "{\"execute\":\"qom-set\",\"arguments\":{\"path\":\"/machine/peripheral/vda/virtio-backend\",\"property\":\"drive\","
           "\"value\":\"%s\"},\"id\":\"switch\"}\n",
           node);
  double asked = now();
  int answered = say(&qmp, command) && hear(&qmp, "\"id\": \"switch\"", SWITCH_MS, line, sizeof line);
  int quiesced = was_frozen || (frozen && answered);
  double took = now() - asked;
  int thawed = !frozen || thaw();
  double pause = now() - began;
  if (frozen && thawed && write(done, "k", 1) != 1) thawed = 0;
  if (!answered) {
    // The disk was so slow that the switch did not come in time. The guest goes on; what becomes of the switch is waited for.
    if (!hear(&qmp, "\"id\": \"switch\"", LATE_MS, line, sizeof line)) refuse("Failed", "QEMU did not switch in time");
    took = pause = now() - asked;
  }
  if (!strstr(line, "\"return\"")) refuse("Failed", "QEMU refused the switch");
  if (required && !quiesced) why = "FreezeFailed";

  struct timespec time;
  struct tm utc;
  char stamp[32];
  clock_gettime(CLOCK_REALTIME, &time);
  gmtime_r(&time.tv_sec, &utc);
  strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &utc);
  snprintf(said, sizeof said,
           "{\"switched\":true,\"reason\":\"%s\",\"takenAt\":\"%s.%03ldZ\",\"quiesced\":%s,\"thawed\":%s,\"pauseMs\":%.1f,"
           "\"switchMs\":%.1f}\n",
           why, stamp, time.tv_nsec / 1000000, quiesced ? "true" : "false", thawed ? "true" : "false", pause, took);
  FILE *after = fopen(RUN "switched.new", "we");
  if (after) {
    fprintf(after, "%s %s", node, said);
    if (!fclose(after)) rename(RUN "switched.new", RUN "switched");
  }
  fputs(said, stdout);
  return 0;
}
