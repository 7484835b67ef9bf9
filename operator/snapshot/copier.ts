import type { SnapshotReason } from '../api/snapshot-reasons.ts'
import { startTroubleOf } from '../pod/waiting.ts'
import { retryDelaySeconds } from '../worker/backoff.ts'
import { progressOf } from '../worker/state.ts'
import { viewWorker } from '../worker/view.ts'
import { blockNames } from './disk/names.ts'
import { isTaken } from './disk/plan.ts'
import { isKeeper, standsStillFor } from './keep.ts'
import type { Observed } from './observed.ts'
import { failed, goesOn, isUntaken, lost, pauseAwaited, type Verdict } from './verdict.ts'

/** Seconds until it is looked again at what no watch reports. */
const again = 2

/** Failures of a worker that another worker would meet as well. */
const hopeless: ReadonlySet<SnapshotReason> = new Set(['NoSpace', 'TargetFailed', 'DeadlineExceeded'])

/** The worker gave up: another one follows, unless that is of no use. */
export function copierFailed(observed: Observed): Verdict | undefined {
  const { snapshot, disk } = observed
  const worker = observed.worker === undefined ? undefined : viewWorker(observed.worker)
  const outcome = worker?.outcome
  if (worker === undefined || outcome?.kind !== 'failed') return undefined
  if (outcome.permanent || hopeless.has(outcome.reason)) {
    const hint =
      outcome.reason === 'NoSpace'
        ? ' Make another Snapshot with a larger spec.capacity.'
        : ' Make another Snapshot.'
    return failed(outcome.reason, `${outcome.message}${hint}`)
  }
  const verdict = fateOf(observed)
  if (verdict !== undefined) return verdict
  if (disk.kind === 'unreachable') return unreachable(disk.message)
  const attempts = (snapshot.status?.attempts ?? 0) + 1
  const then = isUntaken(snapshot) ? 'another one follows' : 'another one copies the same moment'
  const message = `The worker failed (${outcome.reason}: ${outcome.message}); ${then}.`
  const next: Verdict = { ...underWay(snapshot, message), requeueAfterSeconds: again }
  const due = Date.parse(worker.terminated?.finishedAt ?? '') + retryDelaySeconds(attempts) * 1000
  if (observed.now.getTime() < due) return next
  return { ...next, action: 'removeWorker', facts: { attempts } }
}

/** What became of the moment in QEMU, where it is no more. */
function fateOf({ snapshot, disk }: Observed): Verdict | undefined {
  if (disk.kind !== 'seen') return undefined
  if (!isTaken(disk.graph, blockNames(snapshot.metadata.uid ?? '')))
    return lost(`QEMU of ${snapshot.spec.instance} was started anew`)
  if (!disk.isBroken) return undefined
  const message =
    'The guest overwrote more of its disk than can be kept aside while it is copied, or its disk was too slow. The guest goes on. Make another Snapshot when it writes less, or to a faster StorageClass.'
  return failed('FleeceFull', message)
}

const unreachable = (message: string): Verdict => ({
  ...goesOn(
    'Snapshotting',
    'ControlUnreachable',
    `The control port of the VM cannot be reached (${message}); it is tried again.`,
  ),
  requeueAfterSeconds: again,
})

/** What is said while the work goes on, before the moment and after it. */
const underWay = (snapshot: Observed['snapshot'], message = ''): Verdict =>
  isUntaken(snapshot)
    ? goesOn('Pending', 'Preparing', message || 'The worker that is to copy the disk is being started.')
    : goesOn('Snapshotting', 'Copying', message || copyingMessage)

const copyingMessage = "The disk as it was at the snapshot's moment is being copied; the guest goes on."

/** There is nobody to copy. */
export function withoutCopier(observed: Observed): Verdict | undefined {
  const { snapshot, disk, vm, worker } = observed
  if (worker !== undefined) return undefined
  const verdict = fateOf(observed)
  if (verdict !== undefined) return verdict
  if (vm?.metadata.deletionTimestamp !== undefined)
    return lost(`the VM of ${snapshot.spec.instance} is going`)
  if (disk.kind === 'unreachable') return unreachable(disk.message)
  const { export: id } = blockNames(snapshot.metadata.uid ?? '')
  const isOffered = disk.kind === 'seen' && disk.graph.exports.some((one) => one.id === id && !one.isGoing)
  if (!isUntaken(snapshot) && !isOffered)
    return { ...goesOn('Snapshotting', 'Preparing', copyingMessage), action: 'take' }
  return { ...underWay(snapshot), action: 'createWorker', requeueAfterSeconds: again }
}

/** The worker is not there yet. */
export function starting({ snapshot, worker }: Observed): Verdict | undefined {
  if (worker === undefined) return undefined
  const pod = viewWorker(worker)
  if (pod.outcome !== undefined) return undefined
  const verdict = underWay(snapshot)
  if (pod.terminating) return { ...verdict, requeueAfterSeconds: again }
  const trouble = startTroubleOf(pod.waiting)
  if (trouble !== undefined) {
    const { reason, message } = trouble
    return { ...verdict, reason, message, requeueAfterSeconds: 30 }
  }
  if (pod.unschedulable !== undefined) {
    const message = `No node takes the worker at present: ${pod.unschedulable}`
    return { ...verdict, reason: 'Unschedulable', message, requeueAfterSeconds: 30 }
  }
  return pod.runningSince === undefined ? { ...verdict, requeueAfterSeconds: again } : undefined
}

/**
 * The worker runs before the moment is fixed: volume, node and image may take their time, and all that while the guest would pay for each
 * write, and what it overwrites would have to be kept aside.
 */
export function untaken({ snapshot, instance }: Observed): Verdict | undefined {
  if (!isUntaken(snapshot)) return undefined
  if (isKeeper(snapshot, instance) && !standsStillFor(snapshot, instance))
    return { ...pauseAwaited, requeueAfterSeconds: again }
  const message = 'The moment is being fixed in the VM.'
  return { ...goesOn('Pending', 'Preparing', message), action: 'take', requeueAfterSeconds: again }
}

/** The worker works. */
export function copying({ snapshot, state }: Observed): Verdict {
  const progress = state === undefined ? undefined : progressOf(state)
  return {
    ...underWay(snapshot),
    progress: Math.max(progress ?? 0, snapshot.status?.progress ?? 0),
    requeueAfterSeconds: again,
  }
}
