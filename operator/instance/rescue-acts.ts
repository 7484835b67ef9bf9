import { labels } from '../api/labels.ts'
import { diskBytesOf } from '../api/quantity.ts'
import type { ControlTarget } from '../control/connect.ts'
import { isControlledBy } from '../kube/owner.ts'
import { pods } from '../kube/resource.ts'
import { createOurs, nameTaken, type Whose } from '../pod/create-ours.ts'
import { putSecret } from '../pod/put-secret.ts'
import { refusalOf } from '../pod/refused.ts'
import { rescueSecret, rescueWorker, rescueWorkerName } from '../rescue/desired.ts'
import { attachRescued, bootRescue, endRescue, offerRescueDisk } from '../rescue/disk.ts'
import { removeWorker } from '../worker/remove.ts'
import type { ActDependencies } from './act.ts'
import { controlTarget } from './control-target.ts'
import type { Observed } from './observed.ts'
import { viewPod } from './pod-view.ts'
import type { RescueStep } from './rescuing.ts'

/** Carries out one step of a rescue; each may be done again without harm. Throws Refused, KubeError, ControlError, QmpError. */
export async function actRescue(
  step: RescueStep,
  observed: Observed,
  dependencies: ActDependencies,
  signal: AbortSignal,
): Promise<void> {
  const { instance, pod, rescue } = observed
  const { client, control, masterKey } = dependencies
  if (step === 'removeWorker') {
    if (rescue?.worker !== undefined) await removeWorker(rescue.worker.metadata, client, signal)
    return
  }
  if (pod === undefined) return
  const target = controlTarget(instance, viewPod(pod), masterKey)
  switch (step) {
    case 'fill':
      return fill(observed, target, dependencies, signal)
    case 'boot':
      return bootRescue(control, target)
    case 'attach':
      return attachRescued(control, target)
    case 'end':
      return endRescue(control, target, { staysPaused: instance.spec.powerState === 'Paused' })
  }
}

async function fill(
  { instance, pod, rescue }: Observed,
  target: ControlTarget,
  { client, control, masterKey, config }: ActDependencies,
  signal: AbortSignal,
): Promise<void> {
  const { namespace, name } = instance.metadata
  const worker = { namespace, name: rescueWorkerName(name) }
  if (pod === undefined || rescue?.source?.kind !== 'ready') return
  const { boot } = rescue.source
  const view = viewPod(pod)
  const whose: Whose = {
    what: 'instance',
    remedy: 'delete it, or take spec.rescue away',
    isOurs: (object) => isControlledBy(object, instance),
  }
  // One that the cache does not show yet writes to the disk that is there: it is not to be made anew under it.
  const existing = await client.find(pods, worker, { signal })
  if (existing !== undefined) {
    if (!whose.isOurs(existing)) throw nameTaken('Pod', worker.name, whose)
    return
  }
  const roomBytes = view.fleeceBytes ?? 0
  const diskBytes = diskBytesOf(view.size?.disk ?? '0')
  await offerRescueDisk(control, target, { diskBytes, roomBytes })
  const identity = [labels.rescueOf, labels.managedBy]
  const secret = rescueSecret(instance, masterKey)
  const outcome = await putSecret(client, instance, secret, identity, signal).catch((error: unknown) => {
    throw refusalOf(error, "the Secret of the rescue's worker")
  })
  if (outcome !== 'done') throw nameTaken('Secret', worker.name, whose)
  const firmware = view.boot?.firmware ?? 'BIOS'
  const intent = rescueWorker({ instance, boot, address: target.host, roomBytes, firmware, config })
  await createOurs(client, pods, intent, whose, signal)
}
