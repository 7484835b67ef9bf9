# The image of a claim, mounted read-only at /source, is written to an empty disk that another pod exports, WORKER_NBD. Nothing is kept here.
. "$lib/lib/worker/nbd.sh"
. "$lib/lib/worker/import-claim.sh"

obtain() {
  need_keys
  find_source
  judge "$source" "${source##*/}"
  open_far_disk
  tell Preparing
  find_export
  tell Converting
  # The disk is empty, and takes whole clusters of 64 KiB, each once: they are compressed there.
  image_work convert -p -n --target-is-zero -S 64k -m 8 --target-image-opts "$(opened_as)" "$disk_there" >"$run/progress" 2>"$run/errors" &
  follow $! convert_progress || fill_failed
  finish 0 Filled ''
}

fill_failed() {
  case $(cat "$run/errors") in
    *'No space left'*)
      refuse NoSpace "$name does not fit into the room that the VM has for it, $(mib "${WORKER_ROOM_BYTES:-0}"), compressed as it is there; its file takes $(mib "$(stat -L -c %s "$source")")." ;;
    *'smaller than'*)
      refuse ImageTooLarge "$name is a disk of $(mib "$virtual_size"), and that of the VM is smaller." ;;
  esac
  last_error "$run/errors"
  fail SourceLost "The VM's end broke off: $text"
}
