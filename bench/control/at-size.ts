import type { OperatorProcess } from '../../operator/instance/testing/operator-process.ts'
import { type Call, tally } from './audit.ts'
import { type Ending, endOf } from './ending.ts'
import type { Ground } from './ground.ts'
import { type Steady, steady, untilQuiet } from './quiet.ts'
import { createRound, type Round } from './round.ts'
import { failover, restart, started } from './takeover.ts'
import { memoryMib } from './usage.ts'

/** Instances created a second. */
export const pace = 50

/** All that is found out at one number of instances. */
export type AtSize = Readonly<{
  size: number
  paced: Round
  burst: Round
  /** The operator's writes and Events from the first creation until all was quiet. */
  made: Readonly<{ writes: readonly Call[]; events: readonly Call[] }>
  /** Of some of the instances. */
  ended: Ending & Readonly<{ count: number }>
  steady: Steady
  /** The operator's largest resident memory from its start until after the steady state, MiB. */
  peakMib: number
  restartSeconds: number
  crashSeconds: number
  cleanSeconds: number
}>

export type SizeOptions = Readonly<{
  size: number
  /** How long the steady state is looked at. */
  steadySeconds: number
  say: (line: string) => void
}>

/** Measures everything but the burst, in a ground where nothing is yet; leaves an operator that leads. */
export async function measureAtSize(
  ground: Ground,
  { size, steadySeconds, say }: SizeOptions,
): Promise<Readonly<{ found: Omit<AtSize, 'burst'>; operator: OperatorProcess }>> {
  const first = await leading(ground)
  ground.calls()
  const paced = await createRound(ground, first, { prefix: 'vm', count: size, pace })
  const { writes, events } = tally(await untilQuiet(ground))
  say(`${size}: created at ${pace} a second, all Ready ${paced.doneSeconds.toFixed(1)} s after the first`)
  const rest = await steady(ground, first, steadySeconds)
  const { peak } = memoryMib(first.pid)
  const count = Math.min(200, Math.ceil(size / 4))
  const names = Array.from({ length: count }, (_, index) => `vm-${index}`)
  const ended = { count, ...(await endOf(ground, names)) }
  say(`${size}: at rest ${rest.cores.toFixed(3)} cores, ${rest.mib.toFixed(0)} MiB; ${count} deleted`)
  const afterRestart = await restart(ground, first)
  const afterCrash = await failover(ground, afterRestart.operator, 'SIGKILL')
  const afterStop = await failover(ground, afterCrash.operator, 'SIGTERM')
  const found = {
    size,
    paced,
    made: { writes, events },
    ended,
    steady: rest,
    peakMib: peak,
    restartSeconds: afterRestart.seconds,
    crashSeconds: afterCrash.seconds,
    cleanSeconds: afterStop.seconds,
  }
  return { found, operator: afterStop.operator }
}

/** An operator that works. */
export async function leading(ground: Ground): Promise<OperatorProcess> {
  const operator = await started(ground)
  const observer = await ground.observe()
  await observer.until('the operator to lead', () => operator.hasLed, 60)
  return operator
}
