import type { EphemeralInstance } from '../api/ephemeral-instance.ts'
import type { Booted } from '../api/instance-status.ts'
import { labels } from '../api/labels.ts'
import type { Snapshot } from '../api/snapshot.ts'
import { ephemeralInstances, snapshots } from '../api/types.ts'
import type { Config } from '../config.ts'
import type { DiskControl, VmControl } from '../control/client.ts'
import type { ControlTarget } from '../control/connect.ts'
import { copyClaim } from '../copy/desired.ts'
import { recordOf } from '../copy/record.ts'
import { isCopyOf } from '../copy/views.ts'
import type { KubeClient } from '../kube/client.ts'
import { deleteVery } from '../kube/delete-very.ts'
import { isAlreadyExists, isConflict, isNotFound } from '../kube/errors.ts'
import type { Intent, Pod } from '../kube/object.ts'
import { persistentVolumeClaims, pods } from '../kube/resource.ts'
import { type PutOutcome, putSecret } from '../pod/put-secret.ts'
import { Refused, refusalOf } from '../pod/refused.ts'
import { attachVolumes } from '../volume/attach.ts'
import { childName } from './children.ts'
import { controlTarget } from './control-target.ts'
import { vmPod } from './desired/pod.ts'
import { instanceSecret } from './desired/secret.ts'
import { diskVolume } from './desired/volumes.ts'
import type { Observed } from './observed.ts'
import { isOurs, type Restoration, restorationOf } from './ownership.ts'
import { viewPod } from './pod-view.ts'
import { actRescue } from './rescue-acts.ts'
import type { Action } from './verdict.ts'
import { isKvmTaken } from './without-kvm.ts'

export type ActDependencies = Readonly<{
  client: KubeClient
  control: VmControl & DiskControl
  masterKey: Uint8Array
  config: Config
  now: () => Date
}>

/** Something of a former instance of the same name is in the way, and the cluster is about to collect it. */
export class FormerInTheWay extends Error {
  override readonly name = 'FormerInTheWay'
}

/** The pod that was made, or was found to have been made before without anybody having noticed. */
export type Creation = Readonly<{ pod: Pod; isNew: boolean }>

/**
 * Carries out the one action of a verdict; gives what became of a creation. Each may be done again without harm.
 * Throws Refused, FormerInTheWay, KubeError, ControlError.
 */
export async function act(
  action: Action,
  observed: Observed,
  dependencies: ActDependencies,
  signal: AbortSignal,
): Promise<Creation | undefined> {
  switch (action.kind) {
    case 'create':
      if (!(await isStillWanted(observed, dependencies, signal))) return undefined
      await putInstanceSecret(observed, action.placing.boot, dependencies, signal)
      return createPod(action, observed, dependencies, signal)
    case 'abandon':
    case 'delete': {
      const { namespace, name } = observed.instance.metadata
      const target = { namespace, name: childName(name) }
      const grace = action.kind === 'abandon' ? 0 : action.graceSeconds
      await deleteVery(dependencies.client, pods, target, action.podUID, signal, grace)
      return undefined
    }
    case 'attach': {
      const { instance } = observed
      try {
        await attachVolumes(instance, action.podUID, instance.spec.volumes ?? [], dependencies.client, signal)
      } catch (error) {
        throw refusalOf(error, 'the entry on a claim that gives the VM its volume')
      }
      return undefined
    }
    case 'pause':
    case 'resume':
      await control(observed, dependencies, (vm, target) => vm.setPaused(target, action.kind === 'pause'))
      return undefined
    case 'hold':
      await control(observed, dependencies, (vm, target) => vm.hold(target))
      return undefined
    case 'order':
      await control(observed, dependencies, (vm, target) => vm.order(target, action.order))
      return undefined
    case 'rescue':
      await actRescue(action.step, observed, dependencies, signal)
      return undefined
    case 'keep':
      await keep(action.snapshot, dependencies, signal)
      return undefined
    case 'discard':
      await discard(action.snapshot, observed.instance, dependencies, signal)
      return undefined
    case 'expire':
      await expire(observed.instance, dependencies, signal)
      return undefined
  }
}

/** Asks for the Snapshot that keeps the VM. One that is there already was asked for before. */
async function keep(
  snapshot: Intent<Snapshot>,
  { client }: ActDependencies,
  signal: AbortSignal,
): Promise<void> {
  try {
    await client.create(snapshots, snapshot, { signal })
  } catch (error) {
    if (!isAlreadyExists(error)) throw refusalOf(error, `Snapshot ${snapshot.metadata.name}`)
  }
}

/** Deletes a Snapshot that a drain left, unless the disk of the instance is in it after all, whatever the caches show. */
async function discard(
  { metadata }: Snapshot,
  instance: EphemeralInstance,
  { client }: ActDependencies,
  signal: AbortSignal,
): Promise<void> {
  const live = await client.find(ephemeralInstances, instance.metadata, { signal })
  if (live?.metadata.uid !== instance.metadata.uid || live?.status?.shelved?.snapshot === metadata.name)
    return
  try {
    await deleteVery(client, snapshots, metadata, metadata.uid, signal)
  } catch (error) {
    throw refusalOf(error, `to delete Snapshot ${metadata.name}`)
  }
}

/** Deletes the instance as it was looked at: one that was changed since, to give it more time say, is looked at again. */
async function expire(
  { metadata: { name, namespace, uid, resourceVersion } }: EphemeralInstance,
  { client }: ActDependencies,
  signal: AbortSignal,
): Promise<void> {
  try {
    await client.delete(ephemeralInstances, { namespace, name }, { uid, resourceVersion, signal })
  } catch (error) {
    if (!isNotFound(error) && !isConflict(error)) throw refusalOf(error, 'to delete the instance')
  }
}

