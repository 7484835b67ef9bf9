import type { EphemeralInstance } from '../api/ephemeral-instance.ts'
import type { Snapshot } from '../api/snapshot.ts'
import { findCondition } from '../kube/conditions.ts'
import { keyOf } from '../kube/object.ts'
import { isControlledBy } from '../kube/owner.ts'
import { standingOf, travelSnapshotOf } from '../snapshot/keep.ts'
import { keeping } from './expiring.ts'
import type { Observed } from './observed.ts'
import { type PodView, viewPod } from './pod-view.ts'
import { isDraining, isRelocating } from './relocating.ts'
import { isRescued } from './rescued.ts'
import { judgePod } from './running.ts'
import { shelvedOf } from './shelved.ts'
import type { Sources } from './sources.ts'
import { down, no, type Verdict } from './verdict.ts'

/** Its disk is kept, and it has no other that outlives it: nothing is left for the guest to do. */
const graceSeconds = 2

/**
 * How long the pod is left to whoever drains the node, once it may go. `kubectl drain` tries an eviction that was refused again after
 * 5 s, and by the pod's name: finding the next pod of that name, on another node, it would wait for that one.
 */
const patienceSeconds = 20

/** The Snapshot with which a VM on a cordoned node leaves it, if one runs that can be kept. */
export const travelling = (observed: Pick<Observed, 'instance' | 'made' | 'pod' | 'now'>) =>
  keeping(
    observed,
    `Taken because the node of ${observed.instance.metadata.name} is drained.`,
    (instance, why) => travelSnapshotOf(instance, why, heldSince(observed)),
  )

/** Since when it has been held for this drain: from now on, if it was not. */
const heldSince = ({ instance, now }: Pick<Observed, 'instance' | 'now'>): string =>
  instance.status?.drain?.since ?? now.toISOString()

/** The node is being drained, and eviction is SnapshotThenRecreate: the VM is kept in a Snapshot, and then its pod goes. */
export function drained(observed: Observed, pod: PodView | undefined): Verdict | undefined {
  const { instance, kept } = observed
  if (pod === undefined) return undefined
  if (isRelocating(instance, pod.uid)) return leaving(observed, pod, shelvedOf(instance)?.snapshot)
  if (!isDraining(observed)) return undefined
  const snapshot = travelling(observed)
  if (snapshot === undefined) return leaving(observed, pod, shelvedOf(instance)?.snapshot)
  if (isRescued(instance)) return undefined
  const { name } = snapshot.metadata
  const { atRest: _, passing: __, ...judged } = judgePod(observed, pod)
  const verdict: Verdict = { ...judged, drain: { since: heldSince(observed) } }
  switch (standingOf(kept)) {
    case 'kept':
      return leaving(observed, pod, name)
    case 'lost': {
      const why = findCondition(kept?.status?.conditions, 'Stalled')?.message ?? 'it is being deleted.'
      return { ...verdict, ...notRelocated(pod.node, `Snapshot ${name} failed: ${why}`) }
    }
    case 'underWay':
    case 'absent': {
      const message = `Node ${pod.node} is cordoned, and its drain waits until Snapshot ${name} of the VM is complete; then the VM starts from it elsewhere.`
      const isHeld = verdict.active.reason === 'Pausing' || verdict.active.reason === 'Paused'
      const under: Verdict = {
        ...verdict,
        phase: 'Draining',
        drainBlocked: { reason: 'Keeping', message },
        ...(isHeld ? { guestReady: no('Draining', message) } : {}),
      }
      if (verdict.action !== undefined || kept !== undefined) return under
      return { ...under, action: { kind: 'keep', snapshot } }
    }
  }
}

/** Said first: that lets the drain take the pod. Where none does, the operator takes it. */
function leaving(observed: Observed, pod: PodView, snapshot: string | undefined): Verdict {
  const { instance, now } = observed
  const what =
    snapshot === undefined
      ? 'No VM ran yet whose disk could be kept'
      : `The disk of the VM is kept in Snapshot ${snapshot}`
  const message = `${what}; the pod leaves node ${pod.node}, which is drained, and the VM starts elsewhere.`
  const known = isRelocating(instance, pod.uid) ? instance.status?.drain?.releasedAt : undefined
  const releasedAt = known ?? now.toISOString()
  const verdict: Verdict = {
    ...down('Draining', 'Relocating', message),
    drain: { since: heldSince(observed), releasedAt },
    ...(snapshot === undefined
      ? {}
      : { shelved: { snapshot, rebuildGeneration: instance.spec.rebuildGeneration } }),
  }
  const left = patienceSeconds - (now.getTime() - Date.parse(releasedAt)) / 1000
  if (left > 0) return { ...verdict, requeueAfterSeconds: left }
  const end = { kind: 'delete', podUID: pod.uid } as const
  return { ...verdict, action: pod.writesVolumes ? end : { ...end, graceSeconds } }
}

/** The VM was to leave its node and cannot be kept in a Snapshot: it runs on there, and somebody has to decide. */
export function notRelocated(
  node: string | undefined,
  why: string,
): Pick<Verdict, 'phase' | 'stalled' | 'drainBlocked'> {
  const message = `Node ${node} is to be drained, and the VM runs on there, because it could not be kept. ${why} Delete the failed Snapshot, and another one is taken; or set spec.eviction to Recreate, which gives the disk up.`
  const told = { reason: 'NotKept', message } as const
  return { phase: 'Stalled', stalled: told, drainBlocked: told }
}

/** Snapshots that were taken for a drain, and are of no use any more: of a drain that was called off, or of one before the last. */
export function leftoversOf(
  instance: EphemeralInstance,
  /** The Snapshot in which the VM is being kept now, if it is. */
  keeper: string | undefined,
  { snapshots }: Pick<Sources, 'snapshots'>,
): readonly Snapshot[] {
  const wanted = [keeper, instance.status?.shelved?.snapshot, instance.status?.boot?.name]
  return snapshots
    .byIndex('instance', keyOf(instance))
    .filter(
      (one) =>
        isControlledBy(one, instance) &&
        one.metadata.deletionTimestamp === undefined &&
        !wanted.includes(one.metadata.name),
    )
}

/** Once the VM runs and has nothing else to be done for it, what former drains left is taken away, whether or not its guest answers. */
export function withoutLeftovers(observed: Observed, verdict: Verdict): Verdict {
  const [left] = observed.leftovers ?? []
  const pod = observed.pod === undefined ? undefined : viewPod(observed.pod)
  if (left === undefined || verdict.action !== undefined || pod?.started !== true || pod.terminating)
    return verdict
  return { ...verdict, action: { kind: 'discard', snapshot: left } }
}
