import type { Snapshot, SnapshotPhase, SnapshotStatus } from '../api/snapshot.ts'
import type { SnapshotReason } from '../api/snapshot-reasons.ts'
import type { WorkerResult } from '../worker/result.ts'

/** The one thing that a reconcile does for a snapshot. */
export type Action =
  /** Add the finalizer, before anything is made that it has to see to. */
  | 'protect'
  | 'createClaim'
  /** Fix the moment in the VM, and export it. */
  | 'take'
  | 'createWorker'
  /** So that the next one can start. */
  | 'removeWorker'
  /** Take away what is left in the VM, and the worker; of a failed snapshot the claim as well. */
  | 'cleanUp'
  /** The same, and the claim unless it is to be retained, and then the finalizer. */
  | 'release'

type Facts = Partial<
  Pick<
    SnapshotStatus,
    'source' | 'lineage' | 'defaultUser' | 'firmware' | 'takenAt' | 'quiesced' | 'guestPauseMs' | 'attempts'
  >
>

/** What is to be said of a snapshot, and done about it. */
export type Verdict = Readonly<{
  phase: SnapshotPhase
  reason: SnapshotReason
  message: string
  /** Ready, or failed for good, and never anything else again. */
  end?: 'ready' | 'failed'
  /** What the worker just made. */
  made?: WorkerResult
  /** There may still be something to take away. */
  isUnclean?: boolean
  /** Found out just now; what is known already stays. */
  facts?: Facts
  progress?: number | undefined
  action?: Action
  /** Look again after this time, for what no watch reports. */
  requeueAfterSeconds?: number
}>

/** It goes on by itself. */
export const goesOn = (phase: SnapshotPhase, reason: SnapshotReason, message: string): Verdict => ({
  phase,
  reason,
  message,
})

/** There will be no image. */
export const failed = (reason: SnapshotReason, message: string): Verdict => ({
  phase: 'Failed',
  reason,
  message,
  end: 'failed',
  isUnclean: true,
})

/** How a snapshot ended, if it did: it is not looked at any more but to clean up, and to say who uses it. */
export function endOf({ status }: Pick<Snapshot, 'status'>): 'ready' | 'failed' | undefined {
  const is = (type: string) => status?.conditions?.some((one) => one.type === type && one.status === 'True')
  if (is('Stalled') === true) return 'failed'
  return is('Ready') === true ? 'ready' : undefined
}

/** That disk can be read no more. */
export const lost = (why: string): Verdict =>
  failed('SourceLost', `The disk is gone: ${why} before the copy was done. Make another Snapshot.`)

/** Its moment has not been fixed yet, as far as it was written down. */
export const isUntaken = ({ status }: Pick<Snapshot, 'status'>): boolean => status?.takenAt === undefined

/** It keeps a VM before that goes. The guest may still write, and must not after the moment. */
export const pauseAwaited: Verdict = goesOn(
  'Pending',
  'AwaitsPause',
  'The VM is being paused: what its guest wrote after the moment would be lost.',
)

/** Another one of the same VM is under way. */
export const queued = (name: string): Verdict =>
  goesOn('Pending', 'Queued', `Snapshot ${name} of the same VM comes first.`)
