// store FILE LIMIT [FIRST]: writes what is in the file FIRST, then stdin, to FILE, with holes for blocks of zeros. Exit 27: more than LIMIT bytes came
// (a decompression bomb is stopped here, and its zeros take no space); 28: no space; 1: any other error, told on stderr.
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK = 64 * 1024 };
static char buffer[4 * BLOCK];

static int failed(void) {
  if (errno == ENOSPC || errno == EDQUOT) return 28;
  perror("store");
  return 1;
}

static bool zeros(const char *bytes, size_t length) { return bytes[0] == 0 && memcmp(bytes, bytes + 1, length - 1) == 0; }

// Fills the buffer, so that blocks stand where they do in the file. Returns the bytes there are.
static ssize_t fill(int *first) {
  size_t have = 0;
  while (have < sizeof buffer) {
    ssize_t got = read(*first, buffer + have, sizeof buffer - have);
    if (got < 0) return -1;
    if (got == 0 && *first == 0) break;
    if (got == 0) *first = 0;
    have += got;
  }
  return have;
}

int main(int argc, char **argv) {
  if (argc != 3 && argc != 4) return 2;
  int first = argc == 4 ? open(argv[3], O_RDONLY) : 0;
  if (first < 0) return failed();
  int file = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (file < 0) return failed();
  off_t limit = strtoll(argv[2], NULL, 10), at = 0;
  for (;;) {
    ssize_t have = fill(&first);
    if (have < 0) return failed();
    if (have == 0) break;
    if (at + have > limit) return 27;
    for (ssize_t from = 0; from < have;) {
      ssize_t length = have - from < BLOCK ? have - from : BLOCK;
      if (!zeros(buffer + from, length)) {
        for (ssize_t done = 0; done < length;) {
          ssize_t wrote = pwrite(file, buffer + from + done, length - done, at + from + done);
          if (wrote < 0) return failed();
          done += wrote;
        }
      }
      from += length;
    }
    at += have;
  }
  if (ftruncate(file, at) || close(file)) return failed();
  return 0;
}
