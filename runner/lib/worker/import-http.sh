# WORKER_URL becomes the image.
obtain() {
  local starts=0
  [ -n "${WORKER_URL-}" ] || refuse SourceMissing "WORKER_URL is not set."
  choose_digest
  set_bound
  while :; do
    tell Downloading
    http_options=''
    find_file "$WORKER_URL"
    [ "$total" = null ] || [ "$total" -le "$bound" ] || refuse ImageTooLarge "$shown_url has $(mib "$total"); at most $(mib "$WORKER_MAX_BYTES") are allowed here."
    if is_plain_qcow2; then
      if take_whole "$mine.download.partial"; then
        take_upload "$mine.download.partial" "${shown_url##*/}"
        return
      fi
    else
      take_stream feed_file "$mine.content.partial" && break
    fi
    starts=$((starts + 1))
    [ "$starts" -lt 3 ] || last_verdict
  done
  source_digest=$found_digest
  finish_content "$mine.content.partial" "${shown_url##*/}"
}
