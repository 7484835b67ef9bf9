# What a worker tells: the file, the port and the termination message of a machine's pod, with fields of its own.
control_services=''
offers_disks=''

# tell PHASE: begins a phase; its figures are not known yet.
tell() {
  now=$1 bytes=0 total=null progress=null
  show
}

# show: `bytes` done of `total`, and `progress` in percent; null for what is not known.
show() {
  put_state "$now" "{\"phase\":\"$now\",\"reason\":\"\",\"message\":\"\",\"progress\":$progress,\"bytes\":${bytes:-0},\"totalBytes\":$total}"
}

# percent: sets `progress` from `bytes` and `total`.
percent() {
  progress=null
  [ "$total" = null ] || [ "$total" -le 0 ] || progress=$((bytes * 100 / total))
  [ "$progress" = null ] || [ "$progress" -le 100 ] || progress=100
}

# plain TEXT: sets `text` to what may stand in a message: one line, no control characters, not endless.
plain() { text=$(printf %s "$1" | tr '\n\t' '  ' | tr -cd ' -~' | cut -c1-600); }

# refuse REASON MESSAGE: the content or its address can't be used; trying again is of no use. fail: it may heal.
# What is not the file that was wanted is called so first.
refuse() {
  [ -z "${wanted-}" ] || settle_digest
  give_up 2 "$@"
}
fail() { give_up 1 "$@"; }
give_up() {
  plain "$3"
  remove_mine
  finish "$1" "$2" "$text"
}

# note CODE REASON MESSAGE: what a part of a pipeline found out; the job's own shell reads it with `noted`.
note() { printf '%s\n' "$@" >"$run/verdict"; }

# noted: gives up as the note says, if there is one.
noted() {
  [ -s "$run/verdict" ] || return 0
  local code reason
  { read -r code; read -r reason; read -r message; } <"$run/verdict"
  give_up "$code" "$reason" "$message"
}

# mebibytes are for people: sizes in messages.
mib() { echo "$((($1 + 1048575) / 1048576)) MiB"; }
