# Reads meta-data and user-data: prints the shell assignments instance=... and name=..., and writes the file keys.
#
# It knows the few YAML lines that seeds are made of, not YAML.

# A script is not configuration, whatever its lines look like.
FNR == 1 && FILENAME == "user-data" && !/^#cloud-config/ { exit }

/^instance-id:/ { assign("instance") }
/^(local-)?hostname:/ { assign("name") }

# The items below these words are keys, at any depth; the first line that is no item ends the list.
/^[ \t-]*(public-keys|ssh[_-]authorized[_-]keys):/ { in_keys = 1; next }
in_keys && /^[ \t]*-/ { sub(/^[ \t]*-/, ""); print bare($0) >"keys"; next }
!/^[ \t]*(#|$)/ { in_keys = 0 }

# What it prints is read by a shell, so nothing but what names are made of goes through.
function assign(variable,    text) {
  text = $0
  sub(/^[^:]*:/, "", text)
  text = bare(text)
  gsub(/[^A-Za-z0-9._:-]/, "", text)
  print variable "=" text
}

function bare(text) {
  gsub(/^[ \t]+|[ \t\r]+$/, "", text)
  if (text ~ /^".*"$/ || text ~ /^'.*'$/) text = substr(text, 2, length(text) - 2)
  return text
}
