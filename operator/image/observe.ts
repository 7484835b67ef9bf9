import type { BaseImage } from '../api/base-image.ts'
import { summaryOf } from '../copy/summary.ts'
import { findCondition } from '../kube/conditions.ts'
import type { Pod } from '../kube/object.ts'
import { isControlledBy } from '../kube/owner.ts'
import { endOf } from '../snapshot/verdict.ts'
import type { WorkerControl } from '../worker/control.ts'
import { workerControlKey } from '../worker/secret.ts'
import type { WorkerState } from '../worker/state.ts'
import { viewWorker } from '../worker/view.ts'
import { contentName } from './children.ts'
import type { Observed, SourceView } from './observed.ts'
import { claimsInUse, type Sources, usersOf } from './sources.ts'

export type ObserveDependencies = Readonly<{
  sources: Sources
  control: WorkerControl
  masterKey: Uint8Array
  now: () => Date
}>

/** Reads all that a decision about this image rests on. The one thing that is not in a store is the worker's word. */
export async function observe(image: BaseImage, dependencies: ObserveDependencies): Promise<Observed> {
  const { sources, now } = dependencies
  const { namespace, uid = '' } = image.metadata
  const wanted = contentName(image)
  const claims = sources.claims.byIndex('owner', uid)
  const pods = sources.pods.byIndex('owner', uid)
  const pod = sources.pods.get(namespace, wanted)
  return {
    image,
    wanted,
    claim: sources.claims.get(namespace, wanted),
    pod,
    claims,
    pods,
    source: sourceOf(image, sources),
    copies: summaryOf(image, sources),
    users: usersOf(image, claims, sources),
    claimsInUse: claimsInUse(image, claims, sources),
    worker: pod === undefined ? undefined : await askWorker(image, pod, dependencies),
    now: now(),
  }
}

/** Whether what the image is to be made from is there. */
export function sourceOf(
  { metadata, spec }: BaseImage,
  sources: Pick<Sources, 'claims' | 'snapshots'>,
): SourceView {
  const { namespace } = metadata
  const { claim, snapshot } = spec.source
  if (claim !== undefined) {
    if (sources.claims.get(namespace, claim.name) !== undefined) return { kind: 'ready', claim: claim.name }
    const message = `There is no PersistentVolumeClaim ${claim.name} in namespace ${namespace}: create it with the image in it, or correct spec.source.claim.name.`
    return { kind: 'missing', message }
  }
  if (snapshot !== undefined) {
    const found = sources.snapshots.get(namespace, snapshot.name)
    if (found === undefined) {
      const message = `There is no Snapshot ${snapshot.name} in namespace ${namespace}: kubectl get esnap lists those that there are.`
      return { kind: 'missing', message }
    }
    const { claim: from, sha256, phase, minDisk, minMemory, defaultUser, firmware } = found.status ?? {}
    if (from !== undefined && sha256 !== undefined) {
      const inherits = {
        ...(minDisk === undefined ? {} : { minDisk }),
        ...(minMemory === undefined ? {} : { minMemory }),
        ...(defaultUser === undefined ? {} : { defaultUser }),
        ...(firmware === undefined ? {} : { firmware }),
      }
      return { kind: 'ready', claim: from, sha256, inherits }
    }
    if (endOf(found) === 'failed') {
      const why = findCondition(found.status?.conditions, 'Stalled')?.message ?? ''
      const message = `Snapshot ${snapshot.name} failed: ${why} The image is made when there is another of that name that is Ready: delete this one first, or correct spec.source.snapshot.name.`
      return { kind: 'failed', message }
    }
    const message = `Snapshot ${snapshot.name} is ${phase ?? 'Pending'}; the image is made when it is Ready.`
    return { kind: 'waiting', message }
  }
  return { kind: 'ready' }
}

/** Undefined when there is nothing to ask, or it cannot be reached: then the pod's own status has to do. */
async function askWorker(
  image: BaseImage,
  pod: Pod,
  { control, masterKey }: ObserveDependencies,
): Promise<WorkerState | undefined> {
  const { terminating, runningSince, ips, name } = viewWorker(pod)
  const [host] = ips
  if (terminating || runningSince === undefined || host === undefined || !isControlledBy(pod, image))
    return undefined
  try {
    return await control.workerState({ host, key: workerControlKey(masterKey, image, name) })
  } catch {
    return undefined
  }
}
