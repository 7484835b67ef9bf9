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

/** The pod's ephemeral-storage limit in bytes: no VM can reach it by writing to its disk, so none is evicted for that. */
export function ephemeralStorageBytes(diskBytes: number): number {
  return overlayLimitBytes(diskBytes) + logAllowanceBytes
}
