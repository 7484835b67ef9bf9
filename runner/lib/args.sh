# The words in QEMU's arguments that only the pod knows.

args_begin() { netdev=$(net_device); }

# fill_in ARGUMENT: sets `filled`.
fill_in() {
  filled=${1//@base-driver@/$base_driver}
  filled=${filled//@base-file@/$base_file}
  filled=${filled//@overlay-file@/$overlay_file}
  filled=${filled//@seed-file@/$seed_file}
  filled=${filled//@netdev@/$netdev}
}
