# passt: the guest has the pod's address and sees its clients'. One process; its ports are fixed when it starts.
net_socket=$run/net.sock
net_gives_up=10 # s, on a connection to a guest that is not there (measured)

net_device() { echo "stream,id=net0,server=off,addr.type=unix,addr.path=$net_socket,reconnect-ms=500"; }

net_start() {
  start net
  until [ -S "$net_socket" ]; do pause 0.02; done
}

# joined LIST: for passt's -t and -u; `none` for an empty one.
joined() {
  set -- $(guest_ports "$1")
  local IFS=,
  echo "${*:-none}"
}

run_net() {
  LD_PRELOAD=$lib/passt-shim.so exec "$lib/net-gate" "$net_socket" \
    passt --foreground --quiet --fd 3 --no-map-gw \
    --tcp-ports "$(joined "${VM_TCP_PORTS-}")" --udp-ports "$(joined "${VM_UDP_PORTS-}")"
}
