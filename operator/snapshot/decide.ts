import { bytesOf } from '../api/quantity.ts'
import type { SnapshotReason } from '../api/snapshot-reasons.ts'
import { viewPod } from '../instance/pod-view.ts'
import { isRelocating } from '../instance/relocating.ts'
import { isRescued } from '../instance/rescued.ts'
import { findCondition } from '../kube/conditions.ts'
import { hasFinalizer } from '../kube/finalizer.ts'
import { viewWorker } from '../worker/view.ts'
import { contentName, snapshotFinalizer } from './children.ts'
import { copierFailed, copying, starting, untaken, withoutCopier } from './copier.ts'
import type { Observed } from './observed.ts'
import { endOf, failed, goesOn, isUntaken, lost, queued, type Verdict } from './verdict.ts'

/** One question about what was observed; undefined hands on to the next. */
type Check = (observed: Observed) => Verdict | undefined

/** In this order: the first that has something to say decides. */
const checks: readonly Check[] = [
  deleting, //       it is to go
  ended, //          ready or failed: nothing but cleaning up
  unprotected, //    nothing may be made before the finalizer is there
  complete, //       the worker has made the image, whatever became of the VM
  overdue, //        the deadline is over
  unpinned, //       it is not yet settled which VM it is of
  sourceLost, //     that VM is gone
  withoutClaim, //   there is nowhere to put it
  copierFailed, //   the worker gave up
  withoutCopier, //  there is nobody to copy it
  starting, //       the worker is not there yet
  untaken, //        all is there but the moment
  copying, //        the worker works
]

/** What to say of a snapshot and what to do about it. Pure: the same observation gives the same verdict. */
export function decide(observed: Observed): Verdict {
  for (const check of checks) {
    const verdict = check(observed)
    if (verdict !== undefined) return verdict
  }
  throw new TypeError(`snapshot ${observed.snapshot.metadata.name} was left undecided`)
}

function deleting({ snapshot, users }: Observed): Verdict | undefined {
  if (snapshot.metadata.deletionTimestamp === undefined) return undefined
  if (users.length > 0 && endOf(snapshot) === 'ready') {
    const some = users.slice(0, 5).map(({ kind, name }) => `${kind} ${name}`)
    const more = users.length > some.length ? ` and ${users.length - some.length} more` : ''
    const message = `It is deleted when nothing uses it any more: ${some.join(', ')}${more}.`
    return { ...goesOn('Deleting', 'InUse', message), end: 'ready' }
  }
  if (!hasFinalizer(snapshot, snapshotFinalizer)) return goesOn('Deleting', 'Deleting', 'It is going.')
  return { ...goesOn('Deleting', 'Deleting', 'What was made for it is taken away.'), action: 'release' }
}

function ended({ snapshot, claim }: Observed): Verdict | undefined {
  const end = endOf(snapshot)
  if (end === undefined) return undefined
  const known = findCondition(snapshot.status?.conditions, end === 'ready' ? 'Ready' : 'Stalled')
  const verdict: Verdict = {
    phase: end === 'ready' ? 'Ready' : 'Failed',
    reason: (known?.reason ?? 'Taken') as SnapshotReason,
    message: known?.message ?? '',
    end,
  }
  if (isUnclean({ snapshot })) return { ...verdict, action: 'cleanUp' }
  const isGone = claim === undefined || claim.metadata.deletionTimestamp !== undefined
  if (end === 'ready' && (isGone || claim.status?.phase === 'Lost')) {
    const message = `PersistentVolumeClaim ${snapshot.status?.claim} is gone, and the image with it: delete the snapshot.`
    return { ...failed('ClaimLost', message) }
  }
  return verdict
}

/** Its end is known, and what is left of the work has not been taken away yet. */
export const isUnclean = ({ snapshot: { status } }: Pick<Observed, 'snapshot'>): boolean =>
  findCondition(status?.conditions, 'Reconciling')?.reason === 'CleaningUp'

function unprotected({ snapshot }: Observed): Verdict | undefined {
  if (hasFinalizer(snapshot, snapshotFinalizer)) return undefined
  return { ...goesOn('Pending', 'Pending', 'It was just made.'), action: 'protect' }
}

function complete({ snapshot, worker }: Observed): Verdict | undefined {
  const outcome = worker === undefined ? undefined : viewWorker(worker).outcome
  // Of a moment that was fixed by an operator who died of it, the VM still knows when it was.
  if (outcome?.kind !== 'complete' || isUntaken(snapshot)) return undefined
  const { result } = outcome
  const diskBytes = bytesOf(snapshot.status?.source?.disk ?? '0')
  if (result.virtualSize < diskBytes || result.format !== 'qcow2') {
    const message = `The worker wrote a ${result.format} image of ${result.virtualSize} bytes, and the disk has ${diskBytes}: make the snapshot again.`
    return failed('ImageIncomplete', message)
  }
  const message = 'The image is complete and can be booted with boot.snapshot.'
  return { ...goesOn('Ready', 'Taken', message), end: 'ready', isUnclean: true, made: result, progress: 100 }
}

