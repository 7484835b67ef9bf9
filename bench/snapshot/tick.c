// tick rest SECONDS | tick write SECONDS FILE
//
// rest: wakes every millisecond and prints the longest time between two wakings, in ms. write: writes blocks of 1 MiB over and
// over to a file of 64, each followed by fdatasync, and prints how many MiB a second that were and the longest one, in ms.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { BLOCK = 1 << 20, BLOCKS = 64 };

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  int writes = !strcmp(argv[1], "write"), fd = -1;
  double began = now(), end = began + atof(argv[2]) * 1e3, last = began, longest = 0;
  long count = 0;
  static char block[BLOCK];
  if (writes && (argc < 4 || (fd = open(argv[3], O_CREAT | O_WRONLY, 0600)) < 0)) return 1;
  const struct timespec pause = {.tv_nsec = 1000000};
  for (double at = began; at < end; count++) {
    if (writes) {
      memset(block, (int)count, sizeof block);
      if (pwrite(fd, block, sizeof block, (off_t)(count % BLOCKS) * BLOCK) != BLOCK || fdatasync(fd)) return 1;
    } else nanosleep(&pause, NULL);
    at = now();
    if (at - last > longest) longest = at - last;
    last = at;
  }
  if (writes) printf("%.3f %.1f\n", (double)count / ((last - began) / 1e3), longest);
  else printf("%.1f\n", longest);
  return 0;
}
