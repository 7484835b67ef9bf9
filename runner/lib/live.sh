# Whether a guest that answered still does, as VM_LIVENESS asks (ssh:PORT, tcp:PORT or http:PORT/PATH), and what is done to one that has
# been silent for VM_LIVENESS_SECONDS: VM_LIVENESS_ACTION, reset or restart. A guest that never answered is left alone.
watcher=''
silent_until='' # when a silent guest counts as hung
unresponsive=0  # how often it was reset for that

# Three misses are a loss: this long, as a rule, a guest has been silent when guest-probe says so.
silent_already=30

start_watching() {
  [ -n "${VM_LIVENESS-}" ] || return 0
  stop_watching
  probe live "$VM_LIVENESS"
  watcher=$!
}

stop_watching() {
  silent_until=''
  [ -z "$watcher" ] || kill "$watcher" 2>/dev/null
  watcher=''
}

guest_silent() {
  [ -n "$watcher" ] || return 0
  uptime_seconds
  silent_until=$((seconds + VM_LIVENESS_SECONDS - silent_already))
}

# live_tick: called once a second while the guest is silent. A reboot that was asked for has an end of its own.
live_tick() {
  [ -n "$silent_until" ] && [ -z "$stopping$reboot_until$rescued" ] || return 0
  uptime_seconds
  [ "$seconds" -ge "$silent_until" ] || return 0
  silent_until=''
  if [ "$VM_LIVENESS_ACTION" = reset ]; then
    unresponsive=$((unresponsive + 1))
    reset_machine
  else
    ended=unresponsive
    qmp quit
  fi
}
