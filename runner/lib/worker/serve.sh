# A ready image, mounted read-only at /source, is exported as `disk` for other workers to pull: what a guest sees in it, or with
# WORKER_EXPORT=file the file as it is, byte by byte.
. "$lib/lib/worker/nbd.sh"
. "$lib/lib/worker/import-claim.sh"
stopped() { finish 0 Terminated "The worker was told to stop."; }

obtain() {
  need_keys
  find_source
  content=$source name=${source##*/}
  header=$(first_bytes "$content" 80)
  find_format
  [ "${WORKER_EXPORT:-disk}" = disk ] || format=raw
  qemu-nbd --read-only --persistent --shared=16 --socket="$nbd_socket" --export-name=disk \
    --image-opts "driver=$format,read-only=on,file.driver=file,file.locking=off,file.filename=$source" 2>"$run/errors" &
  server=$!
  tell Serving
  follow "$server"
  last_error "$run/errors"
  fail SourceLost "The NBD server ended: $text"
}
