# What both network backends need. A backend (net/*.sh) has net_device, which prints the value for -netdev, net_gives_up, and
# net_start and run_net where a process of its own serves the network.

# guest_ports LIST: the list (comma-separated, ranges as A-B) without the pod's own ports 10770-10789, one a line.
guest_ports() {
  local port first last
  for port in ${1//,/ }; do
    first=${port%-*} last=${port#*-}
    if [ "$first" -le 10789 ] && [ "$last" -ge 10770 ]; then
      echo "vm: port $port is the pod's own (10770-10789) and is not forwarded" >&2
      continue
    fi
    echo "$port"
  done
}

net_start() { :; }
