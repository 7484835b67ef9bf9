import { sockets } from '../qemu/sockets.ts'
import { diskNode } from '../snapshot/disk/names.ts'
import { create, run, type Step } from '../snapshot/disk/plan.ts'
import { isSwitched, type RescueGraph } from './graph.ts'
import { rescueFile, rescueNames } from './names.ts'

/** What a rescue needs to know of the VM. */
export type RescueDisk = Readonly<{
  /** Virtual size of the VM's disk in bytes, which the rescue disk has as well. */
  diskBytes: number
  /** The most that it may take on the node, in bytes: the room that is kept for snapshots. */
  roomBytes: number
}>

const { file, bound, disk, compressed } = rescueNames

/** From what is there to an empty disk that a worker can write to. What was there of an earlier try is thrown away. */
export function toOffered(graph: RescueGraph, { diskBytes, roomBytes }: RescueDisk): readonly Step[] {
  const fast = { discard: 'unmap', cache: { 'no-flush': true } }
  const addr = { type: 'unix', data: { path: sockets.nbd } }
  return [
    ...toNothing(graph),
    create('rescue-a', { driver: 'file', filename: rescueFile, size: 0 }),
    run('blockdev-add', { driver: 'file', 'node-name': file, filename: rescueFile, ...fast }),
    create('rescue-b', { driver: 'qcow2', file, size: diskBytes, 'compression-type': 'zstd' }),
    // Sparse up to its bound. Beyond it the worker fails; the guest, later, is held as where the node has no room.
    run('block_resize', { 'node-name': file, size: roomBytes }),
    run('blockdev-add', { driver: 'raw', 'node-name': bound, file, size: roomBytes }),
    run('blockdev-add', { driver: 'qcow2', 'node-name': disk, file: bound, ...fast }),
    run('blockdev-add', { driver: 'compress', 'node-name': compressed, file: disk }),
    run('nbd-server-start', { addr }, /already running/),
    run('block-export-add', {
      type: 'nbd',
      id: rescueNames.export,
      'node-name': compressed,
      name: rescueNames.export,
      writable: true,
    }),
  ]
}

/** From what is there to a disk that nobody outside can write to any more. */
export function toFilled({ exports, nodes, jobs }: RescueGraph): readonly Step[] {
  return [
    ...exports.map((id) => run('block-export-del', { id, mode: 'hard' }, /not found/)),
    ...exports.map((id): Step => ({ kind: 'exportGone', id })),
    ...(exports.length === 0 ? [] : [run('nbd-server-stop', {}, /not running/)]),
    ...jobs.map((id) => run('job-dismiss', { id })),
    ...(nodes.includes(compressed) ? [remove(compressed)] : []),
  ]
}

/** From what is there to nothing of a rescue. Throws where the guest has the rescue disk. */
export function toNothing(graph: RescueGraph): readonly Step[] {
  if (isSwitched(graph)) throw new TypeError(`the guest has ${disk}, not ${diskNode}`)
  const rest = [disk, bound, file].filter((name) => graph.nodes.includes(name))
  return [
    ...toFilled(graph),
    ...rest.map(remove),
    // There is no command to delete a file: it is made empty.
    ...(rest.length === 0 ? [] : [create('rescue-c', { driver: 'file', filename: rescueFile, size: 0 })]),
  ]
}

const remove = (name: string): Step => run('blockdev-del', { 'node-name': name })
