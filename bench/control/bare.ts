import type { EphemeralInstance } from '../../operator/api/ephemeral-instance.ts'
import { vmPod } from '../../operator/instance/desired/pod.ts'
import { instanceSecret } from '../../operator/instance/desired/secret.ts'
import { sizeOf } from '../../operator/instance/size.ts'
import { config, instance } from '../../operator/instance/testing/build.ts'
import { pods, secrets } from '../../operator/kube/resource.ts'
import { atRate } from './creation.ts'
import { field, type Ground } from './ground.ts'

const key = new Uint8Array(32)

/**
 * The same Secrets and pods, created by a script that does nothing else: what the API server alone takes. Seconds from
 * when the Secret's creation was sent to when a watch showed the pod.
 */
export async function bareRound(
  ground: Ground,
  count: number,
  perSecond: number,
): Promise<readonly number[]> {
  const observer = await ground.observe()
  const names = Array.from({ length: count }, (_, index) => `bare-${index}`)
  const began = await atRate(count, perSecond, async (index) => {
    const { secret, pod } = childrenOf(names[index] ?? '')
    await ground.client.create(secrets, secret)
    await ground.client.create(pods, pod)
  })
  await observer.until('the pods', () => names.every((name) => observer.podMade.has(name)), 300)
  return names.map((name, index) => ((observer.podMade.get(name) ?? Number.NaN) - (began[index] ?? 0)) / 1000)
}

function childrenOf(name: string) {
  const plain = instance()
  const metadata = { ...plain.metadata, name, namespace: field, uid: crypto.randomUUID() }
  const owner: EphemeralInstance = { ...plain, metadata }
  const size = sizeOf(owner.spec, undefined)
  if (size === undefined) throw new Error('the instance has no size')
  const claim = owner.spec.boot.claim ?? ''
  const boot = { kind: 'PersistentVolumeClaim', name: claim, claim }
  const createdAt = new Date().toISOString()
  const pod = vmPod({ instance: owner, size, boot, config, restartsBefore: 0, createdAt })
  return { secret: instanceSecret(owner, key, boot), pod }
}
