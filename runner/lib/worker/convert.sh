# The image becomes a flat, uncompressed qcow2, or stays what it is where it is one.
result=$mine.result.partial

# convert_image REMOVE: from `content` to `result`; the content is removed when REMOVE is yes.
convert_image() {
  tell Converting
  if [ -n "$kept" ] && [ "$1" = yes ]; then
    mv "$content" "$result" || fail TargetFailed "The image cannot be renamed on the target volume."
    return
  fi
  made_of=''
  [ "$1" != yes ] || made_of=", $(mib "$(($(du -k "$content" | cut -f1) * 1024))") of which the file takes that the image is made of"
  image_work convert -p -m 8 -O qcow2 -o compat=1.1 "$(opened_as)" "$result" >"$run/progress" 2>"$run/errors" &
  follow $! convert_progress || convert_failed "$1"
  [ "$1" != yes ] || rm -f "$content"
}

# convert_failed REMOVE: a source that is not ours may be what failed.
convert_failed() {
  case $1/$(cat "$run/errors") in
    no/*'while reading'* | no/*'Could not open'*)
      last_error "$run/errors"
      fail SourceLost "$name cannot be read: ${text##*: }" ;;
  esac
  write_failed "$run/errors" "The image cannot be converted"
}

# opened_as: the content with its format, and with no way to another file.
opened_as() {
  local alone=''
  case $format in qcow2 | vmdk) alone='"backing":null,' ;; esac
  echo "json:{\"driver\":\"$format\",$alone\"file\":{\"driver\":\"file\",\"filename\":\"$content\"}}"
}

# convert_progress: qemu-img prints (12.00/100%) again and again.
convert_progress() {
  local said
  said=$(tail -c 24 "$run/progress")
  said=${said##*(}
  said=${said%%.*}
  case $said in '' | *[!0-9]*) ;; *) progress=$said bytes=$((virtual_size / 100 * said)) total=$virtual_size ;; esac
}
