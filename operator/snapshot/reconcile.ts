import { type Snapshot, type SnapshotStatus, snapshot as schema } from '../api/snapshot.ts'
import type { SnapshotReason } from '../api/snapshot-reasons.ts'
import { snapshots } from '../api/types.ts'
import { ControlError } from '../control/connect.ts'
import { QmpError } from '../control/qmp.ts'
import type { Applier } from '../kube/apply.ts'
import { isNotFound } from '../kube/errors.ts'
import type { EventSink } from '../kube/events.ts'
import { splitKey } from '../kube/object.ts'
import { OwnWrites } from '../kube/own-writes.ts'
import { Refused } from '../pod/refused.ts'
import type { ReconcileContext } from '../runtime/controller.ts'
import type { Outcome } from '../runtime/outcome.ts'
import { type ActDependencies, act } from './act.ts'
import { decide } from './decide.ts'
import { type ObserveDependencies, observe } from './observe.ts'
import type { Observed } from './observed.ts'
import { statusOf } from './status.ts'
import { storyOf } from './story.ts'
import { Turns } from './turns.ts'
import type { Verdict } from './verdict.ts'

export type SnapshotReconcileDependencies = ObserveDependencies &
  Omit<ActDependencies, 'turns'> &
  Readonly<{ applier: Applier; events: EventSink }>

/** Seconds until something is tried again that the API server refused, or that a VM did not do. */
const refusedAgainSeconds = 15
const unreachableAgainSeconds = 5

/** Brings one snapshot a step nearer to its end: gather, decide, act, and say what was found. */
export class SnapshotReconciler {
  readonly #dependencies: SnapshotReconcileDependencies
  readonly #turns = new Turns()
  readonly #written = new OwnWrites<Snapshot>()

  constructor(dependencies: SnapshotReconcileDependencies) {
    this.#dependencies = dependencies
  }

  async reconcile(key: string, { signal, log }: ReconcileContext): Promise<Outcome> {
    const { sources, applier } = this.#dependencies
    const stored = sources.snapshots.getByKey(key)
    if (stored === undefined) {
      this.#written.forget(key)
      applier.forget(snapshots, splitKey(key))
      return {}
    }
    const latest = this.#written.latest(stored)
    const parsed = schema.safeParse(latest)
    if (!parsed.success) {
      log.warn('Spec is not understood', { issues: parsed.error.issues })
      return {}
    }
    const observed = await observe({ ...latest, spec: parsed.data.spec }, this.#dependencies)
    const wanted = decide(observed)
    const verdict = await this.#carryOut(wanted, observed, signal)
    // The object is gone with its last finalizer; and that it is protected comes with the watch.
    const isDone = verdict === wanted && (wanted.action === 'release' || wanted.action === 'protect')
    if (!isDone) await this.#say(observed.snapshot, statusOf(observed, verdict), signal)
    return verdict.requeueAfterSeconds === undefined
      ? {}
      : { requeueAfterSeconds: verdict.requeueAfterSeconds }
  }

  async #carryOut(wanted: Verdict, observed: Observed, signal: AbortSignal): Promise<Verdict> {
    if (wanted.action === undefined) return wanted
    try {
      return await act(wanted.action, wanted, observed, { ...this.#dependencies, turns: this.#turns }, signal)
    } catch (error) {
      return afterFailure(error, wanted)
    }
  }

  async #say(snapshot: Snapshot, status: SnapshotStatus, signal: AbortSignal): Promise<void> {
    const { applier, events } = this.#dependencies
    const applied = await applier
      .applyStatus(snapshots, snapshot, status, { signal })
      .catch((error: unknown) => {
        // Deleted meanwhile: there is nobody to tell, and the store is about to show it.
        if (isNotFound(error)) return undefined
        throw error
      })
    if (applied === undefined || applied.outcome === 'unchanged') return
    this.#written.note(applied.object)
    for (const event of storyOf(snapshot.status, status)) events.record(applied.object, event)
  }
}

/** What is said when the action could not be done. Faults that a retry may mend are thrown on. */
function afterFailure(error: unknown, wanted: Verdict): Verdict {
  if (error instanceof Refused) {
    const reason = error.reason as SnapshotReason
    return { ...wanted, reason, message: error.message, requeueAfterSeconds: refusedAgainSeconds }
  }
  if (!(error instanceof ControlError) && !(error instanceof QmpError)) throw error
  const requeueAfterSeconds = unreachableAgainSeconds
  // How it ended stays said; only the rest of the work waits.
  if (wanted.end !== undefined || wanted.action === 'release')
    return { ...wanted, isUnclean: true, requeueAfterSeconds }
  const reason = error instanceof QmpError ? 'QEMURefused' : 'ControlUnreachable'
  const message = `The VM runs, but the operator cannot prepare the snapshot: ${error.message}. It tries again every few seconds.`
  return { ...wanted, reason, message, requeueAfterSeconds }
}
