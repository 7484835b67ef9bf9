# The volumes: claims that outlive the machine. VM_VOLUMES names them: NAME:file|block:rw|ro:BYTES, with commas between.

# check_volumes: each can be opened. A volume with a file system that is still empty gets its disk. Sets `reason` and `message`.
check_volumes() {
  local entry IFS=,
  for entry in ${VM_VOLUMES-}; do
    IFS=: read -r volume kind access bytes <<-END
	$entry
	END
    "check_${kind}_volume" || return 1
  done
}

# opens FILE: for writing as well, where the volume is not only to be read.
opens() {
  [ "$access" = ro ] || { (: 3<>"$1") 2>/dev/null || return 1; }
  (: 3<"$1") 2>/dev/null
}

check_block_volume() {
  local device=/dev/volume-$volume
  reason=VolumeUnreadable
  [ -b "$device" ] || { message="Volume $volume has no block device in the pod: see kubectl describe pod."; return 1; }
  opens "$device" && return 0
  message="The block device of volume $volume (owner and mode $(stat -c '%u:%g %a' "$device")) cannot be opened by uid $(id -u): set device_ownership_from_security_context in the node's containerd, or use volumeMode Filesystem."
  return 1
}

check_file_volume() {
  local directory=/volumes/$volume disk=/volumes/$volume/disk.img size
  if [ -L "$disk" ] || { [ -e "$disk" ] && [ ! -f "$disk" ]; }; then
    reason=VolumeInvalid message="disk.img in volume $volume is not a regular file: take it away, or use another claim."
    return 1
  fi
  if [ ! -e "$disk" ]; then
    reason=VolumeEmpty message="Volume $volume has no disk.img, and is only to be read: attach it once without readOnly."
    [ "$access" = rw ] || return 1
    make_disk || return 1
  fi
  reason=VolumeUnreadable
  opens "$disk" || { message="disk.img in volume $volume (owner and mode $(stat -c '%u:%g %a' "$disk")) cannot be opened by uid $(id -u): give it group $(id -g) and mode 0660."; return 1; }
  size=$(stat -c %s "$disk")
  [ "$size" -gt 0 ] && [ $((size % 512)) -eq 0 ] && return 0
  reason=VolumeInvalid message="disk.img in volume $volume has $size bytes, which is no whole number of sectors of 512: make it a raw disk, or take it away."
  return 1
}

# make_disk: as large as the claim and the room there is, but for 1/64: a file system has its own tables to keep. Holes take no room, and
# the disk appears under its name when it is whole.
make_disk() {
  local blocks block room size
  IFS=' ' read -r blocks block <<-END
	$(stat -f -c '%a %S' "$directory")
	END
  room=$((blocks * block))
  [ "$bytes" -gt 0 ] && [ "$bytes" -lt "$room" ] && room=$bytes
  size=$((room / 64 * 63 / 1048576 * 1048576))
  reason=VolumeInvalid
  [ "$size" -gt 0 ] || { message="Volume $volume has no room for a disk ($room bytes are free): use a larger claim."; return 1; }
  reason=VolumeUnreadable
  if ! message=$(busybox truncate -s "$size" "$disk.partial" 2>&1 && mv "$disk.partial" "$disk" 2>&1); then
    message="Volume $volume cannot be written by uid $(id -u), group $(id -g) ($message): its storage must support fsGroup, or give it that group."
    return 1
  fi
}
