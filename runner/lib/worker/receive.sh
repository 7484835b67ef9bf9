# One upload becomes the image: PUT with the token of /auth/token, taken by nginx on a port of its own.
upload_port=10779
uploads=$mine.uploads.partial

obtain() {
  choose_digest
  set_bound
  read_token
  mkdir "$uploads" "$uploads/done" 2>"$run/errors" || write_failed "$run/errors" "The target volume takes no upload"
  write_upload_config >"$run/nginx.conf"
  tell Receiving
  start upload
  while [ ! -e "$uploads/done/disk" ]; do
    upload_progress
    keep_helpers
    check_deadline
    pause 0.2
  done
  mv "$uploads/done/disk" "$mine.upload.partial" || fail TargetFailed "The upload cannot be renamed on the target volume."
  end_uploads
  take_upload "$mine.upload.partial" "The upload"
}

# The token is written into a configuration: only what RFC 6750 lets a token hold.
read_token() {
  read -r token </auth/token 2>/dev/null || [ -n "${token-}" ] || fail SourceMissing "The secret with the upload's token is not there."
  case $token in
    *[!A-Za-z0-9._~+/=-]* | '') refuse Unauthorized "The upload's token may hold letters, digits and ._~+/=- alone." ;;
  esac
}

# The token is looked at before any of the body is read; an error's answer leaves nothing on the volume.
write_upload_config() {
  local six=''
  ! has_ipv6 || six="listen [::]:$upload_port ipv6only=on;"
  cat <<-END
	daemon off;
	worker_processes 1;
	pid $run/nginx.pid;
	error_log $run/nginx.errors notice;
	events { worker_connections 64; }
	http {
	  access_log off;
	  rewrite_log on;
	  server_tokens off;
	  default_type text/plain;
	  client_body_temp_path $uploads;
	  proxy_temp_path $run/proxy; fastcgi_temp_path $run/fastcgi; uwsgi_temp_path $run/uwsgi; scgi_temp_path $run/scgi;
	  client_max_body_size $bound;
	  client_body_timeout 60s;
	  client_header_timeout 10s;
	  limit_conn_zone \$server_port zone=uploads:32k;
	  limit_conn_status 409;
	  server {
	    listen $upload_port;
	    $six
	    root $uploads/done;
	    location / {
	      if (\$http_authorization != "Bearer $token") { return 401 "a valid token is needed\n"; }
	      if (\$request_method != PUT) { return 405 "PUT the image\n"; }
	      # What follows the ? has no meaning but in the log, where know_length finds it: a stranger does not come this far.
	      rewrite ^ /disk?\$content_length? break;
	      limit_conn uploads 1;
	      dav_methods PUT;
	      dav_access user:rw;
	    }
	  }
	}
	END
}

run_upload() {
  rm -f "$uploads"/0* # what a server that died had taken
  exec /usr/sbin/nginx -e "$run/nginx.errors" -c "$run/nginx.conf" -p "$run"
}

upload_progress() {
  received
  case $(tail -n 3 "$run/nginx.errors" 2>/dev/null) in *'No space left'* | *'Disk quota exceeded'*) know_length; no_space ;; esac
  [ "$bytes" -gt 0 ] || total=null
  [ "$total" != null ] || [ "$bytes" -eq 0 ] || know_length
  percent
  show
}

# received: sets `bytes`. What is complete is looked for last: nginx may have renamed it meanwhile.
received() {
  local file
  bytes=0
  for file in "$uploads"/0* "$uploads/done/disk"; do
    [ ! -f "$file" ] || bytes=$(stat -c %s "$file" 2>/dev/null || echo 0)
  done
}

# know_length: sets `total` to what the sender says, if he does. What cannot fit is not waited for.
know_length() {
  local length room
  length=$(sed -n 's/^[0-9/]* [0-9:]* \[notice\] [0-9#]*: \*[0-9]* rewritten data: "\/disk", args: "\([0-9]*\)",.*/\1/p' "$run/nginx.errors" | tail -n 1)
  [ -n "$length" ] || return 0
  total=$length
  # In this order: what comes in between counts twice, and not as missing.
  room=$(($(df -P -k "$target" | tail -n 1 | tr -s ' ' | cut -d' ' -f4) * 1024))
  received
  room=$((room + bytes))
  [ "$total" -le "$room" ] ||
    fail NoSpace "The upload has $(mib "$total"), and the target volume room for $(mib "$room"): ask for a larger one, that can hold the file as it is sent and the image made of it, both at once."
}

# end_uploads: the answer to the one upload goes out; what else came is cut off.
end_uploads() {
  helpers=${helpers% upload}
  kill -QUIT "$pid_upload" 2>/dev/null
  uptime_seconds
  local until=$((seconds + 5))
  while alive "$pid_upload" && [ "$seconds" -lt "$until" ]; do pause 0.1; uptime_seconds; done
  kill -TERM "$pid_upload" 2>/dev/null
  rm -rf "$uploads"
}
