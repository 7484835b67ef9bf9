# A ready image, mounted read-only at /source, is exported as `disk` for other workers to pull: what a guest sees in it, or with
# WORKER_EXPORT=file the file as it is, byte by byte.
. "$lib/lib/worker/nbd.sh"
. "$lib/lib/worker/import-claim.sh"
nbd_port=10776
stopped() { finish 0 Terminated "The worker was told to stop."; }

obtain() {
  local host=0.0.0.0
  [ -s /proc/net/if_inet6 ] && host=::
  read_identity
  find_source
  content=$source name=${source##*/}
  header=$(first_bytes "$content" 80)
  find_format
  [ "${WORKER_EXPORT:-disk}" = disk ] || format=raw
  qemu-nbd --read-only --persistent --shared=16 --bind="$host" --port="$nbd_port" --export-name=disk \
    --object tls-creds-psk,id=tls,endpoint=server,dir=/nbd --tls-creds=tls \
    --image-opts "driver=$format,read-only=on,file.driver=file,file.locking=off,file.filename=$source" 2>"$run/errors" &
  server=$!
  tell Serving
  follow "$server"
  last_error "$run/errors"
  fail SourceLost "The NBD server ended: $text"
}
