# SIGTERM: the ACPI power key, pressed again now and then (a guest that still boots misses it), and QEMU's end before
# VM_GRACE_SECONDS are over.
stopping=''

catch_signals() {
  qemu=''
  trap 'on_term' TERM INT
  trap ':' CHLD # so that a dead child wakes the loop
}

on_term() {
  [ -z "$stopping" ] || return 0
  [ -n "$qemu" ] || finish 0 Terminated "stopped before the machine was started"
  uptime_seconds
  stopping=$seconds
  guest=''
  unflag ready
  state Stopping
  # Under rescue the guest's power-off ends nothing; now it is to.
  [ -z "$rescued" ] || qmp set-action '"shutdown":"poweroff"'
}

# power_tick: called once a second from the signal on.
power_tick() {
  [ -n "$stopping" ] || return 0
  uptime_seconds
  if [ $((seconds - stopping)) -ge $((${VM_GRACE_SECONDS:-30} - 4)) ]; then
    qmp quit
    return
  fi
  [ "$seconds" -lt "${press_again:-0}" ] || { press_again=$((seconds + 4)); qmp system_powerdown; }
}