/** Puts back what somebody took off a pod. Rejects with a conflict when the pod changed since it was looked at. */
export async function restore(
  { podUID: uid, resourceVersion, labels: lost, ownerReferences }: Restoration,
  instance: EphemeralInstance,
  { client }: Pick<ActDependencies, 'client'>,
  signal: AbortSignal,
): Promise<Pod> {
  const { name, namespace } = instance.metadata
  const metadata = {
    uid,
    resourceVersion,
    ...(lost === undefined ? {} : { labels: lost }),
    ...(ownerReferences === undefined ? {} : { ownerReferences }),
  }
  return client.mergePatch(pods, { namespace, name: childName(name) }, { metadata }, { signal })
}

/** Deletes a pod whose instance is gone, and which nothing else would ever delete. */
export async function removeLeftBehind(
  pod: Pod,
  { client }: Pick<ActDependencies, 'client'>,
  signal: AbortSignal,
): Promise<void> {
  await deleteVery(client, pods, pod.metadata, pod.metadata.uid, signal)
}

/** The instance's Secret, as it is to be. */
async function putInstanceSecret(
  { instance, keyPairs }: Observed,
  boot: Booted,
  { client, masterKey }: ActDependencies,
  signal: AbortSignal,
): Promise<void> {
  const intent = instanceSecret(instance, masterKey, boot, keyPairs.kind === 'ready' ? keyPairs.keys : [])
  let outcome: PutOutcome
  try {
    outcome = await putSecret(client, instance, intent, [labels.instance, labels.managedBy], signal)
  } catch (error) {
    throw refusalOf(error, "the VM's Secret")
  }
  if (outcome === 'former') {
    throw new FormerInTheWay('The Secret of a former instance of the same name is still going.')
  }
  if (outcome === 'taken') {
    throw new Refused(
      'NameTaken',
      `Secret ${intent.metadata.name} exists and does not belong to this instance: delete that Secret, or give the instance another name.`,
    )
  }
}

/**
 * A pod that is gone may have gone with its instance, which the cache may show still: each kind comes by a watch of its own.
 * So before a VM takes the place of another, the API server is asked.
 */
async function isStillWanted(
  { instance, made }: Observed,
  { client }: ActDependencies,
  signal: AbortSignal,
): Promise<boolean> {
  if (instance.status?.podUID === undefined && made === undefined) return true
  const live = await client.find(ephemeralInstances, instance.metadata, { signal })
  return live?.metadata.uid === instance.metadata.uid && live?.metadata.deletionTimestamp === undefined
}

async function createPod(
  { size, placing, restartsBefore }: Extract<Action, { kind: 'create' }>,
  observed: Observed,
  { client, config, now }: ActDependencies,
  signal: AbortSignal,
): Promise<Creation | undefined> {
  const { instance, keyPairs, isKvmOffered = false } = observed
  if (placing.isNew) await createCopyClaim(placing.boot.claim, observed, client, signal)
  const pinned = keyPairs.kind === 'ready' ? { keyPairs: keyPairs.pinned } : {}
  const volumes = observed.volumes.flatMap(({ volume, claim }) =>
    claim === undefined ? [] : [diskVolume(volume, claim)],
  )
  const createdAt = now().toISOString()
  const kvm = { isKvmOffered, isKvmTaken: isKvmTaken(observed) }
  const made = { config, ...kvm, restartsBefore, createdAt }
  const intent = vmPod({ instance, size, ...placing, ...pinned, volumes, ...made })
  try {
    // What the schema hands on as it is may hold anything.
    const strict = instance.spec.placement?.affinity !== undefined
    return { pod: await client.create(pods, intent, { signal, strict }), isNew: true }
  } catch (error) {
    if (!isAlreadyExists(error)) throw refusalOf(error, "the VM's pod")
  }
  const { name, namespace } = intent.metadata
  const other = await client.find(pods, { name, namespace }, { signal })
  // Gone again, or going: the next look finds the name free.
  if (other === undefined || other.metadata.deletionTimestamp !== undefined) return undefined
  if (!isOurs(observed, other)) {
    throw new Refused(
      'NameTaken',
      `Pod ${name} exists and does not belong to this instance: delete that pod, or give the instance another name.`,
    )
  }
  // Ours, and the cache does not show it: not yet, or because the labels that it is found by were taken off.
  const restoration = restorationOf(instance, other)
  const pod = restoration === undefined ? other : await restore(restoration, instance, { client }, signal)
  return { pod, isNew: false }
}

/** The claim of a copy, still without a volume: that is made where the scheduler puts the VM. */
async function createCopyClaim(
  name: string,
  { instance, content, home }: Observed,
  client: KubeClient,
  signal: AbortSignal,
): Promise<void> {
  if (content === undefined) throw new TypeError(`claim ${name} would be a copy of nothing`)
  const namespace = instance.metadata.namespace ?? ''
  const intent = copyClaim(content, home, { name, namespace })
  try {
    await client.create(persistentVolumeClaims, intent, { signal })
    return
  } catch (error) {
    if (!isAlreadyExists(error)) throw refusalOf(error, "the copy's claim")
  }
  const other = await client.find(persistentVolumeClaims, { namespace, name }, { signal })
  if (other === undefined || isCopyOf(recordOf(other), content)) return
  throw new Refused(
    'NameTaken',
    `PersistentVolumeClaim ${name} exists and is no copy of the image: delete it.`,
  )
}

async function control(
  { instance, pod }: Observed,
  { control, masterKey }: ActDependencies,
  command: (control: VmControl, target: ControlTarget) => Promise<void>,
): Promise<void> {
  if (pod === undefined) return
  await command(control, controlTarget(instance, viewPod(pod), masterKey))
}
