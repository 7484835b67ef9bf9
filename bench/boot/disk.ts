import { lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { processesOf, qemuOf } from './processes.ts'

/**
 * What a VM's pod keeps on its node's disk, in MiB: the blocks of its overlay, its seed and all else in its writable folders.
 * The log, which the kubelet keeps, is not in it. Throws OutOfSight where it is not to be seen.
 */
export function diskOfPod(podUid: string): number {
  const { pid } = qemuOf(processesOf(podUid))
  const blocks = ['overlay', 'run/vm'].map((folder) => blocksBelow(`/proc/${pid}/root/${folder}`))
  return (blocks.reduce((sum, count) => sum + count, 0) * 512) / 1024 ** 2
}

/** Blocks of 512 bytes that a folder and all in it take. */
function blocksBelow(folder: string): number {
  return readdirSync(folder, { withFileTypes: true }).reduce((sum, entry) => {
    const path = join(folder, entry.name)
    return sum + (entry.isDirectory() ? blocksBelow(path) : lstatSync(path).blocks)
  }, lstatSync(folder).blocks)
}
