# The base image: found, judged, never written. Each function sets `reason` and `message` when it returns non-zero.
# All that is read here may have been made by an attacker, so the header is judged before any of QEMU's code opens the file.

# find_base: sets `base_file`.
find_base() {
  for base_file in /base/disk.qcow2 /base/disk.img; do
    [ -e "$base_file" ] || [ -L "$base_file" ] || continue
    return 0
  done
  reason=BaseImageMissing message="The claim holds neither disk.qcow2 nor disk.img at its top: put the image there."
  return 1
}

# be FROM TO: sets `number` to the header's bytes FROM..TO (counted from 0) as a big-endian number.
be() { number=$((0x$(echo "$header" | cut -c$(($1 * 2 + 1))-$(($2 * 2 + 2))))); }

# check_base: sets `base_driver` and `base_bytes` (the virtual size).
check_base() {
  local name=${base_file##*/} real
  reason=BaseImageUnreadable
  real=$(readlink -f "$base_file")
  case $real in
    /base/*) ;;
    *) message="$name is a link that leads out of the claim: put the image itself there."; return 1 ;;
  esac
  [ -f "$real" ] || { message="$name is not a regular file: put an image there."; return 1; }
  [ -r "$real" ] || { message="$name cannot be read by uid $(id -u): give it mode 0644, or group $(id -g)."; return 1; }
  header=$(od -An -v -tx1 -N 80 "$real" 2>/dev/null | tr -d ' \n')

  reason=BaseImageInvalid
  case $header in
    514649fb*) base_driver=qcow2; check_qcow2 || return 1 ;;
    *) base_driver=raw; check_raw || return 1 ;;
  esac
  check_boot
}

check_raw() {
  [ "$name" = disk.img ] || { message="$name is not a qcow2 image: copy it again, or name a raw image disk.img."; return 1; }
  base_bytes=$(stat -L -c %s "$base_file")
  base_bytes=$(((base_bytes + 511) / 512 * 512))
  [ "$base_bytes" -gt 0 ] || { message="$name is empty: copy it again."; return 1; }
}

# check_qcow2: sets `base_bytes`; where it refuses, `fault` says what kind of file this is: BackingFile, ExternalDataFile or Broken.
check_qcow2() {
  fault=Broken
  [ ${#header} -eq 160 ] || { message="$name is cut short: copy it again."; return 1; }
  be 4 7
  [ "$number" -eq 2 ] || [ "$number" -eq 3 ] || { message="$name has qcow2 version $number; 2 and 3 are known: convert it with qemu-img convert."; return 1; }
  local version=$number
  be 8 15
  [ "$number" -eq 0 ] || { fault=BackingFile message="$name needs a backing file: flatten it with qemu-img convert."; return 1; }
  be 32 35
  [ "$number" -eq 0 ] || { message="$name is encrypted: decrypt it with qemu-img convert."; return 1; }
  if [ "$version" -eq 3 ]; then
    be 72 79
    [ $((number & 4)) -eq 0 ] || { fault=ExternalDataFile message="$name keeps its data in another file: join them with qemu-img convert."; return 1; }
    [ $((number & 2)) -eq 0 ] || { message="$name is marked corrupt: see qemu-img check, or copy it again."; return 1; }
  fi
  local entries
  be 36 39
  entries=$number
  be 40 47
  # A copy that stopped early: QEMU would read the missing table as an empty disk.
  [ $((number + entries * 8)) -le "$(stat -L -c %s "$base_file")" ] || { message="$name is cut short: copy it again."; return 1; }
  be 24 31
  base_bytes=$number
  [ "$base_bytes" -gt 0 ] || { message="$name has no size: make the image anew."; return 1; }
}

# check_boot: the first 65 sectors hold a boot record's signature, or an ISO's volume descriptor after the 64th, and what the firmware boots. Where
# they do not, `fault` says which: NoBootSector or OtherFirmware.
check_boot() {
  local signature iso rc=0
  reason=BaseImageInvalid
  if ! message=$(image_tool dd -U -f "$base_driver" -O raw bs=512 count=65 if="$base_file" of="$run/boot"); then
    message="$name cannot be opened as $base_driver (${message##*: }): copy it again, or see qemu-img check."
    return 1
  fi
  signature=$(od -An -tx1 -j 510 -N 2 "$run/boot" 2>/dev/null)
  iso=$(boot_text 32769 5)
  reason=BaseImageNotBootable
  if [ "$signature" = ' 55 aa' ] || [ "$iso" = CD001 ]; then
    check_firmware || { rc=1 fault=OtherFirmware message="$name cannot boot as it is asked to: $message."; }
  else
    rc=1 fault=NoBootSector message="$name has no boot sector: put the image of a whole, bootable disk there."
  fi
  rm -f "$run/boot"
  return $rc
}

mebibytes() { echo $((($1 + 1048575) / 1048576)); }

# check_size: the overlay must not cut the image off.
check_size() {
  disk_bytes=${VM_DISK_BYTES:-0}
  [ "$disk_bytes" -gt 0 ] || disk_bytes=$base_bytes
  [ "$disk_bytes" -ge "$base_bytes" ] && return 0
  reason=DiskTooSmall message="The image needs a disk of $(mebibytes $base_bytes) MiB, and this VM's has $(mebibytes $disk_bytes) MiB: raise resources.disk, or choose a flavor with a larger disk."
  return 1
}

# image_tool ARG...: qemu-img within limits (60 s, 10 s of CPU, 4 GiB of addresses, files of 64 MiB), its errors on stdout.
# One arena: glibc would set 64 MiB of addresses aside for each of its threads, and reach the limit now and then.
image_tool() {
  (
    ulimit -t 10 -v 4194304 -f 131072
    export MALLOC_ARENA_MAX=1
    exec timeout 60 qemu-img "$@" 2>&1
  )
}
