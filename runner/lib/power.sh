# SIGTERM: the ACPI power key, pressed again now and then (a guest that still boots misses it), and QEMU's end before
# VM_GRACE_SECONDS are over. A machine that stands still (paused, or without room) is cut off.
stopping=''
cut_off='did not power off within its grace period and was cut off' # how it ended, unless in order

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
  [ -z "$resting" ] || end_at_once
}

# end_at_once: a machine that stands still hears no power key, and nothing of it would be kept. One that has a volume gets its time all the same:
# somebody may yet let it go on, to leave that in order.
end_at_once() {
  case ",${VM_VOLUMES-}" in *:rw:*) return ;; esac
  cut_off='stood still and was ended at once'
  qmp quit
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
