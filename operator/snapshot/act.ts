import { labels } from '../api/labels.ts'
import { diskBytesOf } from '../api/quantity.ts'
import type { Snapshot } from '../api/snapshot.ts'
import { snapshots } from '../api/types.ts'
import type { Config } from '../config.ts'
import type { DiskControl } from '../control/client.ts'
import { ControlError } from '../control/connect.ts'
import { viewPod } from '../instance/pod-view.ts'
import type { KubeClient } from '../kube/client.ts'
import { deleteVery } from '../kube/delete-very.ts'
import { addFinalizer, removeFinalizer } from '../kube/finalizer.ts'
import { isControlledBy } from '../kube/owner.ts'
import { persistentVolumeClaims, pods } from '../kube/resource.ts'
import { createOurs, nameTaken, type Whose } from '../pod/create-ours.ts'
import { putSecret } from '../pod/put-secret.ts'
import { refusalOf } from '../pod/refused.ts'
import { removeWorker } from '../worker/remove.ts'
import { snapshotFinalizer, snapshotLabels } from './children.ts'
import { isUnclean, secondsLeft } from './decide.ts'
import { contentClaim, contentSecret, contentWorker } from './desired.ts'
import { exportDisk, OtherMoment, releaseDisk } from './disk/disk.ts'
import { blockNames } from './disk/names.ts'
import { isKeeper } from './keep.ts'
import { targetOf } from './observe.ts'
import type { Observed } from './observed.ts'
import { isLeftBe } from './patience.ts'
import type { Turns } from './turns.ts'
import { type Action, endOf, failed, goesOn, pauseAwaited, queued, type Verdict } from './verdict.ts'

export type ActDependencies = Readonly<{
  client: KubeClient
  control: DiskControl
  masterKey: Uint8Array
  config: Config
  /** By the addresses of VMs. */
  turns: Turns
}>

/**
 * Carries out the action of a verdict, and gives what is to be said afterwards. Each may be done again without harm. Throws
 * Refused, KubeError, ControlError, QmpError.
 */
export async function act(
  action: Action,
  wanted: Verdict,
  observed: Observed,
  dependencies: ActDependencies,
  signal: AbortSignal,
): Promise<Verdict> {
  const { snapshot, worker } = observed
  const { client } = dependencies
  switch (action) {
    case 'protect':
      await addFinalizer(client, snapshots, snapshot, snapshotFinalizer, { signal })
      return wanted
    case 'createClaim':
      await createOurs(client, persistentVolumeClaims, contentClaim(snapshot), whose(snapshot), signal)
      return wanted
    case 'take':
      return take(observed, dependencies)
    case 'createWorker':
      await createWorker(observed, dependencies, signal)
      return wanted
    case 'removeWorker':
      if (worker !== undefined) await removeWorker(worker.metadata, client, signal)
      return wanted
    case 'cleanUp': {
      const left = await cleanUp(observed, dependencies, signal)
      if (endOf(snapshot) === 'failed') await removeClaim(observed, client, signal)
      if (left !== undefined) throw left.why
      return wanted
    }
    case 'release': {
      const left = await cleanUp(observed, dependencies, signal)
      if (left !== undefined) throw left.why
      if (!snapshot.spec.retain || endOf(snapshot) !== 'ready') await removeClaim(observed, client, signal)
      await removeFinalizer(client, snapshots, snapshot, snapshotFinalizer, { signal })
      return wanted
    }
  }
}

/** Seconds until it is looked again whether the disk is free for this snapshot, or its guest stands still. */
const turnAgainSeconds = 2

/** What the caches say of turns may be late: whose turn it is, the disk knows, and it is asked at last. */
async function take(observed: Observed, dependencies: ActDependencies): Promise<Verdict> {
  try {
    return await exported(observed, dependencies)
  } catch (error) {
    if (!(error instanceof OtherMoment)) throw error
    const other = observed.others.find(({ filter }) => filter === error.filter)
    return { ...queued(other?.name ?? error.filter), requeueAfterSeconds: turnAgainSeconds }
  }
}

