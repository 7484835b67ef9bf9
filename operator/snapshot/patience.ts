import type { Snapshot } from '../api/snapshot.ts'
import { findCondition } from '../kube/conditions.ts'

/** A delete does not wait for long for a VM that cannot be reached: somebody waits for it. */
const deleteSeconds = 60

/** Nor does the next snapshot of that VM wait for one that has ended for ever. */
const endedSeconds = 600

/**
 * Whether what a snapshot has left in its VM is let be, as the VM was not to be reached for so long. The next snapshot of the VM takes it
 * away before its own moment, and the end of the VM does.
 */
export function isLeftBe({ metadata, status }: Snapshot, now: Date): boolean {
  const since = (time: string | undefined): number =>
    time === undefined ? 0 : (now.getTime() - Date.parse(time)) / 1000
  const ends = ['Stalled', 'Ready'].flatMap((type) => {
    const found = findCondition(status?.conditions, type)
    return found?.status === 'True' ? [found.lastTransitionTime] : []
  })
  return since(metadata.deletionTimestamp) > deleteSeconds || since(ends[0]) > endedSeconds
}
