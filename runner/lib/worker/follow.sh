# Waiting for what runs in the background, with the state kept up and the deadline watched.

begin_deadline() {
  uptime_seconds
  deadline=''
  [ "${WORKER_DEADLINE_SECONDS:-0}" -le 0 ] || deadline=$((seconds + WORKER_DEADLINE_SECONDS))
}

check_deadline() {
  [ -n "$deadline" ] || return 0
  uptime_seconds
  [ "$seconds" -lt "$deadline" ] || fail DeadlineExceeded "The job was not done within $WORKER_DEADLINE_SECONDS s: raise the deadline, or find out what is slow."
}

stopped() { fail Terminated "The worker was told to stop."; }

# follow PID [LOOK]: until the process ends; LOOK, a function, sets the state's figures now and then. Returns the process' exit code.
follow() {
  while alive "$1"; do
    if [ -n "${2-}" ]; then "$2"; show; fi
    keep_helpers
    check_deadline
    pause 0.2
  done
  wait "$1"
}

# image_work ARG...: qemu-img for what takes long: its address space is limited, its time by the deadline alone.
image_work() {
  (
    ulimit -v 4194304
    export MALLOC_ARENA_MAX=1
    exec qemu-img "$@"
  )
}

# last_error FILE: sets `text` to the last line of a program's errors, without the program's name and file.
last_error() { plain "$(tail -n 1 "$1" 2>/dev/null)"; text=${text#qemu-img: }; }

# read_progress: how far the program `reader` has read its one file, of `total`.
read_progress() {
  local field at=''
  # A program that is about to end has the file closed: then nothing is read, and what is known stays.
  { read -r field at <"/proc/$reader/fdinfo/3"; } 2>/dev/null
  [ -n "$at" ] || return 0
  bytes=$at
  percent
}
