import type { Firmware } from '../../api/firmware.ts'

const kibibyte = 1024
const mebibyte = 1024 * kibibyte

/** What of a VM shapes its need of memory; sizes in bytes. */
export type MemoryNeed = Readonly<{
  guestBytes: number
  diskBytes: number
  cpus: number
  /** Auto counts as TCG: the node decides, and this has to suffice for both. */
  accelerator: 'KVM' | 'TCG' | 'Auto'
  /** Default: BIOS. */
  firmware?: Firmware | undefined
}>

/**
 * What a VM pod needs beyond the guest's own memory, in bytes, so that no load drives it over its limit.
 * docs/adr/0006-memory-of-a-vm-pod.md has the figures.
 */
export function memoryOverheadBytes(need: MemoryNeed): number {
  const emulated = need.accelerator !== 'KVM'
  const parts = [
    // QEMU, passt, the control endpoint and the shells; under TCG also the 32 MiB of translated code and what goes with it.
    (emulated ? 128 : 96) * mebibyte,
    // The flash.
    need.firmware === 'UEFI' ? 8 * mebibyte : 0,
    // A stack, and its share of QEMU's heap.
    4 * mebibyte * (need.cpus - 1),
    emulated ? need.cpus * addressMemoryBytes(need.guestBytes) : 0,
    // Page tables: the node's, and under KVM the guest's second ones; 8 bytes a page each.
    need.guestBytes / 256,
    // QEMU keeps tables of qcow2 files in memory, 8 bytes for each 64 KiB and at most 32 MiB a file: of the overlay, and of
    // the base, which is no larger.
    2 * Math.min(32 * mebibyte, need.diskBytes / (8 * kibibyte)),
  ]
  return Math.ceil(parts.reduce((sum, part) => sum + part, 0))
}

/** The pod's memory request in bytes: all that the VM uses in itself. */
export function podMemoryBytes(need: MemoryNeed): number {
  return need.guestBytes + memoryOverheadBytes(need)
}

/**
 * What QEMU may take more while a snapshot is under way: the blocks that it holds while it copies them (it stops at 128 MiB)
 * and those that the reader of the snapshot asked for. docs/adr/0030-live-snapshots.md has what was measured.
 */
const snapshotBytes = (128 + 32) * mebibyte

/** The pod's memory limit in bytes. */
export function podMemoryLimitBytes(need: MemoryNeed): number {
  return podMemoryBytes(need) + snapshotBytes
}

/**
 * What one emulated CPU remembers of where the guest's pages are. QEMU doubles its table (72 bytes an entry) whenever it is more
 * than 70 % full, up to 2^20 entries: a guest that goes through all of its memory fills it.
 */
function addressMemoryBytes(guestBytes: number): number {
  const pages = guestBytes / (4 * kibibyte)
  const bits = Math.ceil(Math.log2(pages / 0.7))
  return 72 * 2 ** Math.min(20, Math.max(6, bits))
}
