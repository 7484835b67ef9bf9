# The common end of all jobs: the file is checked, reaches the disk, gets its digest and its record, and only then its name.

publish() {
  tell Checking
  local size digest virtual checker syncer
  size=$(stat -c %s "$result")
  total=$size
  # All at once: one waits for the disk, one for the processor.
  sync "$result" 2>"$run/errors.sync" &
  syncer=$!
  image_work check -q -f qcow2 "$result" >"$run/errors.check" 2>&1 &
  checker=$!
  sha256sum "$result" >"$run/sha256" 2>"$run/errors" &
  reader=$!
  follow "$reader" read_progress || write_failed "$run/errors" "The image cannot be read back"
  follow "$checker" || { last_error "$run/errors.check"; fail TargetFailed "The image was written, but reads wrong: $text"; }
  follow "$syncer" || write_failed "$run/errors.sync" "The image does not reach the disk"
  virtual=$(image_tool info -f qcow2 --output=json "$result" | jq '."virtual-size"')
  read -r digest _ <"$run/sha256"

  tell Publishing
  echo "{\"reason\":\"Complete\",\"message\":\"\",\"sha256\":\"$digest\",\"size\":$size,\"virtualSize\":$virtual,\"format\":\"qcow2\",\"sourceDigest\":\"${source_digest-}\"}" \
    >"$mine.record.partial" 2>"$run/errors" || write_failed "$run/errors" "The record cannot be written"
  busybox chmod 0644 "$result" "$mine.record.partial"
  sync "$mine.record.partial" 2>"$run/errors" || write_failed "$run/errors" "The record does not reach the disk"
  put_in_place "$mine.record.partial" "$record"
  put_in_place "$result" "$disk"
  end_complete
}

# put_in_place FROM TO: the directory reaches the disk too, so that the order of the names holds after a power cut. Nothing that is published
# is ever replaced: VMs may have it, and its digest is known.
put_in_place() {
  "$lib/place" "$1" "$2" 2>"$run/errors"
  case $? in
    0) sync "$target" 2>"$run/errors" && return ;;
    3) outrun "$2" ;;
  esac
  write_failed "$run/errors" "${2##*/} cannot be put in place"
}

# outrun NAME: another worker of this volume was first with this name, one that a lost node kept alive or the one that took its place. It may
# be about to put its disk in place. What it made counts, if it is what was asked for.
outrun() {
  local until
  uptime_seconds
  until=$((seconds + 30))
  while [ ! -e "$disk" ] && [ "$seconds" -lt "$until" ]; do
    pause 0.2
    uptime_seconds
  done
  if [ "$1" = "$record" ]; then
    if [ -e "$disk" ] && is_result; then end_complete; fi
  else
    # The record is ours, and stays only with the very same content.
    [ "$(sha256sum <"$disk")" != "$digest  -" ] || end_complete
    rm -f "$record"
  fi
  fail TargetFailed "Another worker has put an image in place on the target volume, and it is not the one that was asked for, or not whole: empty the volume, or use another."
}

end_complete() {
  remove_mine
  echo "worker: Complete" >&2
  end 0 "$(cat "$record")"
}
