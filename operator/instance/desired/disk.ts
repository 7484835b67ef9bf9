const mebibyte = 1024 * 1024

/** Room for the console log (the kubelet keeps five files of 10 MiB by default) and for the pod's sockets and seed. */
const logAllowanceBytes = 96 * mebibyte

/**
 * The most that an overlay of this virtual size can take on the node, in bytes: all its clusters, their tables (8 bytes for
 * each 64 KiB, and 2 bytes of reference count), and a little for the header.
 */
export function overlayLimitBytes(diskBytes: number): number {
  const clusters = Math.ceil(diskBytes / 65536)
  return diskBytes + clusters * 10 + 4 * mebibyte
}

/**
 * The most that a snapshot under way may keep of what the guest overwrites, in bytes. It is a bound in QEMU, and the snapshot
 * fails where it would need more. docs/adr/0030-live-snapshots.md has the reasons.
 */
export function fleeceLimitBytes(diskBytes: number): number {
  const most = overlayLimitBytes(diskBytes)
  const share = Math.max(1024 * mebibyte, Math.ceil(diskBytes / 4))
  return Math.ceil(Math.min(most, share) / 65536) * 65536
}

/** The limit of the volume that holds the overlay, and the fleece of a snapshot, in bytes. */
export function overlayVolumeBytes(diskBytes: number): number {
  return overlayLimitBytes(diskBytes) + fleeceLimitBytes(diskBytes)
}

/** What the pod asks of the node's disk, in bytes: all that its VM can write, and its log. */
export function ephemeralStorageBytes(diskBytes: number): number {
  return overlayLimitBytes(diskBytes) + logAllowanceBytes
}

/** The pod's ephemeral-storage limit in bytes: neither its VM nor a snapshot can reach it, so none is evicted for that. */
export function ephemeralStorageLimitBytes(diskBytes: number): number {
  return ephemeralStorageBytes(diskBytes) + fleeceLimitBytes(diskBytes)
}
