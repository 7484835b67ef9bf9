// Touches a byte of each page of MIB of memory, over and over for SECONDS, in PROCESSES processes: touch MIB SECONDS PROCESSES
//
// An emulator remembers where each page is that a guest has touched lately, so this is what makes it remember most.
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv) {
  if (argc != 4) return 2;
  size_t size = strtoul(argv[1], 0, 10) << 20;
  time_t end = time(0) + atoi(argv[2]);
  volatile char *memory = mmap(0, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  if (memory == MAP_FAILED) return 1;
  for (int i = 1; i < atoi(argv[3]); i++)
    if (!fork()) break;
  while (time(0) < end)
    for (size_t at = 0; at < size; at += 4096) memory[at]++;
  while (wait(0) > 0);
  return 0;
}
