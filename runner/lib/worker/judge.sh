# What kind of image a file is. It comes from a stranger: its own first bytes are looked at before any of QEMU's code opens it, and QEMU is
# always told the format, so that it never guesses.

# little FROM TO: sets `number` to the header's bytes FROM..TO as a little-endian number.
little() {
  local at=$2 hex=''
  while [ "$at" -ge "$1" ]; do
    hex=$hex$(echo "$header" | cut -c$((at * 2 + 1))-$((at * 2 + 2)))
    at=$((at - 1))
  done
  number=$((0x$hex))
}

first_bytes() { od -An -v -tx1 -N "$2" "$1" 2>/dev/null | tr -d ' \n'; }

# compression_of HEADER: sets `compression` by what the first 16 bytes say, never by a name.
compression_of() {
  case $1 in
    1f8b08*) compression=gzip ;;
    fd377a585a00*) compression=xz ;;
    28b52ffd* | 5[0-9a-f]2a4d18*) compression=zstd ;;
    425a683[1-9]314159265359*) compression=bzip2 ;;
    *) compression='' ;;
  esac
}

# judge FILE NAME: sets `format` and `virtual_size`; refuses what is no whole, flat, bootable disk. NAME is for people.
judge() {
  content=$1 name=$2
  [ -s "$content" ] || refuse UnknownFormat "$name is empty."
  header=$(first_bytes "$content" 80)
  compression_of "$header"
  [ -z "$compression" ] || refuse UnknownFormat "$name is compressed more than once ($compression): compress it once."
  find_format
  read_info
  limit_size
  check_content
  base_file=$content base_driver=$format
  check_boot || {
    [ "$reason/${fault-}" != BaseImageNotBootable/OtherFirmware ] || refuse NotBootable "$message"
    [ "$reason" != BaseImageNotBootable ] || refuse NotBootable "$name has no boot sector: it must be the image of a whole, bootable disk."
    refuse FormatMismatch "$message"
  }
}

find_format() {
  case $header in
    514649fb*) format=qcow2; judged_qcow2 ;;
    4b444d56*) format=vmdk; judged_vmdk ;;
    434f5744*) refuse UnknownFormat "$name is a VMDK of an old kind (COWD): convert it with qemu-img convert." ;;
    23204469736b2044*) refuse ExternalDataFile "$name is a VMDK descriptor whose data is in other files: convert it with qemu-img convert." ;;
    7668647866696c65*) format=vhdx ;;
    636f6e6563746978*) format=vpc; judged_vpc "$header" ;;
    3c21444f43* | 3c21646f63* | 3c68746d6c* | 3c48544d4c*) refuse UnknownFormat "$name is a web page, not a disk: give the address of the file itself." ;;
    504b0304* | 377abcaf271c*) refuse UnknownFormat "$name is an archive: unpack it, or compress the disk with gzip, xz, zstd or bzip2." ;;
    *)
      local footer
      footer=$(tail -c 512 "$content" | od -An -v -tx1 -N 80 | tr -d ' \n')
      case $(echo "$header" | cut -c129-136)/$footer in
        7f10dabe*) format=vdi ;;
        */636f6e6563746978*) format=vpc; judged_vpc "$footer" ;;
        *) format=raw ;;
      esac ;;
  esac
}

judged_qcow2() {
  base_file=$content
  check_qcow2 && return
  [ "$fault" = Broken ] && fault=FormatMismatch
  refuse "$fault" "$message"
}

# A VMDK without a capacity is a descriptor in a sparse file's clothes: QEMU would open the files that it names.
judged_vmdk() {
  [ ${#header} -eq 160 ] || refuse FormatMismatch "$name is cut short: copy it again."
  little 12 19
  [ "$number" -ne 0 ] || refuse ExternalDataFile "$name is a VMDK whose data is in other files: convert it with qemu-img convert."
}

# judged_vpc FOOTER: QEMU would take a differencing disk for a whole one.
judged_vpc() {
  [ "$(echo "$1" | cut -c121-128)" != 00000004 ] || refuse BackingFile "$name is a differencing VHD, which needs its parent: flatten it first."
}

# read_info: what QEMU says of the file, told the format. It opens no other file for this.
read_info() {
  local other
  if ! image_tool info -U -f "$format" --output=json "$content" >"$run/info"; then
    last_error "$run/info"
    refuse FormatMismatch "$name says that it is $format, but is not (${text##*: }): copy it again."
  fi
  virtual_size=$(jq -r '."virtual-size"' "$run/info") || refuse FormatMismatch "$name cannot be read as $format: copy it again."
  other=$(jq -r '."full-backing-filename" // ."backing-filename" // empty' "$run/info")
  [ -z "$other" ] || refuse BackingFile "$name needs a backing file: flatten it with qemu-img convert."
  other=$(jq -r '."format-specific".data | (."data-file" // empty), (.extents // [] | .[1:][].filename)' "$run/info")
  [ -z "$other" ] || refuse ExternalDataFile "$name keeps its data in another file: join them with qemu-img convert."
  [ "$virtual_size" -gt 0 ] || refuse FormatMismatch "$name has no size: make the image anew."
}

limit_size() {
  [ "${WORKER_MAX_BYTES:-0}" -gt 0 ] || return 0
  [ "$virtual_size" -le "$WORKER_MAX_BYTES" ] || refuse ImageTooLarge "$name is a disk of $(mib "$virtual_size"); at most $(mib "$WORKER_MAX_BYTES") are allowed here."
}

# check_content: a table that points beyond the end would be read as zeros. Sets `kept` where the file can be the result as it stands.
check_content() {
  kept=''
  case $format in raw | vpc) return ;; esac
  image_work check -U -f "$format" --output=json "$content" >"$run/check" 2>"$run/errors" &
  follow $!
  case $? in
    0) [ "$format" = qcow2 ] && worth_keeping && kept=yes ;;
    3 | 63) ;;
    *) last_error "$run/errors"; refuse FormatMismatch "$name is damaged: qemu-img check finds errors in it. Copy it again." ;;
  esac
  return 0
}

# worth_keeping: nothing compressed, no snapshots inside, clusters of the usual size: what conversion would make, too.
worth_keeping() {
  [ "$(jq -r '."compressed-clusters" // 0' "$run/check")" = 0 ] &&
    [ "$(jq -r '(.snapshots // [] | length), ."cluster-size", ."format-specific".data.compat, ."format-specific".data."extended-l2"' "$run/info" | tr '\n' ' ')" = '0 65536 1.1 false ' ]
}
