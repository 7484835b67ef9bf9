import type { BaseImageStatus } from '../api/image-status.ts'
import { findCondition } from '../kube/conditions.ts'
import type { EventRecord } from '../kube/events.ts'

/**
 * The events that tell what became of an image, from one status to the next. They follow from the statuses alone, so that
 * they are told once, after the status was written.
 */
export function storyOf(before: BaseImageStatus | undefined, after: BaseImageStatus): EventRecord[] {
  const was = findCondition(before?.conditions, 'Ready')
  const is = findCondition(after.conditions, 'Ready')
  if (is === undefined || (was?.reason === is.reason && before?.claim === after.claim)) return []
  if (is.reason === 'Imported') {
    const seconds = after.importMs === undefined ? '' : ` in ${after.importMs / 1000} s`
    const note = `Made a disk of ${after.virtualSize} (a file of ${after.size})${seconds}; it is in claim ${after.claim}.`
    return [{ type: 'Normal', reason: 'Imported', action: 'Import', note }]
  }
  if (was?.reason === is.reason || quiet.has(is.reason)) return []
  const type = normal.has(is.reason) ? 'Normal' : 'Warning'
  return [{ type, reason: is.reason, action: is.reason === 'InUse' ? 'Delete' : 'Import', note: is.message }]
}

/** Steps that take a moment, or say nothing that others do not. */
const quiet: ReadonlySet<string> = new Set(['Pending', 'Starting', 'Deleting'])

const normal: ReadonlySet<string> = new Set(['Importing', 'WaitingForUpload', 'SourceNotReady', 'InUse'])
