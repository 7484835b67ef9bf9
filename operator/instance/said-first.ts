import type { InstanceStatus } from '../api/instance-status.ts'
import type { Observed } from './observed.ts'
import { statusOf } from './status.ts'
import type { Verdict } from './verdict.ts'

/** What the verdict ends, and how; undefined: nothing. */
export const endOf = ({ action }: Verdict): string | undefined =>
  action?.kind === 'delete' || action?.kind === 'abandon' ? `${action.kind} ${action.podUID}` : undefined

/** The status that has to be written before the verdict is carried out, for whoever comes after a crash in between. Undefined: none. */
export function saidFirst(observed: Observed, verdict: Verdict): InstanceStatus | undefined {
  const { status } = observed.instance
  const { action, drain } = verdict
  // It must not be taken for the loss of a VM.
  if (endOf(verdict) !== undefined) return statusOf(observed, verdict)
  // The Snapshot is named after the hold.
  if (action?.kind === 'keep' && drain?.since !== status?.drain?.since) return statusOf(observed, verdict)
  // What the guest writes from now on is not in the Snapshot of this hold: it must never be taken for one that is.
  if (action?.kind === 'resume' && status?.drain !== undefined && drain === undefined) {
    const { drain: _, ...held } = status
    return held
  }
  return undefined
}
