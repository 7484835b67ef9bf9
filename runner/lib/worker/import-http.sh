# WORKER_URL becomes the image.
obtain() {
  local starts=0
  [ -n "${WORKER_URL-}" ] || refuse SourceMissing "WORKER_URL is not set."
  choose_digest
  set_bound
  while :; do
    tell Downloading
    find_file "$WORKER_URL"
    [ "$total" = null ] || [ "$total" -le "$bound" ] || refuse ImageTooLarge "$shown_url has $(mib "$total"); at most $(mib "$WORKER_MAX_BYTES") are allowed here."
    take_stream feed_file "$mine.content.partial" && break
    starts=$((starts + 1))
    [ "$starts" -lt 3 ] || { { read -r _; read -r reason; read -r message; } <"$run/verdict"; fail "$reason" "$message"; }
  done
  judge "$mine.content.partial" "${shown_url##*/}"
  convert_image yes
}
