# Whether anybody uses the guest, from the moment it answers: a meter of its own, whose word the service `state` gives as `idleSeconds`. What
# stands still, starts or does not answer is not idle, and a guest that answers again begins anew.
idle_file=$run/idle
meter=''
state_service="exec = $lib/idle-meter
	execArgs = idle-meter tell $run/state $idle_file"

# Thousandths of a processor that QEMU may take while the guest counts as idle (measured: docs/adr/0073-idle-vms.md).
idle_share() { [ "$accelerator" = KVM ] && share=50 || share=200; }

start_meter() {
  [ -z "$meter" ] || return 0
  run_meter
}
run_meter() {
  local share
  idle_share
  "$lib/idle-meter" watch "$qemu" "$share" "${VM_IDLE_LOOK_SECONDS:-10}" "$idle_file" </dev/null &
  meter=$!
}

stop_meter() {
  [ -z "$meter" ] || kill "$meter" 2>/dev/null
  meter=''
  rm -f "$idle_file"
}

# idle_tick: a meter that died goes on from where it was.
idle_tick() { [ -z "$meter" ] || [ -n "$stopping" ] || alive "$meter" || run_meter; }
