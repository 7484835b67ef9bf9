import { type InstanceSet, type InstanceSetStatus, instanceSet } from '../api/instance-set.ts'
import { instanceSets } from '../api/types.ts'
import type { Applier } from '../kube/apply.ts'
import type { KubeClient } from '../kube/client.ts'
import { isNotFound } from '../kube/errors.ts'
import type { EventSink } from '../kube/events.ts'
import { splitKey } from '../kube/object.ts'
import { OwnWrites } from '../kube/own-writes.ts'
import type { Store } from '../kube/store.ts'
import type { ReconcileContext } from '../runtime/controller.ts'
import type { Outcome } from '../runtime/outcome.ts'
import { act } from './act.ts'
import { decide } from './decide.ts'
import type { KnownInstances } from './known.ts'
import { observe } from './observe.ts'
import { invalidStatus, statusOf } from './status.ts'
import { deedsOf, storyOf } from './story.ts'

export type SetReconcileDependencies = Readonly<{
  client: KubeClient
  sets: Store<InstanceSet>
  known: KnownInstances
  applier: Applier
  events: EventSink
  now: () => Date
}>

/** Seconds until something is tried again that the API server refused, or that changed under our hands. */
const refusedAgainSeconds = 15
const changedAgainSeconds = 0.2

/** Brings one set nearer to its spec: gather, decide, act, and say what there is. */
export class SetReconciler {
  readonly #dependencies: SetReconcileDependencies
  readonly #written = new OwnWrites<InstanceSet>()

  constructor(dependencies: SetReconcileDependencies) {
    this.#dependencies = dependencies
  }

  async reconcile(key: string, { signal, log }: ReconcileContext): Promise<Outcome> {
    const { sets, applier, known, events, now } = this.#dependencies
    const stored = sets.getByKey(key)
    if (stored === undefined) {
      this.#written.forget(key)
      applier.forget(instanceSets, splitKey(key))
      return {}
    }
    // Its instances go with it, by their owner references.
    if (stored.metadata.deletionTimestamp !== undefined) return {}
    const set = this.#written.latest(stored)
    const parsed = instanceSet.safeParse(set)
    if (!parsed.success) {
      const [issue] = parsed.error.issues
      const message = `This version of the operator does not understand the spec: ${issue?.path.join('.')}: ${issue?.message}`
      log.warn('Spec is not understood', { issues: parsed.error.issues })
      await this.#say(set, invalidStatus({ set }, message, now()), signal)
      return {}
    }
    const observed = observe(set, known)
    const plan = decide(observed)
    const acted = await act(plan, observed, this.#dependencies, signal)
    for (const event of deedsOf(plan, acted, observed)) events.record(set, event)
    await this.#say(set, statusOf(observe(set, known), acted.refusal, now()), signal)
    if (acted.again) return { requeueAfterSeconds: changedAgainSeconds }
    return acted.refusal === undefined ? {} : { requeueAfterSeconds: refusedAgainSeconds }
  }

  async #say(set: InstanceSet, status: InstanceSetStatus, signal: AbortSignal): Promise<void> {
    const { applier, events } = this.#dependencies
    const applied = await applier
      .applyStatus(instanceSets, set, status, { signal })
      .catch((error: unknown) => {
        // Deleted meanwhile: there is nobody to tell, and the store is about to show it.
        if (isNotFound(error)) return undefined
        throw error
      })
    if (applied === undefined || applied.outcome === 'unchanged') return
    this.#written.note(applied.object)
    for (const event of storyOf(set.status, status)) events.record(applied.object, event)
  }
}
