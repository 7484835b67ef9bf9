# A registry's API: where a name leads, who may read it, its manifest.
manifest_kinds='application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json'
largest_document=4194304

# read_image_name: WORKER_OCI_IMAGE, [http://]HOST[:PORT]/REPOSITORY[:TAG][@DIGEST], as `registry` (a URL), `repository` and `reference`.
read_image_name() {
  local rest=${WORKER_OCI_IMAGE-} scheme=https host
  case $rest in
    http://*) scheme=http rest=${rest#http://} ;;
    https://* | docker://* | oci://*) rest=${rest#*://} ;;
  esac
  image_name=$rest
  case $rest in *[!A-Za-z0-9._:/@[\]-]* | '') refuse SourceMissing "\"$rest\" is no image's name." ;; esac
  case ${rest%%/*} in
    "$rest") host=docker.io rest=library/$rest ;;
    *.* | *:* | localhost) host=${rest%%/*} rest=${rest#*/} ;;
    *) host=docker.io ;;
  esac
  [ "$host" != docker.io ] || host=registry-1.docker.io
  credentials_for=$host
  reference=latest
  case $rest in
    *@*) reference=${rest#*@} rest=${rest%%@*} rest=${rest%%:*} ;;
    *:*) reference=${rest##*:} rest=${rest%:*} ;;
  esac
  registry=$scheme://$host repository=$rest registry_options=''
}

architecture=amd64 # that of the guests, whatever the node's is

# find_manifest: $run/manifest is that of the guests' architecture; `manifest_digest` that of what was named.
find_manifest() {
  local of
  get_manifest "$reference"
  manifest_digest=$document_digest
  [ -z "${WORKER_DIGEST-}" ] || wanted=$WORKER_DIGEST check_digest "$manifest_digest"
  of=$(jq -r --arg architecture "$architecture" '[.manifests // [] | .[] | select((.platform // {os: "linux", architecture: $architecture}) | .os == "linux" and .architecture == $architecture)][0].digest // empty' "$run/manifest")
  if [ "$(jq 'has("manifests")' "$run/manifest")" = true ]; then
    [ -n "$of" ] || refuse SourceMissing "$image_name is not there for linux/$architecture."
    get_manifest "$of"
  fi
  [ "$(jq -r '.layers | type' "$run/manifest")" = array ] || refuse UnknownFormat "$image_name has a manifest of a kind that is not known."
}

# get_manifest TAG|DIGEST: a digest is checked. Sets `document_digest`.
get_manifest() {
  local url=$registry/v2/$repository/manifests/$1
  get_document "$url" "$run/manifest" -H "Accept: $manifest_kinds" $registry_options
  if [ "$code" = 401 ]; then
    sign_in
    get_document "$url" "$run/manifest" -H "Accept: $manifest_kinds" $registry_options
  fi
  case $code in
    200) ;;
    401 | 403) refuse Unauthorized "$image_name may not be read: give credentials for $credentials_for, or see the name." ;;
    404) refuse SourceMissing "$image_name is not there." ;;
    *) fail HTTPError "$shown_url answers with HTTP status $code." ;;
  esac
  read -r document_digest _ <<-END
	$(sha256sum "$run/manifest")
	END
  document_digest=sha256:$document_digest
  case $1 in
    sha256:*) wanted=$1 check_digest "$document_digest" ;;
    *:*) refuse DigestMismatch "$image_name is named by a digest of a kind that is not known: use sha256." ;;
  esac
  jq -e 'type == "object"' "$run/manifest" >/dev/null 2>&1 || fail HTTPError "$shown_url answers, but not with a manifest."
}

# get_document URL FILE CURL-ARGUMENT...: a small answer, whatever its status, which `code` holds. Redirects are not followed.
get_document() {
  local url=$1 file=$2 tries=1
  shift 2
  shown "$url"; shown_url=$text
  while :; do
    code=000
    if admit "$url"; then
      for address in $addresses; do
        browse --connect-to "::$address:" --max-time 60 --max-filesize "$largest_document" -D "$run/headers" -o "$file" \
          -w "%output{$run/answer}%{http_code}" "$@" -- "$url" 2>"$run/errors"
        read -r code <"$run/answer" || [ -n "$code" ]
        [ "$code" = 000 ] || break
      done
      last_error "$run/errors"; message="$shown_url does not answer: ${text#curl: }"
    fi
    case $code in 000 | 429 | 5??) ;; *) return 0 ;; esac
    [ "$code" = 000 ] || message="$shown_url answers with HTTP status $code."
    [ "$tries" -lt "$most_tries" ] || fail HTTPError "$message"
    wait_for_server "$tries"
    tries=$((tries + 1))
  done
}

# sign_in: as the answer's WWW-Authenticate asks. The credentials stand in files, not among the words of a command.
sign_in() {
  local challenge realm service scope token
  header_of www-authenticate; challenge=$value
  find_credentials
  case $challenge in
    [Bb]asic*)
      [ -n "$basic" ] || return 0
      (umask 077; echo "Authorization: Basic $basic" >"$run/authorization") ;;
    [Bb]earer*)
      realm=$(parameter realm) service=$(parameter service) scope=$(parameter scope)
      set --
      if [ -n "$basic" ]; then
        (umask 077; echo "Authorization: Basic $basic" >"$run/authorization")
        set -- -H "@$run/authorization"
      fi
      get_document "$realm?$(query service "$service")&$(query scope "${scope:-repository:$repository:pull}")" "$run/token" "$@"
      [ "$code" = 200 ] || refuse Unauthorized "$shown_url gives no token for $image_name (HTTP status $code): see the credentials for $credentials_for."
      token=$(jq -r '.token // .access_token // empty' "$run/token" 2>/dev/null | tr -d '\r\n')
      [ -n "$token" ] || refuse Unauthorized "$shown_url gives no token for $image_name."
      (umask 077; echo "Authorization: Bearer $token" >"$run/authorization") ;;
    *) refuse Unauthorized "$credentials_for asks for a kind of sign-in that is not known." ;;
  esac
  registry_options="-H @$run/authorization"
}

# parameter NAME: of the challenge, NAME="VALUE".
parameter() { echo "$challenge" | sed -n "s/.*[ ,]$1=\"\([^\"]*\)\".*/\1/p"; }
# query NAME VALUE: VALUE as part of a URL.
query() { jq -rn --arg name "$1" --arg value "$2" '"\($name)=\($value | @uri)"'; }

# find_credentials: sets `basic`, USER:PASSWORD in base64, from what `docker login` writes.
find_credentials() {
  local file=/auth/.dockerconfigjson name=$credentials_for
  basic=''
  [ -r "$file" ] || return 0
  [ "$name" != registry-1.docker.io ] || name=docker.io
  basic=$(jq -r --arg name "$name" '
    .auths // {} | to_entries
    | map(select((.key | sub("^https?://"; "") | sub("/.*$"; "")) as $host | $host == $name or ($name == "docker.io" and $host == "index.docker.io")))
    | .[0].value // {} | .auth // (if .username then "\(.username):\(.password)" | @base64 else "" end)' "$file") || refuse Unauthorized "The secret .dockerconfigjson is not what docker login writes."
}
