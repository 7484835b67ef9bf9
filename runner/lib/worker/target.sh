# /target, where the result is made. Only two names in there mean anything: disk.qcow2, and disk.json, its record. The record is
# put in place first, so that a disk.qcow2 with its record is complete, wherever a worker was killed.
target=/target
disk=$target/disk.qcow2
record=$target/disk.json
# Each pod has names of its own: a worker that a lost node keeps alive cannot mix its file with ours.
mine=$target/$(hostname)

# keeps_result: whether the job makes a file; serve and fill do not.
keeps_result() { case $job in serve | fill) return 1 ;; esac; }

# remove_mine: what this worker leaves half done. It may have been given up by now, and another one be at work here.
remove_mine() {
  ! keeps_result || rm -rf "$mine".* 2>/dev/null
}

# remove_leftovers: what earlier workers left half done.
remove_leftovers() {
  keeps_result || return 0
  rm -rf "$target"/*.partial 2>/dev/null
  [ -e "$disk" ] || rm -f "$record" 2>/dev/null
}

# make_target: ends at once where the work is done already.
make_target() {
  keeps_result || return 0
  [ -d "$target" ] && [ -w "$target" ] || fail TargetFailed "The target volume cannot be written by uid $(id -u): see its storage class and its fsGroup."
  if [ -e "$disk" ]; then
    if is_result; then remove_leftovers; end_complete; fi
    if [ ! -e "$record" ]; then refuse TargetFailed "The target volume holds a disk.qcow2 that no worker made: empty the volume, or use another."; fi
    rm -f "$disk" "$record" || fail TargetFailed "An old disk.qcow2 cannot be removed from the target volume."
  fi
  remove_leftovers
}

# is_result: disk.qcow2 is what its record says, and comes from the source that is wanted now.
is_result() {
  local size source
  size=$(jq -r .size "$record" 2>/dev/null)
  source=$(jq -r .sourceDigest "$record" 2>/dev/null)
  [ "$size" = "$(stat -c %s "$disk")" ] || return 1
  case ${WORKER_DIGEST-} in
    "${source%%:*}":*) [ "$source" = "$WORKER_DIGEST" ] ;;
    *) return 0 ;;
  esac
}

# write_failed FILE WHAT: ends the job after a failed write, by its errors.
write_failed() {
  case $(cat "$1" 2>/dev/null) in
    *'No space left'* | *'Disk quota exceeded'* | *'File too large'*) no_space ;;
  esac
  last_error "$1"
  fail TargetFailed "$2: $text"
}
made_of='' # what else takes room meanwhile, for the message
no_space() {
  fail NoSpace "The target volume is full, with $(mib "$(($(df -P -k "$target" | tail -n 1 | tr -s ' ' | cut -d' ' -f2) * 1024))") in all$made_of: ask for a larger one."
}
