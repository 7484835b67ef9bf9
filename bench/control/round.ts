import type { OperatorProcess } from '../../operator/instance/testing/operator-process.ts'
import { atRate, createInstance } from './creation.ts'
import type { Ground } from './ground.ts'
import { memoryMib, usageOf } from './usage.ts'

/** What came of creating some instances. Seconds. */
export type Round = Readonly<{
  count: number
  /** From when the creation of the instance was sent to when a watch showed its pod. */
  toPod: readonly number[]
  /** To when a watch showed it Active. */
  toActive: readonly number[]
  /** From the first creation until the last one was sent. */
  sentSeconds: number
  /** From the first creation until all were Ready. */
  doneSeconds: number
  /** The operator's largest resident memory so far, MiB. */
  peakMib: number
  /** CPUs in use, by process, from the first creation until all were Ready. */
  cpus: Readonly<Record<'operator' | 'etcd' | 'apiserver' | 'nodes' | 'bench', number>>
}>

/** Creates instances and waits until all are Ready. Rejects when one is not within ten minutes. */
export async function createRound(
  ground: Ground,
  operator: OperatorProcess,
  { prefix, count, pace }: Readonly<{ prefix: string; count: number; pace: number | 'burst' }>,
): Promise<Round> {
  const observer = await ground.observe()
  const usage = usageOf({ operator: operator.pid, ...ground.pids() })
  const names = Array.from({ length: count }, (_, index) => `${prefix}-${index}`)
  const began = await atRate(count, pace, (index) => createInstance(ground.client, names[index] ?? ''))
  const first = began[0] ?? 0
  const sent = performance.now()
  await observer.until(
    `${count} instances to be Ready`,
    () => names.every((name) => observer.ready.has(name)),
    600,
  )
  const done = performance.now()
  const since = (times: ReadonlyMap<string, number>) =>
    names.map((name, index) => ((times.get(name) ?? Number.NaN) - (began[index] ?? 0)) / 1000)
  return {
    count,
    toPod: since(observer.podMade),
    toActive: since(observer.active),
    sentSeconds: (sent - first) / 1000,
    doneSeconds: (done - first) / 1000,
    peakMib: memoryMib(operator.pid).peak,
    cpus: usage.stop(),
  }
}
