import { z } from 'zod'
import type { Qmp } from '../control/qmp.ts'
import { rescuedDevice } from '../qemu/rescue.ts'
import { diskDevice } from '../snapshot/disk/graph.ts'
import { isSnapshotPart } from '../snapshot/disk/names.ts'
import { isRescuePart, rescueNames } from './names.ts'

/** What of QEMU a rescue has to do with. */
export type RescueGraph = Readonly<{
  /** The node that the guest's first disk reads and writes. */
  drive: string
  /** Parts of the rescue that are there. */
  nodes: readonly string[]
  exports: readonly string[]
  jobs: readonly string[]
  /** The disk of the VM is its second one. */
  hasSecond: boolean
  /** QEMU's run state, such as `running`, `paused`, `prelaunch` (reset, and not let go on) or `shutdown`. */
  runState: string
  /** A snapshot is under way, which has the disk, and the room for what is beside it. */
  isSnapshotted: boolean
}>

const nodeList = z.array(z.object({ 'node-name': z.string().default('') }))
const idList = z.array(z.object({ id: z.string() }))
const devices = z.array(z.object({ name: z.string() }))

/** Reads it. Throws QmpError, and ZodError where QEMU answers with something else than its reference says. */
export async function readRescue(qmp: Qmp): Promise<RescueGraph> {
  const drive = z.string().parse(await qmp.execute('qom-get', { path: diskDevice, property: 'drive' }))
  const nodes = nodeList
    .parse(await qmp.execute('query-named-block-nodes', { flat: true }))
    .map((node) => node['node-name'])
  const exports = idList.parse(await qmp.execute('query-block-exports', {})).map(({ id }) => id)
  const jobs = idList.parse(await qmp.execute('query-jobs', {})).map(({ id }) => id)
  const { status } = z.object({ status: z.string() }).parse(await qmp.execute('query-status', {}))
  return {
    drive,
    nodes: nodes.filter(isRescuePart),
    exports: exports.filter(isRescuePart),
    jobs: jobs.filter(isRescuePart),
    hasSecond: await hasSecond(qmp),
    runState: status,
    isSnapshotted: [...nodes, ...exports].some(isSnapshotPart),
  }
}

/** Whether the disk of the VM is its second one. */
export async function hasSecond(qmp: Qmp): Promise<boolean> {
  const list = devices.parse(await qmp.execute('qom-list', { path: '/machine/peripheral' }))
  return list.some(({ name }) => name === rescuedDevice)
}

/** The guest's first disk is the rescue disk. */
export const isSwitched = ({ drive }: Pick<RescueGraph, 'drive'>): boolean => drive === rescueNames.disk

/** Nothing of a rescue is left. */
export const isClean = (graph: RescueGraph): boolean =>
  !isSwitched(graph) &&
  !graph.hasSecond &&
  graph.nodes.length + graph.exports.length + graph.jobs.length === 0

/** The rescue system was started, or is stopped by itself since: nothing is left half done. */
export const isBooted = (graph: RescueGraph): boolean =>
  isSwitched(graph) && graph.runState !== 'prelaunch' && graph.runState !== 'paused'
