// net-gate SOCKET COMMAND ARG...
//
// Listens on the unix socket, and for each connection runs COMMAND ARG... with the connection as file descriptor 3; one at
// a time, for ever. passt started like this never sees a client before QEMU is attached (it crashes on one), its ports
// refuse until then, and when it dies QEMU connects again and finds a fresh one.
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int fail(const char *what) {
  fprintf(stderr, "net-gate: %s: %s\n", what, strerror(errno));
  return 1;
}

static int run(int connection, char **command) {
  pid_t parent = getpid(), child = fork();
  if (child < 0) return fail("fork");
  if (child > 0) {
    int status = 0;
    close(connection);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR);
    fprintf(stderr, "net-gate: %s ended (status 0x%04x)\n", command[0], (unsigned)status);
    return 0;
  }
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);
  if (connection != 3 && dup2(connection, 3) < 0) _exit(fail("dup2"));
  execvp(command[0], command);
  _exit(fail(command[0]));
}

int main(int argc, char **argv) {
  if (argc < 3) {
    fputs("usage: net-gate SOCKET COMMAND ARG...\n", stderr);
    return 2;
  }
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(argv[1]) >= sizeof address.sun_path) {
    fputs("net-gate: the socket's path is too long\n", stderr);
    return 2;
  }
  strcpy(address.sun_path, argv[1]);
  unlink(argv[1]);

  int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (listener < 0) return fail("socket");
  if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0) return fail(argv[1]);
  if (listen(listener, 1) < 0) return fail("listen");

  for (;;) {
    int connection = accept(listener, NULL, NULL);
    if (connection < 0) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      return fail("accept");
    }
    time_t began = time(NULL);
    if (run(connection, argv + 2) != 0) return 1;
    // A command that cannot even start must not be started twice a second, which is how often QEMU knocks.
    if (time(NULL) - began < 1) sleep(2);
  }
}