async function exported(
  { snapshot, instance, vm, others }: Observed,
  dependencies: ActDependencies,
): Promise<Verdict> {
  const { control, masterKey, turns } = dependencies
  const target = targetOf(snapshot, vm, masterKey)
  if (target === undefined) throw new ControlError('its pod has no address')
  const { spec, status } = snapshot
  const diskBytes = diskBytesOf(status?.source?.disk ?? '0')
  const wanted = {
    names: blockNames(snapshot.metadata.uid ?? ''),
    diskBytes,
    fleeceBytes: vm === undefined ? 0 : (viewPod(vm).fleeceBytes ?? 0),
  }
  const filters = others.map(({ filter }) => filter)
  // The cache may show a pause that is over: whether the guest stands still, the pod knows.
  const quiesce = isKeeper(snapshot, instance) ? 'Still' : spec.quiesce
  const switched = await turns.take(target.host, () => exportDisk(control, target, wanted, quiesce, filters))
  if (!switched.switched && switched.reason === 'Running')
    return { ...pauseAwaited, requeueAfterSeconds: turnAgainSeconds }
  const isUnquiet = switched.switched ? spec.quiesce === 'Required' && !switched.quiesced : true
  if (isUnquiet && (switched.reason === 'AgentSilent' || switched.reason === 'FreezeFailed')) {
    const what =
      switched.reason === 'AgentSilent' ? 'does not answer' : 'could not freeze the filesystems in time'
    const message = `quiesce is Required, and the guest's agent ${what}: install and start qemu-guest-agent in the guest, or make a Snapshot with quiesce Auto.`
    return failed('QuiesceFailed', message)
  }
  if (!switched.switched) throw new ControlError(switched.message || 'the pod could not switch the disk')
  const { takenAt, quiesced, pauseMs } = switched
  const message = "The disk as it was at the snapshot's moment is being copied; the guest goes on."
  return {
    ...goesOn('Snapshotting', 'Copying', message),
    facts: { takenAt, quiesced, guestPauseMs: Math.ceil(pauseMs) },
  }
}

async function createWorker(
  observed: Observed,
  { client, masterKey, config }: ActDependencies,
  signal: AbortSignal,
): Promise<void> {
  const { snapshot, vm } = observed
  const target = targetOf(snapshot, vm, masterKey)
  if (target === undefined) throw new ControlError('its pod has no address')
  const secret = contentSecret(snapshot, masterKey)
  const identity = [labels.snapshot, labels.managedBy]
  const outcome = await putSecret(client, snapshot, secret, identity, signal).catch((error: unknown) => {
    throw refusalOf(error, "the worker's Secret")
  })
  if (outcome !== 'done') throw nameTaken('Secret', secret.metadata.name, whose(snapshot))
  const place = { address: target.host, secondsLeft: secondsLeft(observed), config }
  await createOurs(client, pods, contentWorker(snapshot, place), whose(snapshot), signal)
}

/**
 * Takes away what is left in the VM, where there still is that VM, and then the worker, whatever became of the first. What is given is why
 * something is left in the VM that is worth another try.
 */
async function cleanUp(
  { snapshot, vm, worker, now }: Observed,
  { client, control, masterKey, turns }: ActDependencies,
  signal: AbortSignal,
): Promise<Readonly<{ why: unknown }> | undefined> {
  const hasToDoWithVm = endOf(snapshot) === undefined || isUnclean({ snapshot })
  const target = hasToDoWithVm ? targetOf(snapshot, vm, masterKey) : undefined
  let left: Readonly<{ why: unknown }> | undefined
  try {
    const names = blockNames(snapshot.metadata.uid ?? '')
    if (target !== undefined) await turns.take(target.host, () => releaseDisk(control, target, names))
  } catch (why) {
    if (!isLeftBe(snapshot, now)) left = { why }
  }
  if (worker !== undefined) await removeWorker(worker.metadata, client, signal)
  return left
}

async function removeClaim(
  { claim, snapshot }: Observed,
  client: KubeClient,
  signal: AbortSignal,
): Promise<void> {
  if (claim === undefined || claim.metadata.labels?.[labels.snapshot] !== snapshot.metadata.name) return
  await deleteVery(client, persistentVolumeClaims, claim.metadata, claim.metadata.uid, signal)
}

/** A claim that is to outlive its snapshot has no owner. */
const whose = (snapshot: Snapshot): Whose => ({
  what: 'snapshot',
  remedy: 'delete it',
  isOurs: (object) => {
    const wanted = Object.entries(snapshotLabels(snapshot.metadata.name))
    const isLabelled = wanted.every(([key, value]) => object.metadata.labels?.[key] === value)
    return isControlledBy(object, snapshot) || (snapshot.spec.retain && isLabelled)
  },
})
