import type { EphemeralInstance } from '../api/ephemeral-instance.ts'
import type { Volume } from '../api/volumes.ts'
import { childName } from '../instance/children.ts'
import type { KubeClient } from '../kube/client.ts'
import { persistentVolumeClaims, pods } from '../kube/resource.ts'
import { hasEnded, volumesGate } from './gate.ts'
import {
  type Attachment,
  areCompatible,
  attachmentsAnnotation,
  attachmentsOf,
  attachmentsText,
} from './record.ts'

/** Another VM has a volume. */
export class VolumeBusy extends Error {
  override readonly name = 'VolumeBusy'
  constructor(claim: string, holder: string) {
    super(inUse(claim, holder))
  }
}

/** What is said of a volume that another VM has. */
export const inUse = (claim: string, holder: string): string =>
  `EphemeralInstance ${holder} has claim ${claim}. This VM starts when it is free: when ${holder} is stopped or deleted, or is rebuilt without it. VMs that only read can share a claim (readOnly: true for all of them).`

/**
 * Gives a pod that cannot run yet its volumes, and lets the scheduler see it then. The API server is the arbiter, whatever the
 * caches show: an entry on the claim, written over the very claim that was read, gives the volume to this pod, and it is another's
 * only when the pod of that entry is found to be gone. A pod without its entry is never let go.
 * Safe to do again. Throws VolumeBusy, and KubeError (a conflict where somebody was faster).
 */
export async function attachVolumes(
  instance: EphemeralInstance,
  podUID: string,
  volumes: readonly Volume[],
  client: KubeClient,
  signal: AbortSignal,
): Promise<void> {
  const { namespace, name, uid = '' } = instance.metadata
  // All in the same order, or two VMs could have one volume each of the two that both need.
  const inOrder = [...volumes].sort((a, b) => (a.claim < b.claim ? -1 : 1))
  for (const { claim, readOnly = false } of inOrder) {
    const entry = { instance: name, uid, podUID, readOnly }
    await enter(entry, { namespace, name: claim }, client, signal)
  }
  await openGate({ namespace, name: childName(name) }, podUID, client, signal)
}

type Target = Readonly<{ namespace: string | undefined; name: string }>

async function enter(
  entry: Attachment,
  target: Target,
  client: KubeClient,
  signal: AbortSignal,
): Promise<void> {
  const claim = await client.get(persistentVolumeClaims, target, { signal })
  const before = attachmentsOf(claim)
  const others: Attachment[] = []
  for (const other of before) {
    if (other.podUID === entry.podUID) continue
    if (!(await isThere(other, target.namespace, client, signal))) continue
    if (!areCompatible(other, entry)) throw new VolumeBusy(target.name, other.instance)
    others.push(other)
  }
  const text = attachmentsText([...others, entry])
  if (text === attachmentsText(before)) return
  const { uid, resourceVersion } = claim.metadata
  const metadata = { uid, resourceVersion, annotations: { [attachmentsAnnotation]: text } }
  await client.mergePatch(persistentVolumeClaims, target, { metadata }, { signal })
}

/** Asked of the API server: a pod that is gone by its UID never comes back, so that no late write can give it life. */
async function isThere(
  { instance, podUID }: Attachment,
  namespace: string | undefined,
  client: KubeClient,
  signal: AbortSignal,
): Promise<boolean> {
  const pod = await client.find(pods, { namespace, name: childName(instance) }, { signal })
  return pod?.metadata.uid === podUID && !hasEnded(pod)
}

/** Only our gate: others may have put theirs beside it. */
async function openGate(
  target: Target,
  podUID: string,
  client: KubeClient,
  signal: AbortSignal,
): Promise<void> {
  const pod = await client.find(pods, target, { signal })
  if (pod?.metadata.uid !== podUID) return
  const index = pod.spec.schedulingGates?.findIndex(({ name }) => name === volumesGate) ?? -1
  if (index < 0) return
  const path = `/spec/schedulingGates/${index}`
  await client.jsonPatch(
    pods,
    target,
    [
      { op: 'test', path: '/metadata/uid', value: podUID },
      { op: 'test', path: `${path}/name`, value: volumesGate },
      { op: 'remove', path },
    ],
    { signal },
  )
}
