# The seed: a small FAT disk for the guest, with the files of /seed and, where the user keeps it elsewhere, the user-data of
# /user-data. VM_SEED=configdrive lays it out as OpenStack does, else it is what cloud-init's NoCloud source wants.
seed_file=$run/seed.img

# find_user_data: sets `reason` and `message` when it returns non-zero. The kubelet fills the mount when the object comes.
find_user_data() {
  [ -z "${VM_USER_DATA_FROM-}" ] || [ -f /user-data/user-data ] && return 0
  reason=UserDataMissing message="There is no $VM_USER_DATA_FROM in this namespace, which userDataFrom names: create it; the VM starts a minute or two later."
  return 1
}

# seed_name FILE: sets `name` to where the format has it.
seed_name() {
  name=$1
  [ "${VM_SEED-}" = configdrive ] || return 0
  case $1 in
    meta-data) name=meta_data.json ;;
    user-data) name=user_data ;;
    vendor-data) name=vendor_data.json ;;
    network-config) name=network_data.json ;;
  esac
  name=openstack/latest/$name
}

make_seed() {
  local file name path label=CIDATA kib=64
  [ "${VM_SEED-}" != configdrive ] || label=CONFIG-2
  for path in /seed/* /user-data/*; do
    [ ! -f "$path" ] || kib=$((kib + $(stat -L -c %s "$path") / 1024 + 8))
  done
  rm -f "$seed_file"
  # 32 sectors a track and 2 heads: each cylinder is 32 KiB.
  message=$(mformat -C -i "$seed_file" -v "$label" -s 32 -h 2 -t $((kib / 32 + 1)) :: 2>&1) || return 1
  [ "$label" = CIDATA ] || message=$(mmd -i "$seed_file" ::openstack ::openstack/latest 2>&1) || return 1
  for file in meta-data user-data vendor-data network-config; do
    path=/seed/$file
    [ "$file" != user-data ] || [ -z "${VM_USER_DATA_FROM-}" ] || path=/user-data/user-data
    [ -f "$path" ] || continue
    seed_name "$file"
    message=$(mcopy -i "$seed_file" "$path" "::$name" 2>&1) || return 1
  done
}
