# The overlay takes all that the machine writes. It is made at each start of the container, since its volume outlives
# restarts: what restarts begins from the base again.
overlay_file=/overlay/disk.qcow2

make_overlay() {
  rm -rf /overlay/* 2>/dev/null
  message=$(image_tool create -q -f qcow2 -F "$base_driver" -b "$base_file" "$overlay_file" "$disk_bytes")
}
