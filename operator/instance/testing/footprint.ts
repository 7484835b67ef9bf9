import { readdirSync, readlinkSync } from 'node:fs'
import type { OperatorProcess } from './operator-process.ts'

/** What a process holds. */
export type Footprint = Readonly<{
  /** MiB of the main thread's heap, after a collection. */
  heap: number
  /** Open file descriptors. */
  files: number
  /** Those of them that are sockets. */
  sockets: number
  /** MiB. */
  resident: number
}>

/** Of an operator, whose memory is collected for it. */
export async function footprint(operator: OperatorProcess): Promise<Footprint> {
  const heap = (await operator.heap()) / 2 ** 20
  const folder = `/proc/${operator.pid}/fd`
  const open = readdirSync(folder).map((fd) => {
    try {
      return readlinkSync(`${folder}/${fd}`)
    } catch {
      return ''
    }
  })
  const sockets = open.filter((target) => target.startsWith('socket:')).length
  const metrics = await operator.metrics()
  return {
    heap,
    files: open.length,
    sockets,
    resident: (metrics.get('process_resident_memory_bytes') ?? 0) / 2 ** 20,
  }
}
