# SIGTERM: the ACPI power key, pressed again now and then (a guest that still boots misses it), and QEMU's end before
# VM_GRACE_SECONDS are over. A machine that stands still (paused, or without room) hears no key: it is woken, or cut off.
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
  [ -z "$resting" ] || wake_or_end
}

# wake_or_end: a machine that may write a volume goes on, so that its guest leaves that in order. Nothing would be kept of any other, and
# it does nothing more; nor has one anything left to do whose guest has ended already, under rescue.
wake_or_end() {
  held=''
  case "$ended,${VM_VOLUMES-}" in
    ,*:rw:*) [ -n "$space_try" ] || qmp cont ;; # without room, space_tick tries it when there may be some
    *) cut_off='stood still and was ended at once'; qmp quit ;;
  esac
}

# power_tick: called once a second from the signal on.
power_tick() {
  [ -n "$stopping" ] || return 0
  uptime_seconds
  if [ $((seconds - stopping)) -ge $((${VM_GRACE_SECONDS:-30} - 4)) ]; then
    qmp quit
    return
  fi
  # Whoever pauses it meanwhile does not know yet that it ends.
  [ -z "$resting" ] || wake_or_end
  [ "$seconds" -lt "${press_again:-0}" ] || { press_again=$((seconds + 4)); qmp system_powerdown; }
}
