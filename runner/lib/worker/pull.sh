# A disk that another pod exports becomes the image: flat, and compressed if WORKER_COMPRESS says so. With WORKER_EXPORT=file the export
# is an image's file itself, of WORKER_FILE_BYTES bytes and the digest WORKER_DIGEST, and the image is its copy, byte by byte.
. "$lib/lib/worker/nbd.sh"
stall_seconds=${WORKER_STALL_SECONDS:-120}

obtain() {
  open_far_disk
  find_export
  tell Downloading
  format=raw virtual_size=$(jq -r '."virtual-size"' "$run/info") name="The export"
  limit_size
  if [ "${WORKER_EXPORT:-disk}" = file ]; then
    choose_digest
    set -- -O raw
  elif [ "${WORKER_COMPRESS:-none}" = none ]; then
    set -- -O qcow2 -o compat=1.1
  else
    set -- -O qcow2 -o "compat=1.1,compression_type=$WORKER_COMPRESS" -c
  fi
  image_work convert -p -m 8 --image-opts "$@" "$disk_there" "$result" >"$run/progress" 2>"$run/errors" &
  puller=$! moved_at='' seen=''
  follow "$puller" pull_progress || pull_failed
  [ "${WORKER_EXPORT:-disk}" = disk ] || check_copy
}

# check_copy: an export is whole sectors, so that what the file has less is cut off. Then it must be what was asked for.
check_copy() {
  tell Checking
  dd if=/dev/null of="$result" bs=1 seek="${WORKER_FILE_BYTES:-0}" count=0 2>"$run/errors" || write_failed "$run/errors" "The copy cannot be written"
  "${algorithm}sum" "$result" >"$run/digest" 2>"$run/errors" &
  follow $! || write_failed "$run/errors" "The copy cannot be read back"
  read -r digest _ <"$run/digest"
  source_digest=$algorithm:$digest
  [ "$source_digest" = "${WORKER_DIGEST-}" ] || fail DigestMismatch "The copy has the digest $source_digest, the image ${WORKER_DIGEST:-none}: it is copied again."
}

# pull_progress: a source that says nothing more, and does not close either, would hold the job for good. So would a volume that takes nothing.
pull_progress() {
  convert_progress
  local now
  now="$progress $(stat -c '%s %b' "$result" 2>/dev/null)"
  uptime_seconds
  [ "$now" = "$seen" ] || { seen=$now moved_at=$seconds; return 0; }
  [ $((seconds - moved_at)) -ge "$stall_seconds" ] || return 0
  ! waits_for_disk || fail TargetStalled "The target volume has taken nothing for $stall_seconds s: see its storage."
  fail SourceLost "The source has sent nothing for $stall_seconds s."
}

# waits_for_disk: qemu-img is held in the kernel (D), which the source, a socket, never does: the only file that it has is the target.
waits_for_disk() { cat /proc/[0-9]*/task/*/stat 2>/dev/null | grep -q '^[0-9]* (qemu-img) D '; }

pull_failed() {
  case $(cat "$run/errors") in
    *'No space left'* | *'Disk quota exceeded'* | *'while writing'*) write_failed "$run/errors" "The image cannot be written" ;;
  esac
  last_error "$run/errors"
  fail SourceLost "The source broke off: $text"
}
