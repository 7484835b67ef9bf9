# What the machine boots by, in `firmware`: bios or uefi; nothing: whatever there is.

# check_firmware: whether the disk can boot by it, from its first 65 sectors in $run/boot. Only what is certain is refused: a boot record without
# code for BIOS beside an EFI system partition, and partitions of which UEFI reads none.
check_firmware() {
  local code types kinds='' has_esp=''
  case $firmware/$(boot_text 32769 5) in /* | */CD001) return 0 ;; esac
  # Of each of the boot record's four entries the fifth byte.
  types=$(od -An -v -tx1 -w16 -j 446 -N 64 "$run/boot" | cut -c13-15 | tr -d '\n')
  case $types in
    *' ee'*)
      # Elsewhere is only what was made for larger sectors.
      [ "$(boot_text 512 8)" = 'EFI PART' ] || return 0
      kinds=$(od -An -v -tx1 -w128 -j 1024 -N 16384 "$run/boot" | tr -d ' ' | cut -c1-32) ;;
  esac
  case $types/$kinds in *' ef'* | */*28732ac11ff8d211ba4b00a0c93ec93b*) has_esp=yes ;; esac
  if [ "$firmware" = bios ]; then
    code=$(od -An -v -tx1 -N 440 "$run/boot" | tr -d ' 0\n')
    [ -z "$has_esp" ] || [ -n "$code" ] || { message='it boots by UEFI only, and is to boot by BIOS'; return 1; }
    return 0
  fi
  # UEFI reads FAT, whatever the partition is called, and a disk that is one file system.
  case $types/$kinds in *' 01'* | *' 04'* | *' 06'* | *' 0b'* | *' 0c'* | *' 0e'* | */*a2a0d0ebe5b9334487c068b6b72699c7*) return 0 ;; esac
  [ -n "$has_esp" ] || [ "$(boot_text 54 3)" = FAT ] || [ "$(boot_text 82 3)" = FAT ] && return 0
  message='it has no EFI system partition, and is to boot by UEFI'
  return 1
}

# boot_text FROM COUNT
boot_text() { dd if="$run/boot" bs=1 skip="$1" count="$2" 2>/dev/null | tr -dc 'A-Z0-9 '; }

# make_variables: UEFI keeps them in flash. A machine gets a copy of its own of the empty ones: what it writes there is lost with it, as its disk is.
make_variables() {
  [ "$firmware" = uefi ] || return 0
  message=$(cp /usr/share/OVMF/OVMF_VARS_4M.fd "$run/variables.fd" 2>&1)
}
