# tar runs this for each file that fits, with the file on stdin: the first one goes on, another is noted.
if [ -e "$run/picked" ]; then
  : >"$run/picked-more"
  exec cat >/dev/null
fi
echo "${TAR_FILENAME##*/}" | tr -cd 'A-Za-z0-9._-' >"$run/picked"
exec cat
