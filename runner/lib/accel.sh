# KVM or TCG. A /dev/kvm that opens may still be unable to run a guest, so a probe of 40 bytes of code tries first.
kvm_device=/dev/kvm

# kvm_works SECONDS: QEMU must leave the probe with 33 within that time, with the CPU model that the machine will have. Sets `kvm_trouble` to
# what is wrong.
kvm_works() {
  kvm_trouble="there is no $kvm_device"
  [ -e "$kvm_device" ] || return 1
  kvm_trouble="user $(id -u) may not open $kvm_device, which has mode $(stat -c %a "$kvm_device"): on the node, chmod 666 $kvm_device"
  [ -r "$kvm_device" ] && [ -w "$kvm_device" ] || return 1
  local code said
  # Killed: one that hangs in the kernel's emulation heeds nothing less. Its words go to a file, as busybox's timeout keeps a pipe open.
  timeout -s KILL "$1" qemu-system-x86_64 -M pc -m 16 ${VM_ACCEL_KVM:--accel kvm -cpu host} -nodefaults -no-user-config -display none \
    -bios "$lib/kvm-probe.bin" -device isa-debug-exit,iobase=0xf4,iosize=1 -no-reboot >"$run/kvm-said" 2>&1
  code=$?
  # Without what would have to be quoted.
  said=$(tail -n 1 "$run/kvm-said" | tr -cd ' -~' | tr -d '"\\')
  rm -f "$run/kvm-said"
  kvm_trouble=''
  [ "$code" -ne 33 ] || return 0
  kvm_trouble="a guest of 40 bytes did not get through its code within $1 s"
  [ "$code" -eq 137 ] || kvm_trouble="QEMU ended with $code: ${said:-it said nothing}"
  return 1
}

# choose_accelerator: sets `accelerator`, `accel_words` and `accel_why`; VM_ACCELERATOR=kvm waits for KVM.
choose_accelerator() {
  local wish=${VM_ACCELERATOR:-auto}
  if [ "$wish" != tcg ] && [ -z "${kvm_known-}" ]; then
    kvm_known=no
    kvm_works 3 && kvm_known=yes
  fi
  if [ "$wish" != tcg ] && [ "$kvm_known" = yes ]; then
    accelerator=KVM accel_why='' accel_words=${VM_ACCEL_KVM:--accel kvm -cpu host}
    return 0
  fi
  if [ "$wish" = kvm ]; then
    kvm_known=''
    reason=KVMUnavailable message="KVM does not work here ($kvm_trouble): choose accelerator Auto or TCG, or another node"
    return 1
  fi
  accelerator=TCG accel_why=${kvm_trouble-} accel_words=${VM_ACCEL_TCG:--accel tcg,tb-size=32}
}
