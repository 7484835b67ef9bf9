# A disk of another claim, mounted read-only at /source, becomes the image.
obtain() {
  choose_digest
  tell Preparing
  find_source
  [ -z "$wanted" ] || begin_digest "$source"
  judge "$source" "${source##*/}"
  convert_image no
  [ -z "$wanted" ] || { settle_digest; source_digest=$found_digest; }
}

# find_source: sets `source`.
find_source() {
  local real
  for source in /source/disk.qcow2 /source/disk.img; do
    [ -e "$source" ] || [ -L "$source" ] || continue
    real=$(readlink -f "$source")
    case $real in /source/*) ;; *) refuse SourceMissing "${source##*/} is a link that leads out of the claim: put the image itself there." ;; esac
    [ -f "$real" ] || refuse SourceMissing "${source##*/} is not a regular file: put an image there."
    [ -r "$real" ] || refuse SourceMissing "${source##*/} cannot be read by uid $(id -u): give it mode 0644, or group $(id -g)."
    return 0
  done
  fail SourceMissing "The claim holds neither disk.qcow2 nor disk.img at its top: put the image there."
}
