# A stream becomes a file: counted, digested, decompressed by what it is, bounded, with holes.

# The bound on a stream: the largest disk, and what a full qcow2 of that size needs for its tables.
set_bound() {
  bound=$((1 << 60))
  [ "${WORKER_MAX_BYTES:-0}" -le 0 ] || bound=$((WORKER_MAX_BYTES + WORKER_MAX_BYTES / 64 + 4194304))
}

# look_at_first: sets `compression` from stdin's first bytes, which it leaves in $run/first.
look_at_first() {
  dd bs=1 count=16 of="$run/first" 2>/dev/null
  compression_of "$(first_bytes "$run/first" 16)"
  echo "$compression" >"$run/compression"
}

# unpack: the first bytes and the rest of stdin, decompressed; memory is limited, whatever the stream asks for.
unpack() {
  case $compression in
    gzip) cat "$run/first" - | gzip -dc ;;
    xz) cat "$run/first" - | xz -dc -T1 -M80MiB ;;
    zstd) cat "$run/first" - | zstd -dc -q -M80MB ;;
    bzip2) cat "$run/first" - | bzip2 -dc ;;
    *) cat "$run/first" - ;;
  esac
}

# take_stream FEED FILE: runs FEED, a function that prints the stream, until FILE holds what `unpacker` makes of it. The stream must have the digest
# `wanted`, if that is not empty; sets `found_digest`. Returns 1 where the feed asks for a new start.
unpacker=unpack
take_stream() {
  local rc_tally rc_unpack rc_store
  rm -f "$run"/verdict "$run"/rc.* "$run"/digest.pipe "$run"/count
  mkfifo "$run/digest.pipe"
  "${algorithm}sum" <"$run/digest.pipe" >"$run/digest" &
  digester=$!
  {
    "$1" |
      { "$lib/tally" "$run/count" "$run/digest.pipe" "$bound"; echo $? >"$run/rc.tally"; } |
      store_unpacked "$2"
  } &
  follow $! stream_progress
  stream_progress; show
  read -r rc_store <"$run/rc.store"; read -r rc_unpack <"$run/rc.unpack"; read -r rc_tally <"$run/rc.tally"
  case $rc_store in
    0) ;;
    27) too_much ;;
    28) no_space ;;
    *) write_failed "$run/errors.store" "The download cannot be written" ;;
  esac
  [ "$rc_tally" -ne 27 ] || too_much
  if [ -s "$run/verdict" ]; then
    read -r verdict <"$run/verdict"
    [ "$verdict" != again ] || return 1
    noted
  fi
  wait "$digester"
  read -r digest _ <"$run/digest"
  found_digest=$algorithm:$digest
  check_digest "$found_digest"
  read -r compression <"$run/compression"
  # gzip says 2 of garbage after the end.
  case $compression/$rc_unpack in
    */0 | gzip/2) return 0 ;;
  esac
  case $(cat "$run/errors.unpack") in
    *[Mm]emory*) refuse UnknownFormat "Unpacking the file ($compression) needs more than 80 MB of memory: pack it with a smaller window or dictionary." ;;
  esac
  last_error "$run/errors.unpack"
  refuse FormatMismatch "The compressed data is damaged: $text"
}

# store_unpacked FILE: stdin through the unpacker to the file. What is not packed is spared the way through another process.
store_unpacked() {
  echo 0 >"$run/rc.unpack"
  : >"$run/errors.unpack"
  look_at_first
  if [ "$unpacker/$compression" = unpack/ ]; then
    "$lib/store" "$1" "$bound" "$run/first" 2>"$run/errors.store"
  else
    { "$unpacker" 2>"$run/errors.unpack"; echo $? >"$run/rc.unpack"; } | "$lib/store" "$1" "$bound" 2>"$run/errors.store"
  fi
  echo $? >"$run/rc.store"
}

too_much() {
  refuse ImageTooLarge "The file holds more than $(mib "$WORKER_MAX_BYTES") when it is unpacked, which is the most that is allowed here."
}

