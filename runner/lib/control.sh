# The pod's own two ports, and the helpers that must go on living.
control_port=10777
probe_port=10778
control_services='qmp console vnc agent'

# TLS 1.3 with the machine's pre-shared key; the server name picks the service. A client that names none gets `state`.
# kPSK leaves out the DHE suites of older TLS: for those, stunnel would spend 20 s of CPU on Diffie-Hellman parameters.
write_control_config() {
  local host=0.0.0.0 service
  [ -s /proc/net/if_inet6 ] && host=::
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
	exec = /usr/bin/cat
	execArgs = cat $run/state
	END
  [ -z "$control_services" ] || cat <<-END
	[switch]
	sni = state:switch
	exec = $lib/snapshot-switch
	execArgs = snapshot-switch
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
