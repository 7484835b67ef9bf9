# A file from an HTTP server, as a stream: redirects one by one, broken transfers taken up where they broke.
most_redirects=10
most_tries=4 # in a row, without a byte

# shown URL: sets `text` to the URL without what may be secret in it.
shown() {
  plain "${1%%\?*}"
  case $text in *://*@*) text="${text%%://*}://${text#*@}" ;; esac
}

# find_file URL: sets `file_url`, where the redirects end, with its `address`, `total` (bytes, or null) and `validator` (for If-Range).
# Only the first 16 bytes are asked for, and left in $run/start. `http_options` (words for curl: credentials) go to no other place than the first.
# Where a redirect ends may be good for a while only, so each try begins at the first URL. `http_sign_in`, a function, is called once where that place
# answers 401 (it has `http_options` renewed).
http_sign_in=''
find_file() {
  local hops=0 tries=0 code next first_place='' first_options=$http_options may_sign_in=$http_sign_in final
  file_url=$1
  while :; do
    shown "$file_url"; shown_url=$text
    code=000
    if admit "$file_url"; then
      first_place=${first_place:-$place}
      [ "$place" = "$first_place" ] || http_options=''
      for address in $addresses; do
        : >"$run/headers"
        browse --connect-to "::$address:" -r 0-15 -D "$run/headers" --max-time 60 -w "%output{$run/answer}%{http_code} %{redirect_url}" \
          $http_options -- "$file_url" 2>"$run/errors" | head -c 16 >"$run/start"
        read -r code next <"$run/answer"
        [ "$code" = 000 ] || break
      done
      last_error "$run/errors"; message="$shown_url does not answer: ${text#curl: }"
    fi
    case $code in
      200 | 206 | 416) break ;;
      301 | 302 | 303 | 307 | 308)
        hops=$((hops + 1))
        [ "$hops" -le "$most_redirects" ] || refuse HTTPError "$shown_url redirects more than $most_redirects times."
        [ -n "$next" ] || refuse HTTPError "$shown_url redirects to nowhere."
        case $file_url/$next in
          [hH][tT][tT][pP][sS]:*/[hH][tT][tT][pP]:*) [ -n "${WORKER_DIGEST-}" ] || refuse HTTPError "$shown_url redirects from https to http: give a digest, or another address." ;;
        esac
        file_url=$next
        continue ;;
    esac
    if [ "$code" = 401 ] && [ "$place" = "$first_place" ] && [ -n "$may_sign_in" ]; then
      may_sign_in=''
      "$http_sign_in"
      first_options=$http_options
      continue
    fi
    final=''
    http_verdict "$code" && final=2
    [ -z "$final" ] || [ "$hops" -gt 0 ] || refuse HTTPError "$message"
    tries=$((tries + 1))
    [ "$tries" -lt "$most_tries" ] || give_up "${final:-1}" HTTPError "$message"
    wait_for_server "$tries"
    file_url=$1 hops=0 http_options=$first_options
  done
  read_headers "$code"
}

# http_verdict STATUS: 0 and `message` where the answer is final; 1 where it may be tried again.
http_verdict() {
  case $1 in
    000) return 1 ;;
    408 | 425 | 429 | 5??) message="$shown_url answers with HTTP status $1."; return 1 ;;
    401 | 403) message="$shown_url answers with HTTP status $1: it wants credentials, or none may read it." ;;
    *) message="$shown_url answers with HTTP status $1." ;;
  esac
}

# seconds_before TRY: sets `seconds`: 1, 2, 4 with the default.
seconds_before() { seconds=$((${WORKER_RETRY_SECONDS:-1} << ($1 - 1))); }

wait_for_server() { seconds_before "$1"; pause "$seconds"; check_deadline; keep_helpers; }

# header NAME: sets `value` to that of the last answer.
header_of() { value=$(tr -d '\r' <"$run/headers" | sed -n "s/^$1:[[:space:]]*//Ip" | tail -n 1); }

read_headers() {
  total=null validator=''
  if [ "$1" = 206 ]; then
    header_of content-range
    case ${value##*/} in '' | *[!0-9]*) ;; *) total=${value##*/} ;; esac
  elif [ "$1" = 200 ]; then
    header_of content-length
    case $value in '' | *[!0-9]*) ;; *) total=$value ;; esac
  fi
  header_of etag
  case $value in \"*\") validator=$value ;; *) header_of last-modified; validator=$value ;; esac
}

# feed_file: the file on stdout; a part of a pipeline. Leaves a note where it fails; `again` in it asks for a new start.
feed_file() {
  local offset=0 tries=0 code got rc
  trap - CHLD
  while :; do
    set --
    [ "$offset" -eq 0 ] || set -- -C "$offset"
    [ "$offset" -eq 0 ] || [ -z "$validator" ] || set -- "$@" -H "If-Range: $validator"
    : >"$run/answer"
    browse --connect-to "::$address:" --fail --speed-limit 1 --speed-time 60 -w "%output{$run/answer}%{http_code} %{size_download}" "$@" \
      $http_options -- "$file_url" 2>"$run/errors.http"
    rc=$?
    read -r code got <"$run/answer"
    offset=$((offset + ${got:-0}))
    [ "${got:-0}" -eq 0 ] || tries=0
    message="$shown_url broke off after $offset bytes."
    case $rc/$code in
      0/20?) [ "$total" = null ] || [ "$offset" -ge "$total" ] || rc=18
        [ "$rc" -ne 0 ] || return 0 ;;
      0/3??) note again HTTPError "$shown_url redirects and does not redirect, by turns."; return 1 ;;
      23/*) return 1 ;; # the next in the pipeline is gone, and says why
      33/* | 36/* | 22/416) note again Truncated "$message The server cannot take it up from there."; return 1 ;;
      # It was handed out a moment ago: the address was good for so long only, and the first one may lead to it again.
      22/*) if http_verdict "$code"; then note again HTTPError "$message"; return 1; fi ;;
    esac
    # Another file would be joined to this one, and nothing would tell.
    if [ "$offset" -gt 0 ] && [ -z "$validator$wanted" ]; then
      note again Truncated "$message The server gives neither a strong ETag nor Last-Modified, so that it cannot be taken up from there: give a digest."
      return 1
    fi
    tries=$((tries + 1))
    if [ "$tries" -ge "$most_tries" ]; then
      [ "$offset" -gt 0 ] && note 1 Truncated "$message" || note 1 HTTPError "$message"
      return 1
    fi
    seconds_before "$tries"
    sleep "$seconds"
  done
}
