import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Switched } from '../../operator/control/switched.ts'
import type { BlockGraph } from '../../operator/snapshot/disk/graph.ts'
import { asOperator } from './as-operator.ts'
import type { Pod } from './pod.ts'

type Taken = Extract<Switched, { switched: true }>

/** What the operator does to a pod for its snapshots, and what is there of them. */
export type Subject = Readonly<{
  look: () => Promise<BlockGraph>
  /** Fixes the moment and exports it. Throws where it could not be. */
  take: (uid: string, quiesce?: string, fleeceBytes?: string) => Promise<Taken>
  release: (uid: string) => Promise<BlockGraph>
  /** All that snapshots have made in QEMU and on the volume, and that is still there. */
  left: () => Promise<readonly string[]>
  /** Writes in the guest, over what the disk holds already, and syncs: in a guest whose disk stands still that would not come back. */
  write: () => Promise<string>
}>

export function subjectOf(pod: Pod): Subject {
  const disk = <T = BlockGraph>(...words: string[]) => asOperator<T>(pod, 'disk.ts', ...words)
  const look = () => disk('look')
  return {
    look,
    take: async (uid, quiesce = 'Never', fleeceBytes = '') => {
      const switched = await disk<Switched>('export', uid, quiesce, fleeceBytes)
      if (!switched.switched) throw new Error(switched.reason)
      return switched
    },
    release: (uid) => disk('release', uid),
    left: async () => {
      const { drive, nodes, exports, jobs } = await look()
      return [
        ...(drive === 'disk0' ? [] : [`the disk is ${drive}`]),
        ...nodes.map(({ name }) => `node ${name}`),
        ...exports.map(({ id }) => `export ${id}`),
        ...jobs.map((id) => `job ${id}`),
        ...(servesNbd(pod) ? ['an NBD server'] : []),
        ...fleeceOf(pod),
      ]
    },
    write: async () => {
      const over = 'dd if=/dev/urandom of=/written bs=64k count=32 conv=notrunc,fsync 2>/dev/null; echo wrote'
      return (await pod.ssh(over)).stdout.trim()
    },
  }
}

/** Whether somebody listens on QEMU's socket for NBD. */
function servesNbd(pod: Pod): boolean {
  const [first] = pod.processes()
  if (first === undefined) return false
  return readFileSync(`/proc/${first.pid}/net/unix`, 'utf8').includes('/nbd.sock')
}

function fleeceOf(pod: Pod): readonly string[] {
  const file = join(pod.folder, 'overlay/fleece.qcow2')
  const bytes = existsSync(file) ? statSync(file).size : 0
  return bytes === 0 ? [] : [`a fleece of ${bytes} bytes`]
}
