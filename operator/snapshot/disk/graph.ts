import { z } from 'zod'
import type { Qmp } from '../../control/qmp.ts'
import { isSnapshotPart } from './names.ts'

/** The device whose drive the switch changes; QEMU's path of its backend. */
export const diskDevice = '/machine/peripheral/vda/virtio-backend'

/** What of QEMU's block layer snapshots have to do with. */
export type BlockGraph = Readonly<{
  /** The node that the guest's disk reads and writes. */
  drive: string
  /** Nodes of snapshots, with the bytes that the file of each takes. */
  nodes: readonly Readonly<{ name: string; actualBytes: number }>[]
  /** NBD exports of snapshots. `isGoing`: told to go, and still in use. */
  exports: readonly Readonly<{ id: string; isGoing: boolean }>[]
  /** Jobs of snapshots. */
  jobs: readonly string[]
}>

const nodeList = z.array(
  z.object({
    'node-name': z.string().default(''),
    image: z.object({ 'actual-size': z.number().optional() }),
  }),
)
const exportList = z.array(z.object({ id: z.string(), 'shutting-down': z.boolean() }))
const jobList = z.array(z.object({ id: z.string() }))

/** Reads the graph. Throws QmpError, and ZodError where QEMU answers with something else than its reference says. */
export async function readGraph(qmp: Qmp): Promise<BlockGraph> {
  const drive = z.string().parse(await qmp.execute('qom-get', { path: diskDevice, property: 'drive' }))
  const nodes = nodeList.parse(await qmp.execute('query-named-block-nodes', { flat: true }))
  const exports = exportList.parse(await qmp.execute('query-block-exports', {}))
  const jobs = jobList.parse(await qmp.execute('query-jobs', {}))
  return {
    drive,
    nodes: nodes
      .filter((node) => isSnapshotPart(node['node-name']))
      .map((node) => ({ name: node['node-name'], actualBytes: node.image['actual-size'] ?? 0 })),
    exports: exports
      .filter(({ id }) => isSnapshotPart(id))
      .map((one) => ({ id: one.id, isGoing: one['shutting-down'] })),
    jobs: jobs.map(({ id }) => id).filter(isSnapshotPart),
  }
}
