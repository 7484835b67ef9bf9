# What the pod tells the outside: /run/vm/state (one line of JSON, replaced whole), the flag files that the probe port
# serves, the termination message.

# clean_run: /run/vm outlives the container's restarts; nothing in it is of use to the next machine.
clean_run() {
  rm -rf "$run"/* 2>/dev/null
  mkdir -p "$run/www" && mkfifo "$run/pause"
  accelerator='' accel_why='' guest='' phase='' reason='' message=''
}

# quoted TEXT: sets `json` to TEXT as the inside of a JSON string.
quoted() {
  json=${1//\\/\\\\}
  json=${json//\"/\\\"}
}

# state PHASE [REASON [MESSAGE]]: the state of a machine.
state() {
  quoted "${3-}"
  put_state "$1" "{\"phase\":\"$1\",\"reason\":\"${2-}\",\"message\":\"$json\",\"accelerator\":\"$accelerator\",\"acceleratorReason\":\"$accel_why\",\"guest\":\"$guest\",\"rebooted\":${rebooted:-0},\"reset\":${reset:-0},\"unresponsive\":${unresponsive:-0},\"agent\":${agent_open:-false}}"
}

# put_state PHASE JSON: writes nothing when nothing has changed.
put_state() {
  [ "$2" != "${written-}" ] || return 0
  [ "$1" = "$phase" ] || echo "${0##*/}: $2" >&2
  phase=$1 written=$2
  echo "$2" >"$run/state.new" && mv "$run/state.new" "$run/state"
}

flag() { : >"$run/www/$1"; }
unflag() { rm -f "$run/www/$1"; }

# finish CODE REASON MESSAGE: ends the container.
finish() {
  quoted "$3"
  echo "${0##*/}: $2: $3" >&2
  end "$1" "{\"reason\":\"$2\",\"message\":\"$json\"}"
}
# end CODE JSON
end() {
  { echo "$2" >/dev/termination-log; } 2>/dev/null
  exit "$1"
}
fail() { finish 1 "$@"; }

# pause SECONDS: sleeps without a process, and wakes for a signal.
pause() { read -r -t "$1" _ <>"$run/pause"; }
