import type { InstanceStatus } from '../api/instance-status.ts'
import { findCondition } from '../kube/conditions.ts'
import type { Observed } from './observed.ts'
import { statusOf } from './status.ts'
import type { Verdict } from './verdict.ts'

/** What the verdict ends, and how; undefined: nothing. */
export const endOf = ({ action }: Verdict): string | undefined =>
  action?.kind === 'delete' || action?.kind === 'abandon' ? `${action.kind} ${action.podUID}` : undefined

/**
 * The guest of this status as it is about to be let go on. What it writes from then on is not in the Snapshot of this hold, which must never be
 * taken for one that is; and no moment may be fixed any more as that of a guest that stands still.
 */
function letGo(status: InstanceStatus, drain: InstanceStatus['drain']): InstanceStatus | undefined {
  const { drain: known, ...others } = status
  const isPaused = findCondition(status.conditions, 'Active')?.reason === 'Paused'
  if (!isPaused && (known === undefined || drain !== undefined)) return undefined
  const conditions = status.conditions?.map((one) =>
    one.type === 'Active' && isPaused ? { ...one, reason: 'Pausing', message: goingOn } : one,
  )
  return {
    ...others,
    ...(conditions === undefined ? {} : { conditions }),
    ...(drain === undefined ? {} : { drain }),
  }
}

const goingOn = "The guest's CPUs are about to be let go on."

/** The status that has to be written before the verdict is carried out, for whoever comes after a crash in between. Undefined: none. */
export function saidFirst(observed: Observed, verdict: Verdict): InstanceStatus | undefined {
  const { status } = observed.instance
  const { action, drain } = verdict
  // It must not be taken for the loss of a VM.
  if (endOf(verdict) !== undefined) return statusOf(observed, verdict)
  // The Snapshot is named after the hold.
  if (action?.kind === 'keep' && drain?.since !== status?.drain?.since) return statusOf(observed, verdict)
  if (action?.kind === 'resume' && status !== undefined) return letGo(status, drain)
  return undefined
}
