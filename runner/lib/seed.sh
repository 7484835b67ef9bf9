# The seed: a FAT disk labelled CIDATA with the files of /seed, as cloud-init's NoCloud source wants it.
seed_file=$run/seed.img

make_seed() {
  local file files='' kib=64
  for file in meta-data user-data vendor-data network-config; do
    [ -f "/seed/$file" ] || continue
    files="$files /seed/$file"
    kib=$((kib + $(stat -L -c %s "/seed/$file") / 1024 + 8))
  done
  rm -f "$seed_file"
  # 32 sectors a track and 2 heads: each cylinder is 32 KiB.
  message=$(mformat -C -i "$seed_file" -v CIDATA -s 32 -h 2 -t $((kib / 32 + 1)) :: 2>&1) || return 1
  [ -z "$files" ] || message=$(mcopy -i "$seed_file" $files :: 2>&1)
}