stream_progress() {
  [ -s "$run/count" ] && read -r bytes <"$run/count"
  percent
}

# last_verdict: gives up with the reason for which a new start was asked.
last_verdict() {
  local reason
  { read -r _; read -r reason; read -r message; } <"$run/verdict"
  fail "$reason" "$message"
}

# choose_digest: sets `wanted`, and the algorithm: SHA-256 where no digest is wanted.
choose_digest() {
  wanted=$(echo "${WORKER_DIGEST-}" | tr A-F a-f)
  algorithm=${wanted%%:*}
  case $algorithm:$(echo "${wanted#*:}" | tr -d 0-9a-f | wc -c):${#wanted} in
    :1:0) algorithm=sha256 ;;
    sha256:1:71 | sha512:1:135) ;;
    *) refuse DigestMismatch "The digest \"$WORKER_DIGEST\" is neither sha256: with 64 hexadecimal digits nor sha512: with 128." ;;
  esac
}

# check_digest FOUND
check_digest() {
  [ -z "$wanted" ] || [ "$1" = "$wanted" ] || refuse DigestMismatch "What came has the digest $1, not $wanted: see which of both is right."
}

# begin_digest FILE: takes `found_digest` while the file is judged and converted; settle_digest waits for it, and checks it.
digest_of=''
begin_digest() {
  total=$(stat -L -c %s "$1")
  "${algorithm}sum" "$1" >"$run/digest" 2>"$run/errors.digest" &
  reader=$! digest_of=${1##*/}
}
settle_digest() {
  local name=$digest_of digest
  [ -n "$name" ] || return 0
  digest_of=''
  follow "$reader" read_progress || fail SourceLost "$name cannot be read: $(tail -n 1 "$run/errors.digest")"
  read -r digest _ <"$run/digest"
  found_digest=$algorithm:$digest
  check_digest "$found_digest"
}

# is_plain_qcow2: what begins like this is not packed, and has no holes to spare: no process has to stand between the server and the file.
is_plain_qcow2() { case $(first_bytes "$run/start" 16) in 514649fb*) return 0 ;; *) return 1 ;; esac }

# take_whole FILE: the download, byte for byte. Returns 1 where a new start is asked for.
take_whole() {
  local rc
  whole=$1
  rm -f "$run/verdict"
  # What is larger than the bound cannot be written. A shell counts in blocks of 512 bytes.
  (
    trap '' XFSZ
    ulimit -f $((bound / 512 + 1))
    feed_file
  ) >"$whole" 2>"$run/errors" &
  follow $! whole_progress
  rc=$?
  whole_progress; show
  if [ -s "$run/verdict" ]; then
    read -r verdict <"$run/verdict"
    [ "$verdict" != again ] || return 1
    noted
  fi
  [ "$rc" -eq 0 ] && [ "$bytes" -le "$bound" ] && return 0
  [ "$bytes" -lt "$bound" ] || too_much
  # curl does not say why it could not write; one block more does.
  dd if=/dev/zero bs=65536 count=16 2>"$run/errors" >>"$whole" && : >"$run/errors"
  write_failed "$run/errors" "The download cannot be written"
}
whole_progress() { bytes=$(stat -c %s "$whole"); percent; }

# take_upload FILE NAME: a whole file on the target volume, as it was sent, becomes `result`.
take_upload() {
  compression_of "$(first_bytes "$1" 16)"
  if [ -z "$compression" ]; then
    mv "$1" "$mine.content.partial"
    begin_digest "$mine.content.partial"
  else
    tell Converting
    upload=$1
    take_stream feed_upload "$mine.content.partial"
    rm -f "$1"
  fi
  finish_content "$mine.content.partial" "$2"
  settle_digest
  source_digest=$found_digest
}
feed_upload() { cat "$upload"; }

# finish_content FILE NAME: judged, then converted or kept.
finish_content() {
  judge "$1" "$2"
  convert_image yes
}
