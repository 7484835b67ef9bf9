import { createHash } from 'node:crypto'
import { labels, labelValues } from '../api/labels.ts'
import type { Snapshot } from '../api/snapshot.ts'
import type { Labels } from '../kube/object.ts'

/** Keeps a snapshot until its VM is clean and nothing uses it any more. */
export const snapshotFinalizer = 'ephemera.dev/snapshot'

/**
 * The one name of a snapshot's claim, and while it is under way of its worker pod and that one's Secret. A later snapshot of the
 * same name has others: what was kept is never written over.
 */
export function contentName({ metadata: { name, uid = '' } }: Pick<Snapshot, 'metadata'>): string {
  return `${name}-${createHash('sha256').update(uid).digest('hex').slice(0, 5)}`
}

/** On the claims, pods and Secrets of a snapshot. */
export function snapshotLabels(name: string): Labels {
  return {
    [labels.name]: labelValues.worker,
    [labels.managedBy]: labelValues.managedBy,
    [labels.snapshot]: name,
  }
}
