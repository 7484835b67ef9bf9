// The initrd's /init: loads the disk driver, mounts the root that carries LABEL and hands over to its /sbin/init.
//
// A small static program instead of busybox and a script: the initrd shrinks from 2.6 MB to 0.2 MB, and under
// emulation it is the bytes that firmware and kernel move, and the processes started, that cost boot time.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LABEL "tinyroot"
#define DEVICE_MAX 300

int grow_root(const char *disk, int partition, const char *mountpoint);

static void load_modules(void) {
  char path[128] = "/modules/";
  char *name = path + strlen(path);
  FILE *list = fopen("/modules/order", "r");
  while (list && fgets(name, 64, list)) {
    name[strcspn(name, "\n")] = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (syscall(SYS_finit_module, fd, "", 0) && errno != EEXIST) perror(path);
    close(fd);
    unlink(path);
  }
}

// The label stands at byte 120 of an ext4 superblock, which starts at byte 1024.
static int has_label(const char *device) {
  char label[17] = "";
  int fd = open(device, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  ssize_t got = pread(fd, label, 16, 1024 + 120);
  close(fd);
  return got == 16 && !strcmp(label, LABEL);
}

// Fills in the device of the labelled root and of the disk it lies on; the root is the disk's second partition.
static int find_root(char *root, char *disk) {
  DIR *devices = opendir("/dev");
  int found = 0;
  for (struct dirent *entry; devices && !found && (entry = readdir(devices));) {
    size_t length = strlen(entry->d_name);
    if (length < 3 || entry->d_name[length - 1] != '2') continue;
    snprintf(root, DEVICE_MAX, "/dev/%s", entry->d_name);
    if (!(found = has_label(root))) continue;
    strcpy(disk, root);
    disk[strlen(disk) - 1] = 0;
    // A disk whose name ends in a digit sets its partitions apart by a p: nvme0n1p2.
    if (!strncmp(entry->d_name, "nvme", 4)) disk[strlen(disk) - 1] = 0;
  }
  if (devices) closedir(devices);
  return found;
}

int main(void) {
  char root[DEVICE_MAX], disk[DEVICE_MAX];
  mount("dev", "/dev", "devtmpfs", 0, "");
  load_modules();
  for (int tries = 0; !find_root(root, disk); tries++) {
    if (tries == 500) { puts("early: no disk holds a file system labelled " LABEL); return 1; }
    usleep(10000);
  }
  mkdir("/root", 0755);
  if (mount(root, "/root", "ext4", MS_NOATIME, "")) { perror(root); return 1; }
  grow_root(disk, 2, "/root");
  unlink("/init");
  if (mount("/dev", "/root/dev", NULL, MS_MOVE, NULL) || chdir("/root") || mount(".", "/", NULL, MS_MOVE, NULL) ||
      chroot(".") || chdir("/")) { perror("early: switch of root"); return 1; }
  execl("/sbin/init", "init", (char *)NULL);
  perror("/sbin/init");
  return 1;
}
