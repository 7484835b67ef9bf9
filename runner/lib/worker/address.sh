# Which address a URL leads to, and whether a worker may go there. curl itself takes the URL apart, so that no second reading of it
# can differ, and then connects to the address that was judged, whatever the name says by then.

# admit URL: sets `address`, the one to connect to; 0, or refuses, or 1 with `message` where the name has no address now.
admit() {
  local parts scheme host port
  parts=$(browse --unix-socket /nowhere -o /dev/null -w '%{url.scheme} %{url.host} %{url.port}' -- "$1" 2>/dev/null)
  read -r scheme host port <<-END
	$parts
	END
  case $scheme in
    http | https) ;;
    '') refuse AddressRefused "The address is no URL that curl understands." ;;
    *) refuse AddressRefused "The address has the scheme $scheme; http and https are known." ;;
  esac
  place="$scheme://$host:$port"
  addresses=$("$lib/allowed-address" "$host" ${WORKER_ALLOW_CIDRS-} 2>"$run/errors")
  case $? in
    0) return 0 ;;
    3) refuse AddressRefused "$host has the address $(head -n 1 "$run/errors"), which is not public: an admin can allow its range." ;;
    4) last_error "$run/errors"; message="$host cannot be resolved: $text."; return 1 ;;
    *) last_error "$run/errors"; refuse AddressRefused "The ranges that an admin allows are wrong: $text." ;;
  esac
}

# browse ARG...: curl that reads no settings, uses no proxy, speaks http alone and follows nothing.
browse() {
  curl -q -sS --globoff --proto =http,https --noproxy '*' --connect-timeout 15 "$@"
}
