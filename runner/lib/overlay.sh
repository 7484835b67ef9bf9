# The overlay takes all that the machine writes to its first disk, scratch disks what it writes to them. They are made at each start of the container, since its volume outlives
# restarts: what restarts begins from the base again.
overlay_file=/overlay/disk.qcow2

make_overlay() {
  rm -rf /overlay/* 2>/dev/null
  message=$(image_tool create -q -f qcow2 -F "$base_driver" -b "$base_file" "$overlay_file" "$disk_bytes")
}

# make_scratch: VM_SCRATCH has NAME:BYTES, with commas between. Blank, but for swap, which has a swap space's signature.
make_scratch() {
  local entry disk IFS=,
  for entry in ${VM_SCRATCH-}; do
    disk=/overlay/scratch-${entry%%:*}.img
    message=$(busybox truncate -s "${entry#*:}" "$disk" 2>&1) || return 1
    case $entry in swap:*) message=$(busybox mkswap -L swap "$disk" 2>&1) || return 1 ;; esac
  done
}
