# QEMU's events. A QMP monitor on two pipes, $run/qmp-local.in and .out, is the runner's own: no process stands between.
# guest-probe writes its words into the same pipe, so that one loop hears all.

open_monitor() {
  mkfifo "$run/qmp-local.in" "$run/qmp-local.out"
  exec 3<>"$run/qmp-local.out" 4<>"$run/qmp-local.in"
}

# start_machine ARGUMENT...
start_machine() {
  qemu-system-x86_64 "$@" -chardev pipe,id=runner,path="$run/qmp-local" -mon chardev=runner,mode=control </dev/null &
  qemu=$!
}

qmp() { echo "{\"execute\":\"$1\",\"arguments\":{${2-}}${3:+,\"id\":\"$3\"}}" >&4; }

# follow_machine: ends the container when QEMU ends. Wakes for each line, each dead child and each SIGTERM.
follow_machine() {
  local line
  guest=Booting ended='' resting='' rest_reason=''
  qmp qmp_capabilities
  guest_reboots_as_wished
  qmp query-status '' status
  while alive "$qemu"; do
    # Once a second while something is waited for that nobody reports.
    [ -z "$stopping$reboot_until$wished_from$space_try$silent_until" ] && tick=5 || tick=1
    if next_line "$tick"; then hear "$line"; fi
    power_tick
    orders_tick
    space_tick
    live_tick
    idle_tick
    keep_helpers
  done
  # The last events may still be in the pipe.
  while next_line 0.1; do hear "$line"; done
  wait "$qemu"
  machine_ended $?
}

hear() {
  case $1 in
    ready) guest_ready ;;
    lost) guest_lost ;;
    alive) silent_until='' ;;
    dead) guest_silent ;;
    'order '*) obey ${1#order } ;;
    agent-silent) press_reset_keys ;;
    *'"id": "status"'*) case $1 in *'"running": true'*) machine_runs ;; *) machine_rests Paused ;; esac ;;
    *'"event": "RESUME"'*) machine_runs ;;
    *'"event": "STOP"'*) machine_rests Paused ;;
    *'"event": "RESET"'*) machine_reset ;;
    *'"event": "NETDEV_STREAM_CONNECTED"'*) qmp announce-self '"initial":50,"max":550,"rounds":5,"step":50' ;;
    *'"event": "VSERPORT_CHANGE"'*) case $1 in *'"open": true'*) agent_opened ;; *) agent_closed ;; esac ;;
    *'"event": "BLOCK_IO_ERROR"'*'"nospace": true'*) case $1 in *'"node-name": "volume-'*) no_space VolumeFull ;; *) no_space OverlayFull ;; esac ;;
    *'"event": "GUEST_PANICKED"'*) ended=panic ;;
    *'"event": "SHUTDOWN"'*)
      case $1 in
        *'"reason": "guest-shutdown"'*) ended=${ended:-guest} ;;
        *'"reason": "guest-reset"'*) ended=${ended:-reset} ;;
        *'"reason": "guest-panic"'*) ended=panic ;;
        *'"reason": "host-'*) ended=${ended:-host} ;;
      esac ;;
  esac
}

machine_runs() {
  flag started
  thaw
  uptime_seconds
  rest_reason='' resting='' space_try='' ran_since=$seconds
  [ -z "$stopping" ] || return 0
  state Running
  start_asking
  start_watching
}

# thaw: a guest that was frozen when it was stopped, whoever let it go on.
thaw() {
  [ -e "$run/frozen" ] || return 0
  "$lib/snapshot-switch" thaw </dev/null >/dev/null &
}

machine_rests() {
  resting=yes
  stop_asking
  stop_watching
  [ -n "$stopping" ] || state Running "${rest_reason:-$1}" "the machine's processors are stopped"
}

machine_ended() {
  unflag ready
  if [ -n "$stopping" ]; then
    [ "$ended" = guest ] && finish 0 Terminated "The guest powered off, as it was asked to."
    finish 0 Terminated "The guest $cut_off."
  fi
  case $ended in
    unresponsive) fail GuestUnresponsive "The guest did not answer for $VM_LIVENESS_SECONDS s." ;;
    panic) fail GuestPanicked "The guest's kernel panicked." ;;
    guest) finish 0 GuestShutdown "The guest powered off." ;;
    reset) finish 0 GuestRebooted "The guest rebooted." ;;
    host) finish 0 Terminated "QEMU was told to quit." ;;
    *) fail QEMUFailed "QEMU ended with exit code $1: its words are in the log." ;;
  esac
}
