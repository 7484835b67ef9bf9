# slirp: QEMU's own user network. No process; the guest is 10.0.2.15 behind a NAT, and ports can be added while it runs.
net_gives_up=90 # s, on a connection to a guest that is not there (84 measured)

net_device() {
  local device="user,id=net0" line name list port word
  while read -r name list; do
    [ "$name" = search ] || continue
    for word in $list; do device="$device,dnssearch=$word"; done
  done </etc/resolv.conf
  for port in $(guest_ports "${VM_TCP_PORTS-}"); do device="$device$(forwards tcp "$port")"; done
  for port in $(guest_ports "${VM_UDP_PORTS-}"); do device="$device$(forwards udp "$port")"; done
  echo "$device"
}

# forwards PROTOCOL PORT|FIRST-LAST
forwards() {
  local port=${2%-*}
  while [ "$port" -le "${2#*-}" ]; do
    printf ',hostfwd=%s::%s-:%s' "$1" "$port" "$port"
    port=$((port + 1))
  done
}
