// Grows the last MBR partition to the end of its disk, and the mounted ext4 on it to the end of the partition.
//
// Both happen while mounted, on every boot; on a disk that has not grown it is one read and no write.
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

// From the kernel's headers, which musl does not bring.
#define BLKPG _IO(0x12, 105)
#define BLKPG_RESIZE_PARTITION 3
#define BLKGETSIZE64 _IOR(0x12, 114, size_t)
#define EXT4_IOC_RESIZE_FS _IOW('f', 16, uint64_t)
struct blkpg_partition { long long start, length; int number; char device_name[64], volume_name[64]; };
struct blkpg_ioctl_arg { int operation, flags, data_length; void *data; };

#define SECTOR 512
#define BLOCK 4096

static int resize_in_kernel(int disk, int partition, uint64_t start, uint64_t sectors) {
  struct blkpg_partition resized = {.start = start * SECTOR, .length = sectors * SECTOR, .number = partition};
  struct blkpg_ioctl_arg request = {BLKPG_RESIZE_PARTITION, 0, sizeof resized, &resized};
  return ioctl(disk, BLKPG, &request);
}

int grow_root(const char *device, int partition, const char *mountpoint) {
  unsigned char mbr[SECTOR];
  uint64_t bytes;
  int disk = open(device, O_RDWR | O_CLOEXEC);
  if (disk < 0 || ioctl(disk, BLKGETSIZE64, &bytes) || pread(disk, mbr, SECTOR, 0) != SECTOR) return perror(device), 1;

  uint32_t start, sectors;
  unsigned char *entry = mbr + 446 + 16 * (partition - 1);
  memcpy(&start, entry + 8, 4);
  memcpy(&sectors, entry + 12, 4);
  uint64_t room = bytes / SECTOR - start;
  // An MBR counts sectors in 32 bits, so 2 TiB is the end.
  if (room > UINT32_MAX) room = UINT32_MAX;
  uint32_t wanted = room / (BLOCK / SECTOR) * (BLOCK / SECTOR);
  if (wanted > sectors) {
    memcpy(entry + 12, &wanted, 4);
    if (pwrite(disk, mbr, SECTOR, 0) != SECTOR || fsync(disk)) return perror(device), 1;
    if (resize_in_kernel(disk, partition, start, wanted)) return perror("growdisk: partition"), 1;
  }
  close(disk);

  // Asked for even when the partition stood already: a crash may have come between the two steps.
  uint64_t blocks = (uint64_t)wanted * SECTOR / BLOCK;
  int root = open(mountpoint, O_RDONLY | O_CLOEXEC);
  if (ioctl(root, EXT4_IOC_RESIZE_FS, &blocks)) perror("growdisk: ext4");
  close(root);
  return 0;
}
