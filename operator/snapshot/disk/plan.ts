import { sockets } from '../../qemu/sockets.ts'
import { type BlockGraph, diskDevice } from './graph.ts'
import { type BlockNames, diskNode } from './names.ts'

/** What is to be done in QEMU, in order. */
export type Step =
  /** One command; an error that `unless` matches says that it was done before. */
  | Readonly<{ kind: 'run'; command: string; parameters: Readonly<Record<string, unknown>>; unless?: RegExp }>
  /** A command that starts a job: done when the job is. */
  | Readonly<{ kind: 'job'; id: string; command: string; parameters: Readonly<Record<string, unknown>> }>
  /** Wait until no client uses this export any more. */
  | Readonly<{ kind: 'exportGone'; id: string }>

/** What a snapshot needs to know of the VM. */
export type PointInTime = Readonly<{
  names: BlockNames
  /** Virtual size of the disk in bytes. */
  diskBytes: number
  /** The most that the fleece may take on the node, in bytes. */
  fleeceBytes: number
}>

/** One file for all snapshots of a VM, which take turns; between them it is empty. */
const fleeceFile = '/overlay/fleece.qcow2'

/** Seconds that a guest's write may wait for its copy before the snapshot is given up for it. */
const patienceSeconds = 5

/** Bytes of the fleece's tables that QEMU keeps in memory: they are read once each, in the order of the disk. */
const tableCacheBytes = 1024 * 1024

/** A step that is one command; an error that `unless` matches says that it was done before. */
export const run = (command: string, parameters: Record<string, unknown>, unless?: RegExp): Step => ({
  kind: 'run',
  command,
  parameters,
  ...(unless === undefined ? {} : { unless }),
})

/** A step that makes a file, or the format in it. */
export const create = (id: string, options: Record<string, unknown>): Step => ({
  kind: 'job',
  id,
  command: 'blockdev-create',
  parameters: { 'job-id': id, options },
})

/**
 * From what is there to all that the switch needs. Before the switch nothing that is there is worth keeping: what an
 * interrupted preparation left is thrown away.
 */
export function toPrepared(graph: BlockGraph, wanted: PointInTime): readonly Step[] {
  return [...toNothing(graph), ...prepare(wanted)]
}

/** Whether the moment of this snapshot has come: then only its export is to be brought about. */
export const isTaken = (graph: BlockGraph, names: BlockNames): boolean => graph.drive === names.filter

function prepare({ names, diskBytes, fleeceBytes }: PointInTime): readonly Step[] {
  const { file, bound, fleece, filter } = names
  const fast = { discard: 'unmap', cache: { 'no-flush': true } }
  return [
    create(`${names.export}-a`, { driver: 'file', filename: fleeceFile, size: 0 }),
    run('blockdev-add', { driver: 'file', 'node-name': file, filename: fleeceFile, ...fast }),
    create(`${names.export}-b`, { driver: 'qcow2', file, size: diskBytes }),
    // Sparse up to its bound; a write beyond it fails, and with it the snapshot, not the guest.
    run('block_resize', { 'node-name': file, size: fleeceBytes }),
    run('blockdev-add', { driver: 'raw', 'node-name': bound, file, size: fleeceBytes }),
    run('blockdev-add', {
      driver: 'qcow2',
      'node-name': fleece,
      file: bound,
      'l2-cache-size': tableCacheBytes,
      ...fast,
    }),
    run('blockdev-add', {
      driver: 'copy-before-write',
      'node-name': filter,
      file: diskNode,
      target: fleece,
      'on-cbw-error': 'break-snapshot',
      'cbw-timeout': patienceSeconds,
    }),
  ]
}

/** After the switch, from what is there to an export of the disk as it was. Empty: done. */
export function toOffered(graph: BlockGraph, { names }: Pick<PointInTime, 'names'>): readonly Step[] {
  const { filter, access } = names
  const there = [...graph.nodes.map(({ name }) => name), ...graph.exports.map(({ id }) => id)]
  const addr = { type: 'unix', data: { path: sockets.nbd } }
  const steps: Record<string, Step> = {
    [access]: run('blockdev-add', { driver: 'snapshot-access', 'node-name': access, file: filter }),
    server: run('nbd-server-start', { addr }, /already running/),
    [names.export]: run('block-export-add', {
      type: 'nbd',
      id: names.export,
      'node-name': access,
      name: names.export,
      writable: false,
    }),
  }
  if (there.includes(names.export)) delete steps.server
  for (const name of there) delete steps[name]
  return Object.values(steps)
}

/** From what is there to a disk without any snapshot. Empty: done. */
export function toNothing(graph: BlockGraph): readonly Step[] {
  const order = ['-access', '-filter', '-fleece', '-bound', '-file']
  const nodes = order.flatMap((end) =>
    graph.nodes.map(({ name }) => name).filter((name) => name.endsWith(end)),
  )
  const { exports, jobs } = graph
  const isSwitched = graph.drive !== diskNode
  return [
    ...exports
      .filter(({ isGoing }) => !isGoing)
      .map(({ id }) => run('block-export-del', { id, mode: 'hard' }, /not found/)),
    ...exports.map(({ id }): Step => ({ kind: 'exportGone', id })),
    // Nobody can ask QEMU whether it serves; it does at most for as long as there is something to serve.
    ...(exports.length + nodes.length === 0 ? [] : [run('nbd-server-stop', {}, /not running/)]),
    ...jobs.map((id) => run('job-dismiss', { id })),
    ...nodes.filter((name) => name.endsWith('-access')).map(remove),
    ...(isSwitched ? [run('qom-set', { path: diskDevice, property: 'drive', value: diskNode })] : []),
    // There is no command to delete a file: it is made empty, and that before nothing tells of it any more.
    ...nodes
      .filter((name) => !name.endsWith('-access'))
      .flatMap((name) => (name.endsWith('-file') ? [emptied(name), remove(name)] : [remove(name)])),
  ]
}

const remove = (name: string): Step => run('blockdev-del', { 'node-name': name })

const emptied = (name: string): Step => run('block_resize', { 'node-name': name, size: 0 })
