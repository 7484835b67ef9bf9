// tally COUNT COPY LIMIT: passes stdin on to stdout and to COPY (a pipe to the program that makes the digest), and keeps the number of
// bytes in the file COUNT, a line of text. Exit 26: stdout's reader is gone; 27: more than LIMIT bytes came.
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char buffer[256 * 1024];

static bool pass(int to, const char *from, size_t length) {
  while (length > 0) {
    ssize_t done = write(to, from, length);
    if (done < 0) return false;
    from += done;
    length -= done;
  }
  return true;
}

static void note(int count, unsigned long long total) {
  char line[32];
  int length = snprintf(line, sizeof line, "%-20llu\n", total);
  if (pwrite(count, line, length, 0) != length) _exit(1);
}

int main(int argc, char **argv) {
  if (argc != 4) return 2;
  signal(SIGPIPE, SIG_IGN);
  int count = open(argv[1], O_WRONLY | O_CREAT, 0644), copy = open(argv[2], O_WRONLY);
  if (count < 0 || copy < 0) { perror("tally"); return 1; }
  unsigned long long limit = strtoull(argv[3], NULL, 10), total = 0;
  for (;;) {
    ssize_t got = read(0, buffer, sizeof buffer);
    if (got < 0) return 1;
    if (got == 0) break;
    total += got;
    note(count, total);
    if (total > limit) return 27;
    if (!pass(copy, buffer, got)) return 1;
    if (!pass(1, buffer, got)) return 26;
  }
  note(count, total);
  return 0;
}
