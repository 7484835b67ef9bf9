# The pod's own ports, and the helpers that must go on living.
control_port=10777
nbd_port=10776
nbd_keys=/nbd/keys.psk
nbd_socket=$run/nbd.sock
probe_port=10778
control_services='qmp console vnc agent'
offers_disks=yes
state_service="exec = /usr/bin/cat
	execArgs = cat $run/state"

# has_ipv6: a file of /proc has no size, so it is read to see whether there is anything in it.
has_ipv6() { { read -r _ </proc/net/if_inet6; } 2>/dev/null; }

# TLS 1.3 with the machine's pre-shared key; the server name picks the service. A client that names none gets `state`.
# kPSK leaves out the DHE suites of older TLS: for those, stunnel would spend 20 s of CPU on Diffie-Hellman parameters.
write_control_config() {
  local host=0.0.0.0 service
  ! has_ipv6 || host=::
  cat <<-END
	foreground = quiet
	pid =
	debug = crit
	socket = l:TCP_NODELAY=1
	socket = r:TCP_NODELAY=1
	ciphers = kPSK
	sslVersion = TLSv1.3
	PSKsecrets = /control/psk
	TIMEOUTbusy = 10
	TIMEOUTconnect = 5
	sessionCacheSize = 1
	[state]
	accept = $host:$control_port
	$state_service
	END
  [ -z "$control_services" ] || cat <<-END
	[switch]
	sni = state:switch
	exec = $lib/snapshot-switch
	execArgs = snapshot-switch
	[hold]
	sni = state:hold
	exec = $lib/snapshot-switch
	execArgs = snapshot-switch hold
	[order]
	sni = state:order
	exec = /usr/bin/sh
	execArgs = sh $lib/lib/take-order.sh $run/qmp-local.out
	END
  for service in $control_services; do
    cat <<-END
	[$service]
	sni = state:$service
	connect = $run/$service.sock
	END
  done
  [ ! -r "$nbd_keys" ] || [ -z "$offers_disks" ] || write_nbd_service "$host"
}

# Disks are offered on a unix socket, and stunnel stands before it: QEMU's own TLS takes several times the processor, and takes it
# from the thread that serves the guest's disk. A suite whose every handshake rests on the key: in TLS 1.3 a stranger's
# certificate would do as well, for a client of stunnel's.
nbd_tls='ciphers = ECDHE-PSK-CHACHA20-POLY1305
sslVersion = TLSv1.2'

write_nbd_service() {
  cat <<-END
	[nbd]
	accept = $1:$nbd_port
	connect = $nbd_socket
	PSKsecrets = $nbd_keys
	$nbd_tls
	END
}

run_control() {
  write_control_config >"$run/stunnel.conf"
  ulimit -n 256 # bounds what strangers can hold open
  exec stunnel4 "$run/stunnel.conf"
}
run_probes() { exec busybox httpd -f -p "$probe_port" -h "$run/www"; }

# uptime_seconds: sets `seconds`.
uptime_seconds() { read -r seconds _ </proc/uptime; seconds=${seconds%.*}; }

# start NAME: runs run_NAME in the background, and again whenever keep_helpers finds it dead.
helpers=''
start() {
  "run_$1" </dev/null &
  uptime_seconds
  eval "pid_$1=$! began_$1=$seconds"
  case " $helpers " in *" $1 "*) ;; *) helpers="$helpers $1" ;; esac
}

# alive PID: a zombie is dead.
alive() {
  local line
  { read -r line <"/proc/$1/stat"; } 2>/dev/null || return 1
  case $line in *') Z '* | *') X '*) return 1 ;; esac
}

# keep_helpers: a helper that cannot live is tried every few seconds, not in a circle.
keep_helpers() {
  local helper pid began
  for helper in $helpers; do
    eval "pid=\$pid_$helper began=\$began_$helper"
    alive "$pid" && continue
    uptime_seconds
    [ $((seconds - began)) -ge 2 ] || continue
    echo "${0##*/}: $helper ended, starting it again" >&2
    start "$helper"
  done
}
