# Lines that others write into a pipe, none of them lost and none cut in two.
partial='' # what has come of the next line

# next_line SECONDS: sets `line` to the next line of descriptor 3; fails when nothing comes for that long, or a signal does. Byte by byte: what a
# `read` has of a line when its time is over, or a child dies, is thrown away, and the rest of the line comes as another.
next_line() {
  local byte
  while IFS= read -r -n 1 -t "$1" -u 3 byte; do
    [ -n "$byte" ] || { line=$partial partial=''; return 0; }
    partial=$partial$byte
  done
  return 1
}
