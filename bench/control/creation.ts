import { setTimeout as delay } from 'node:timers/promises'
import type { EphemeralInstance } from '../../operator/api/ephemeral-instance.ts'
import { ephemeralInstances } from '../../operator/api/types.ts'
import type { KubeClient } from '../../operator/kube/client.ts'
import { field } from './ground.ts'

/** Calls under way at the same time in a burst. */
const parallel = 32

/** Does a thing this many times: so many a second, or as fast as it goes. Gives when each began, in ms of this process's clock. */
export async function atRate(
  count: number,
  perSecond: number | 'burst',
  one: (index: number) => Promise<unknown>,
): Promise<readonly number[]> {
  const began: number[] = []
  const begin = (index: number) => {
    began[index] = performance.now()
    return one(index)
  }
  if (perSecond === 'burst') {
    let next = 0
    const work = async () => {
      while (next < count) await begin(next++)
    }
    await Promise.all(Array.from({ length: parallel }, work))
    return began
  }
  const start = performance.now()
  const under: Promise<unknown>[] = []
  for (let index = 0; index < count; index++) {
    const wait = start + (index * 1000) / perSecond - performance.now()
    if (wait > 1) await delay(wait)
    under.push(begin(index))
  }
  await Promise.all(under)
  return began
}

/** An instance such as people make: a size, a key, no more. */
export async function createInstance(client: KubeClient, name: string): Promise<void> {
  const spec = {
    boot: { claim: 'tiny' },
    resources: { cpus: 1, memory: '128Mi', disk: '1Gi' },
    sshAuthorizedKeys: [`ssh-ed25519 ${'A'.repeat(68)} someone@example`],
  }
  await client.create(ephemeralInstances, { metadata: { name, namespace: field }, spec } as EphemeralInstance)
}
