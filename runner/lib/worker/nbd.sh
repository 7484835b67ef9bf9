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
