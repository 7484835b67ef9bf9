# A machine whose overlay finds no room is stopped by QEMU with the write still to be done (werror=enospc), and loses nothing. It goes on
# when there is room: by itself, so that nobody has to come.
space_needed=16 # MiB that must be free before the machine is tried again
space_wait=2    # seconds until the next try, doubled with each that failed
space_try=''    # when the machine is tried again

# no_space OverlayFull|VolumeFull: QEMU says that a write found no room. Its STOP follows.
no_space() {
  rest_reason=$1
  [ -z "$space_try" ] || return 0
  uptime_seconds
  [ $((seconds - ${ran_since:-0})) -lt 60 ] || space_wait=2
  space_try=$((seconds + space_wait))
  [ "$space_wait" -ge 60 ] || space_wait=$((space_wait * 2))
}

# space_tick: called once a second while there is no room. A machine that the operator paused meanwhile stays paused.
space_tick() {
  [ -n "$space_try" ] && [ -z "$held" ] || return 0
  uptime_seconds
  [ "$seconds" -ge "$space_try" ] && has_space || return 0
  space_try=''
  qmp cont
}

# has_space: a quota that the file system does not show is found out by trying, and so is the room of a volume.
has_space() {
  local blocks size
  [ "$rest_reason" = OverlayFull ] && [ $((seconds - space_try)) -lt 60 ] || return 0
  read -r blocks size <<-END
	$(stat -f -c '%a %S' /overlay)
	END
  [ $((blocks * size / 1048576)) -ge $space_needed ]
}
