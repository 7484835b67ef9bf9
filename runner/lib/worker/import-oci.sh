# The disk in a container image (/disk/FILE in one of its layers, a containerDisk) becomes the image.
. "$lib/lib/worker/registry.sh"

obtain() {
  local layer
  choose_digest
  set_bound
  tell Downloading
  read_image_name
  find_manifest
  for layer in $(jq -r '[.layers[].digest] | reverse[]' "$run/manifest"); do
    take_layer "$layer" && break
  done
  [ -e "$run/picked" ] || refuse SourceMissing "$image_name has no file in /disk: it must be a containerDisk."
  source_digest=$manifest_digest
  finish_content "$mine.content.partial" "$(cat "$run/picked")"
}

# take_layer DIGEST: 0 if the disk was in it.
take_layer() {
  local starts=0
  wanted=$1
  unpacker=pick_disk http_sign_in=renew_token
  case $1 in sha256:* | sha512:*) algorithm=${1%%:*} ;; *) refuse DigestMismatch "$image_name has a layer with the digest \"$1\", of no known kind." ;; esac
  while :; do
    rm -f "$run/picked" "$run/picked-more"
    http_options=$registry_options
    find_file "$registry/v2/$repository/blobs/$1"
    take_stream feed_file "$mine.content.partial" && break
    starts=$((starts + 1))
    [ "$starts" -lt 3 ] || last_verdict
  done
  unpacker=unpack
  [ ! -e "$run/picked-more" ] || refuse UnknownFormat "$image_name has more than one file in /disk: it must be a containerDisk."
  [ -e "$run/picked" ]
}

# renew_token: a token is good for some minutes, and a layer may take longer.
renew_token() { sign_in; http_options=$registry_options; }

# pick_disk: a layer, decompressed; the one file in its /disk goes on.
pick_disk() {
  local rc
  # pick.sh gets each file on its stdin.
  unpack | run=$run tar -x --to-command="/bin/sh $lib/lib/worker/pick.sh" --wildcards --no-wildcards-match-slash \
    --exclude '.wh.*' 'disk/*' './disk/*' '/disk/*' 2>"$run/errors.tar"
  # tar counts it as an error that a pattern fits nothing.
  grep -v -e 'Not found in archive' -e 'previous errors' "$run/errors.tar" >&2 || return 0
  return 1
}
