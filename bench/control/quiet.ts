import { setTimeout as delay } from 'node:timers/promises'
import type { OperatorProcess } from '../../operator/instance/testing/operator-process.ts'
import { type Call, type Tally, tally } from './audit.ts'
import type { Ground } from './ground.ts'
import { memoryMib, usageOf } from './usage.ts'

/** Waits until the operator has asked nothing of the API server but for its Lease for some seconds; gives all that it asked until then. */
export async function untilQuiet(ground: Ground, seconds = 3): Promise<Call[]> {
  const calls: Call[] = []
  const deadline = performance.now() + 180_000
  for (let quiet = 0; quiet < seconds; quiet++) {
    if (performance.now() > deadline) throw new Error('the operator does not come to rest')
    await delay(1000)
    const fresh = ground.calls()
    for (const call of fresh) calls.push(call)
    const { writes, reads, events } = tally(fresh)
    if (writes.length + reads.length + events.length > 0) quiet = -1
  }
  return calls
}

/** What an operator costs that has nothing to do. */
export type Steady = Readonly<{ seconds: number; cores: number; mib: number; tally: Tally }>

/** Looks on for so long while nothing happens. */
export async function steady(ground: Ground, operator: OperatorProcess, seconds: number): Promise<Steady> {
  ground.calls()
  const usage = usageOf({ operator: operator.pid })
  let mib = 0
  for (let second = 0; second < seconds; second++) {
    await delay(1000)
    mib = Math.max(mib, memoryMib(operator.pid).now)
  }
  return { seconds, cores: usage.stop().operator, mib, tally: tally(ground.calls()) }
}
