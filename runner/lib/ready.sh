# Whether the guest answers, as VM_READINESS asks: ssh:PORT, tcp:PORT, http:PORT/PATH, agent or none.
prober=''

start_asking() {
  stop_asking
  case ${VM_READINESS:-none} in
    none) hear ready; return ;;
    agent) [ -n "${agent_open-}" ] || return 0 ;;
  esac
  probe '' "$VM_READINESS"
  prober=$!
}

# probe live|'' CHECK: in the background.
probe() {
  local kind=${2%%:*} target=${2#*:}
  case $kind in
    agent) set -- $1 agent "$run/agent.sock" ;;
    tcp) set -- $1 tcp "$target" "$net_gives_up" ;;
    http) set -- $1 http "${target%%/*}" "/${target#*/}" ;;
    *) set -- $1 "$kind" "$target" ;;
  esac
  "$lib/guest-probe" "$@" </dev/null >"$run/qmp-local.out" &
}

stop_asking() {
  [ -z "$prober" ] || kill "$prober" 2>/dev/null
  prober='' 
  guest_lost
}

guest_ready() {
  [ -z "$stopping" ] || return 0
  guest=Ready
  flag ready
  start_meter
  state "$phase"
}
guest_lost() {
  [ -z "$stopping" ] || return 0
  guest=Booting
  stop_meter
  unflag ready
  state "$phase"
}

# A machine that rests keeps the reason for it in its state.
say_agent() { [ -n "$resting$stopping" ] || state "$phase"; }

# The agent's port opens and closes with the agent in the guest; it serves one client at a time, so it is asked only once.
agent_opened() {
  agent_open=true
  say_agent
  [ "${VM_READINESS-}" != agent ] || start_asking
}
agent_closed() {
  agent_open=''
  say_agent
  [ "${VM_READINESS-}" != agent ] || stop_asking
}
