import type { SnapshotStatus } from '../api/snapshot.ts'
import { findCondition } from '../kube/conditions.ts'
import type { EventRecord } from '../kube/events.ts'

/**
 * The events that tell what became of a snapshot, from one status to the next. They follow from the statuses alone, so that
 * they are told once, after the status was written.
 */
export function storyOf(before: SnapshotStatus | undefined, after: SnapshotStatus): EventRecord[] {
  const taken = before?.takenAt === undefined && after.takenAt !== undefined ? [takenOf(after)] : []
  const was = findCondition(before?.conditions, 'Ready')
  const is = findCondition(after.conditions, 'Ready')
  const progressing = findCondition(after.conditions, 'Reconciling')
  const waited = findCondition(before?.conditions, 'Reconciling')?.reason
  if (progressing?.reason === 'InUse' && waited !== 'InUse')
    return [...taken, { type: 'Normal', reason: 'InUse', action: 'Delete', note: progressing.message }]
  if (is === undefined || was?.reason === is.reason || quiet.has(is.reason)) return taken
  if (is.reason === 'Taken') return [...taken, readyOf(after)]
  const failed = findCondition(after.conditions, 'Stalled') !== undefined
  const type = failed || !normal.has(is.reason) ? 'Warning' : 'Normal'
  return [...taken, { type, reason: is.reason, action: 'Snapshot', note: is.message }]
}

function takenOf({ quiesced, guestPauseMs, source }: SnapshotStatus): EventRecord {
  const how = quiesced === true ? 'with its filesystems frozen' : 'without freezing its filesystems'
  const note = `Fixed the disk of pod ${source?.podName} as it is now, ${how}; the guest paused for at most ${guestPauseMs} ms.`
  return { type: 'Normal', reason: 'MomentFixed', action: 'Snapshot', note }
}

function readyOf({ virtualSize, size, durationMs, claim }: SnapshotStatus): EventRecord {
  const note = `Kept a disk of ${virtualSize} (a file of ${size}) in ${(durationMs ?? 0) / 1000} s; it is in claim ${claim}.`
  return { type: 'Normal', reason: 'Taken', action: 'Snapshot', note }
}

/** Steps that take a moment, or say nothing that others do not. */
const quiet: ReadonlySet<string> = new Set(['Pending', 'Preparing', 'Copying', 'Deleting'])

const normal: ReadonlySet<string> = new Set(['InstanceNotFound', 'InstanceNotRunning', 'Queued'])
