// snapshot-tick COUNT FILE
//
// Wakes every millisecond, at least COUNT times and until FILE is there; prints how often it woke and the longest time between two
// wakings, in ms.
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  const struct timespec pause = {.tv_nsec = 1000000};
  long count = 0, least = atol(argv[1]);
  double last = now(), longest = 0;
  for (; count < least || access(argv[2], F_OK); count++) {
    nanosleep(&pause, NULL);
    double at = now();
    if (at - last > longest) longest = at - last;
    last = at;
  }
  printf("%ld %.1f\n", count, longest);
  return 0;
}
