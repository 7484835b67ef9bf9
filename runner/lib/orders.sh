# What the operator asks of a machine that runs: `reboot N` and `reset N`. The number is the instance's counter, and each
# is obeyed once for a machine: an operator that does not know whether it asked already just asks again.
reboot_taken=0 reset_taken=0 # the last numbers that were taken
rebooted=0 reset=0           # and those after which the machine has begun anew
reboot_until=''              # when a guest that was asked to reboot is reset
wished_from=''               # from when on a reboot is the guest's own again
held=''                      # paused by the operator, whatever else holds the machine
rescued=''                   # it runs a rescue system, and its disk must not be lost by what that does

# obey reboot|reset N, hold|rescue 0|1
obey() {
  [ -z "$stopping" ] || return 0
  case $1 in
    hold) held=${2#0} ;;
    rescue) [ "$rescued" = "${2#0}" ] || { rescued=${2#0}; guest_ends; } ;;
    reset) [ "$2" -gt "$reset_taken" ] || return 0; reset_taken=$2; reset_machine ;;
    reboot) [ "$2" -gt "$reboot_taken" ] || return 0; reboot_taken=$2; reboot_guest ;;
  esac
}

# A reboot that was asked for keeps the overlay, whatever becomes of those that the guest decides on.
reset_machine() {
  reboot_until='' wished_from=''
  guest_reboots reset
  qmp system_reset
  # One that is held for want of room begins anew, and so does a rescue system that was powered off.
  [ -z "$rest_reason$rescued" ] || qmp cont
}

# The guest's agent reboots it; without one that answers, ctrl-alt-del does; and without either, a reset after the grace period.
reboot_guest() {
  uptime_seconds
  reboot_until=$((seconds + ${VM_GRACE_SECONDS:-30})) wished_from=''
  guest_reboots reset
  if [ -z "${agent_open-}" ]; then hear agent-silent; else "$lib/guest-reboot" "$run/agent.sock" </dev/null >"$run/qmp-local.out" & fi
}

press_reset_keys() {
  local key keys=''
  for key in ctrl alt delete; do keys="$keys${keys:+,}{\"type\":\"qcode\",\"data\":\"$key\"}"; done
  qmp send-key "\"keys\":[$keys]"
}

# orders_tick: called once a second while something is waited for.
orders_tick() {
  [ -n "$reboot_until$wished_from" ] || return 0
  uptime_seconds
  [ -z "$reboot_until" ] || [ "$seconds" -lt "$reboot_until" ] || reset_machine
  [ -z "$wished_from" ] || [ "$seconds" -lt "$wished_from" ] || guest_reboots_as_wished
}

# machine_reset: the machine begins anew. The guest that answered before does not any more. The BIOS resets it a second time by
# itself, a moment later: that is not yet the guest's own wish.
machine_reset() {
  rm -f "$run/frozen"
  uptime_seconds
  ended='' rebooted=$reboot_taken reset=$reset_taken reboot_until='' wished_from=$((seconds + 5))
  [ -n "$resting" ] || { start_asking; start_watching; }
}

# What QEMU does when the guest reboots: `reset` keeps machine and overlay, `shutdown` ends them, so that a fresh one starts.
guest_reboots() { [ "${VM_ON_GUEST_REBOOT-}" != rebuild ] || qmp set-action "\"reboot\":\"$1\""; }
guest_reboots_as_wished() {
  wished_from=''
  [ -n "$rescued" ] || guest_reboots shutdown
}

# guest_ends: a rescue system that powers off, reboots or panics ends nothing: the disk that is rescued would go with the machine. What
# comes after it may be reset by its BIOS a second time.
guest_ends() {
  guest_reboots reset
  if [ -n "$rescued" ]; then
    qmp set-action '"shutdown":"pause","panic":"pause"'
  else
    qmp set-action '"shutdown":"poweroff","panic":"exit-failure"'
    uptime_seconds
    wished_from=$((seconds + 5))
  fi
}
