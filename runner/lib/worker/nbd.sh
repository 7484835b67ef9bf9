# NBD within TLS with a pre-shared key (control.sh has the server's side). keys.psk is IDENTITY:HEXKEY.
nbd_here=$run/nbd-client.sock

need_keys() { [ -r "$nbd_keys" ] || fail SourceMissing "The secret with keys.psk for NBD is not there."; }

# open_tunnel HOST PORT: what is connected to $nbd_here comes out there.
open_tunnel() {
  local identity
  need_keys
  IFS=: read -r identity _ <"$nbd_keys"
  cat >"$run/tunnel.conf" <<-END
	foreground = quiet
	pid =
	debug = crit
	socket = r:TCP_NODELAY=1
	socket = r:SO_KEEPALIVE=1
	client = yes
	$nbd_tls
	PSKsecrets = $nbd_keys
	PSKidentity = $identity
	TIMEOUTbusy = 10
	TIMEOUTconnect = 10
	[nbd]
	accept = $nbd_here
	connect = $1:$2
	END
  start tunnel
  until [ -S "$nbd_here" ]; do keep_helpers; pause 0.02; done
}
run_tunnel() {
  rm -f "$nbd_here"
  exec stunnel4 "$run/tunnel.conf" 2>"$run/tunnel.log"
}

# open_far_disk: sets `disk_there` to the way to WORKER_NBD, HOST:PORT/EXPORT.
open_far_disk() {
  local at host port
  [ -n "${WORKER_NBD-}" ] || refuse SourceMissing "WORKER_NBD is not set."
  at=${WORKER_NBD%%/*}
  host=${at%:*} port=${at##*:}
  host=${host#[} host=${host%]}
  open_tunnel "$host" "$port"
  disk_there="driver=nbd,server.type=unix,server.path=$nbd_here,export=${WORKER_NBD#*/}"
}

# find_export: waits for an export that is not there yet, WORKER_AWAIT_SECONDS long, and then a little for a server that does not answer.
find_export() {
  local tries=1 patience
  uptime_seconds
  patience=$((seconds + ${WORKER_AWAIT_SECONDS:-0}))
  until timeout 20 qemu-img info --image-opts --output=json "$disk_there" >"$run/info" 2>"$run/errors"; do
    last_error "$run/errors"
    uptime_seconds
    if [ "$seconds" -lt "$patience" ]; then
      keep_helpers
      check_deadline
      pause 0.2
      continue
    fi
    [ "$tries" -lt "$most_tries" ] || fail SourceLost "The export cannot be reached: ${text##*: }"
    wait_for_server "$tries"
    tries=$((tries + 1))
  done
}
