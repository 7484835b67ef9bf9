# KVM or TCG. A /dev/kvm that opens may still be unable to run a guest, so a probe of 40 bytes of code tries first.
kvm_device=/dev/kvm

# kvm_works: QEMU must leave the probe with 33 within 3 s, with the CPU model that the machine will have.
kvm_works() {
  [ -r "$kvm_device" ] && [ -w "$kvm_device" ] || return 1
  timeout 3 qemu-system-x86_64 -M pc -m 16 ${VM_ACCEL_KVM:--accel kvm -cpu host} -nodefaults -no-user-config -display none \
    -bios "$lib/kvm-probe.bin" -device isa-debug-exit,iobase=0xf4,iosize=1 -no-reboot >/dev/null 2>&1
  [ $? -eq 33 ]
}

# choose_accelerator: sets `accelerator` and `accel_words`; VM_ACCELERATOR=kvm waits for KVM.
choose_accelerator() {
  local wish=${VM_ACCELERATOR:-auto}
  [ "$wish" = tcg ] || kvm_known=${kvm_known:-$(kvm_works && echo yes)}
  if [ "$wish" != tcg ] && [ "$kvm_known" = yes ]; then
    accelerator=KVM accel_words=${VM_ACCEL_KVM:--accel kvm -cpu host}
    return 0
  fi
  if [ "$wish" = kvm ]; then
    reason=KVMUnavailable message="$kvm_device is missing or cannot run a guest here: choose accelerator Auto or TCG, or another node"
    return 1
  fi
  accelerator=TCG accel_words=${VM_ACCEL_TCG:--accel tcg,tb-size=32}
}
