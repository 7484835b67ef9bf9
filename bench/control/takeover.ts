import type { OperatorProcess } from '../../operator/instance/testing/operator-process.ts'
import { createInstance } from './creation.ts'
import type { Ground } from './ground.ts'

/** Seconds until an instance that is created now has its pod. */
async function served(ground: Ground, name: string, since = performance.now()): Promise<number> {
  const observer = await ground.observe()
  await createInstance(ground.client, name)
  await observer.until(`the pod of ${name}`, () => observer.podMade.has(name), 120)
  return ((observer.podMade.get(name) ?? Number.NaN) - since) / 1000
}

/** Starts an operator and waits until its caches are filled: it leads, or could. */
export async function started(ground: Ground, nodeFlags: readonly string[] = []): Promise<OperatorProcess> {
  const observer = await ground.observe()
  const operator = await ground.operator(nodeFlags)
  let ready = false
  const ask = async () => {
    while (!ready && !operator.hasExited) ready = await operator.isReady()
  }
  void ask()
  await observer.until(
    'the operator to be ready',
    () => {
      if (operator.hasExited) throw new Error(`the operator ended: ${operator.output.slice(-2000)}`)
      return ready
    },
    120,
  )
  return operator
}

/** Ends the operator and starts another; seconds from the start of the process until it did its first fresh work. */
export async function restart(
  ground: Ground,
  operator: OperatorProcess,
): Promise<Readonly<{ seconds: number; operator: OperatorProcess }>> {
  operator.kill('SIGTERM')
  await operator.exited
  const since = performance.now()
  const next = await ground.operator()
  return { seconds: await served(ground, 'after-restart', since), operator: next }
}

/** A second operator waits; the leader ends by this signal. Seconds from then until fresh work was done. */
export async function failover(
  ground: Ground,
  leader: OperatorProcess,
  signal: 'SIGKILL' | 'SIGTERM',
): Promise<Readonly<{ seconds: number; operator: OperatorProcess }>> {
  const other = await started(ground)
  leader.kill(signal)
  return { seconds: await served(ground, `after-${signal.toLowerCase()}`), operator: other }
}
