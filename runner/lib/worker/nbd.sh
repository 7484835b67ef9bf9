# NBD over TLS with a pre-shared key. keys.psk is QEMU's own format, IDENTITY:HEXKEY.
nbd_keys=/nbd/keys.psk

read_identity() {
  [ -r "$nbd_keys" ] || fail SourceMissing "The secret with keys.psk for NBD is not there."
  IFS=: read -r identity _ <"$nbd_keys"
}
