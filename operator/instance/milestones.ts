import type { EphemeralInstance } from '../api/ephemeral-instance.ts'
import type { InstanceStatus } from '../api/instance-status.ts'

/** A step of a VM's start that was reached just now, and how long it took. */
export type Milestone = Readonly<{ step: 'createToPod' | 'podToQemu' | 'qemuToGuest'; seconds: number }>

/**
 * The steps that were reached between an instance's status as it was and the one that was written. They follow from
 * the two alone, so that each counts once for each VM, whichever process writes it.
 *
 * @param podCreatedAt RFC 3339; undefined where there is no pod
 */
export function milestonesOf(
  instance: EphemeralInstance,
  after: InstanceStatus,
  podCreatedAt: string | undefined,
): Milestone[] {
  const before = instance.status?.podUID === after.podUID ? instance.status?.timings : undefined
  const { qemuStarted, guestReady } = after.timings ?? {}
  const found: Milestone[] = []
  const toPod = isFirstPod(instance, after) ? secondsToPod(instance, podCreatedAt) : undefined
  if (toPod !== undefined) found.push({ step: 'createToPod', seconds: toPod })
  if (qemuStarted !== undefined && before?.qemuStarted === undefined)
    found.push({ step: 'podToQemu', seconds: qemuStarted / 1000 })
  if (qemuStarted !== undefined && guestReady !== undefined && before?.guestReady === undefined)
    found.push({ step: 'qemuToGuest', seconds: (guestReady - qemuStarted) / 1000 })
  return found
}

/** Later pods are not made because the instance was: its spec was changed, or it lost one. */
function isFirstPod({ metadata, status }: EphemeralInstance, after: InstanceStatus): boolean {
  const isNew = after.podUID !== undefined && after.podUID !== status?.podUID
  return isNew && metadata.generation === 1 && after.restarts === 0
}

function secondsToPod({ metadata }: EphemeralInstance, podCreatedAt: string | undefined): number | undefined {
  const milliseconds = Date.parse(podCreatedAt ?? '') - Date.parse(metadata.creationTimestamp ?? '')
  return Number.isNaN(milliseconds) ? undefined : Math.max(0, milliseconds / 1000)
}
