import type { EphemeralInstance } from '../api/ephemeral-instance.ts'
import type { GuestInfo } from '../api/guest-info.ts'
import type { VmControl } from '../control/client.ts'
import { findCondition } from '../kube/conditions.ts'
import { keyOf } from '../kube/object.ts'
import { controlTarget } from './control-target.ts'
import type { GuestAsks } from './guest-asks.ts'
import type { PodView } from './pod-view.ts'

type Asking = Readonly<{ asks: GuestAsks; control: VmControl; masterKey: Uint8Array }>

/** Since when the guest of this pod has answered, RFC 3339; undefined: it does not at present, or nobody wrote it down yet. */
export function answeringSince(
  { status }: Pick<EphemeralInstance, 'status'>,
  pod: PodView | undefined,
): string | undefined {
  if (pod === undefined || !pod.ready || pod.terminating) return undefined
  if (status?.podUID !== pod.uid || status.restarts !== pod.restarts) return undefined
  const ready = findCondition(status.conditions, 'GuestReady')
  return ready?.status === 'True' ? ready.lastTransitionTime : undefined
}

/** Milliseconds until the guest is to be asked what it says of itself; undefined: it does not answer at present. */
export function guestDue(
  asks: GuestAsks,
  instance: EphemeralInstance,
  pod: PodView | undefined,
  now: Date,
): number | undefined {
  const since = answeringSince(instance, pod)
  if (pod === undefined || since === undefined) return undefined
  const hasTold = instance.status?.guest !== undefined
  return asks.millisecondsLeft(keyOf(instance), machineOf(pod), since, hasTold, now)
}

/** What the guest says of itself, if it is time to ask; undefined also where it has no agent, or one that does not answer. */
export async function askGuest(
  instance: EphemeralInstance,
  pod: PodView | undefined,
  now: Date,
  { asks, control, masterKey }: Asking,
): Promise<GuestInfo | undefined> {
  if (pod === undefined || guestDue(asks, instance, pod, now) !== 0) return undefined
  try {
    const target = controlTarget(instance, pod, masterKey)
    return await asks.ask(keyOf(instance), machineOf(pod), now, () => control.guest(target))
  } catch {
    return undefined
  }
}

/** What tells one start of a VM from the next. */
export const machineOf = ({ uid, restarts }: PodView): string => `${uid}/${restarts}`