/** Seconds that are left; never below 0. */
export function secondsLeft({
  snapshot: { metadata, spec },
  now,
}: Pick<Observed, 'snapshot' | 'now'>): number {
  const created = Date.parse(metadata.creationTimestamp ?? now.toISOString())
  return Math.max(0, spec.deadlineSeconds - (now.getTime() - created) / 1000)
}

function overdue(observed: Observed): Verdict | undefined {
  if (secondsLeft(observed) > 0) return undefined
  const { spec, status } = observed.snapshot
  const last = findCondition(status?.conditions, 'Ready')
  const message = `It was not ready within ${spec.deadlineSeconds} s. The last word was: ${last?.message ?? 'none'}`
  return failed('DeadlineExceeded', message)
}

/** Waits for something in the cluster that a watch reports, or for the deadline. */
const waits = (observed: Observed, reason: SnapshotReason, message: string): Verdict => ({
  ...goesOn('Pending', reason, message),
  requeueAfterSeconds: Math.ceil(secondsLeft(observed)),
})

function unpinned(observed: Observed): Verdict | undefined {
  const { snapshot, instance, vm, ahead, lineage } = observed
  const { instance: name } = snapshot.spec
  if (snapshot.status?.source !== undefined) return undefined
  if (instance === undefined || instance.metadata.deletionTimestamp !== undefined) {
    return waits(
      observed,
      'InstanceNotFound',
      `There is no EphemeralInstance ${name}: it is waited for until the deadline.`,
    )
  }
  if (isRescued(instance)) {
    const message = `EphemeralInstance ${name} is being rescued: the snapshot is taken when spec.rescue is gone and the VM is back on its own disk, or fails at the deadline.`
    return waits(observed, 'InstanceRescued', message)
  }
  const pod = vm === undefined ? undefined : viewPod(vm)
  if (pod === undefined || !pod.started || pod.terminating || pod.size === undefined) {
    const message = `EphemeralInstance ${name} has no running VM: it is waited for until the deadline.`
    return waits(observed, 'InstanceNotRunning', message)
  }
  if (isRelocating(instance, pod.uid)) {
    const message = `EphemeralInstance ${name} leaves its node, which is drained: its VM is waited for until the deadline.`
    return waits(observed, 'InstanceNotRunning', message)
  }
  if (pod.fleeceBytes === undefined) {
    const message = `The VM of ${name} was started by an older version of the operator: rebuild the instance (spec.rebuildGeneration), which throws its disk away, before taking snapshots of it.`
    return failed('InstanceTooOld', message)
  }
  if (ahead !== undefined) return { ...queued(ahead), requeueAfterSeconds: Math.ceil(secondsLeft(observed)) }
  const { defaultUser } = instance.status?.boot ?? {}
  const { firmware } = pod.boot ?? {}
  return {
    ...goesOn('Pending', 'Preparing', `The disk of ${name} is about to be snapshotted.`),
    facts: {
      source: {
        instanceUID: instance.metadata.uid ?? '',
        podName: pod.name,
        podUID: pod.uid,
        disk: pod.size.disk,
      },
      ...(lineage.length === 0 ? {} : { lineage: [...lineage] }),
      ...(defaultUser === undefined ? {} : { defaultUser }),
      ...(firmware === undefined ? {} : { firmware }),
    },
  }
}

/** Why the VM that was settled on cannot be read any more; undefined: it can. */
function lossOf({ snapshot, vm, instance }: Observed): string | undefined {
  const { source } = snapshot.status ?? {}
  const name = snapshot.spec.instance
  if (vm === undefined || vm.metadata.uid !== source?.podUID) {
    if (instance === undefined || instance.metadata.uid !== source?.instanceUID)
      return `EphemeralInstance ${name} was deleted`
    if (instance.spec.powerState === 'Stopped') return `EphemeralInstance ${name} was stopped`
    return `the VM of ${name} was rebuilt, or its pod was lost`
  }
  const pod = viewPod(vm)
  if (pod.phase === 'Succeeded' || pod.phase === 'Failed') return `the VM of ${name} ended`
  return pod.terminating && isUntaken(snapshot) ? `the VM of ${name} is going` : undefined
}

function sourceLost(observed: Observed): Verdict | undefined {
  const why = lossOf(observed)
  return why === undefined ? undefined : lost(why)
}

function withoutClaim({ snapshot, claim }: Observed): Verdict | undefined {
  const name = contentName(snapshot)
  if (claim === undefined) {
    const began = snapshot.status?.claim !== undefined
    if (began) return failed('ClaimLost', `PersistentVolumeClaim ${name} was deleted. Make another Snapshot.`)
    return {
      ...goesOn('Pending', 'Preparing', 'The claim for the image is being made.'),
      action: 'createClaim',
    }
  }
  if (claim.metadata.deletionTimestamp === undefined && claim.status?.phase !== 'Lost') return undefined
  return failed(
    'ClaimLost',
    `PersistentVolumeClaim ${name} is being deleted or lost its volume. Make another Snapshot.`,
  )
}
