# Whether the guest answers, as VM_READINESS asks: ssh:PORT, tcp:PORT, http:PORT/PATH, agent or none.
prober=''

start_asking() {
  local wish=${VM_READINESS:-none} target
  stop_asking
  target=${wish#*:}
  case $wish in
    none) hear ready ;;
    agent) [ -z "${agent_open-}" ] || ask agent "$run/agent.sock" ;;
    tcp:*) ask tcp "$target" "$net_gives_up" ;;
    http:*) ask http "${target%%/*}" "/${target#*/}" ;;
    *) ask "${wish%%:*}" "$target" ;;
  esac
}

ask() {
  "$lib/guest-probe" "$@" </dev/null >"$run/qmp-local.out" &
  prober=$!
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
  state "$phase"
}
guest_lost() {
  [ -z "$stopping" ] || return 0
  guest=Booting
  unflag ready
  state "$phase"
}

# The agent's port opens and closes with the agent in the guest; it serves one client at a time, so it is asked only once.
agent_opened() {
  agent_open=yes
  [ "${VM_READINESS-}" != agent ] || start_asking
}
agent_closed() {
  agent_open=''
  [ "${VM_READINESS-}" != agent ] || stop_asking
}
