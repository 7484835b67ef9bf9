import { type EphemeralInstance, ephemeralInstance } from '../api/ephemeral-instance.ts'
import type { InstanceStatus } from '../api/instance-status.ts'
import { ephemeralInstances } from '../api/types.ts'
import { ControlError } from '../control/connect.ts'
import { QmpError } from '../control/qmp.ts'
import type { Applier } from '../kube/apply.ts'
import type { EventSink } from '../kube/events.ts'
import { objectKey, splitKey } from '../kube/object.ts'
import type { ReconcileContext } from '../runtime/controller.ts'
import type { Outcome } from '../runtime/outcome.ts'
import { type ActDependencies, act, Refused } from './act.ts'
import { decide } from './decide.ts'
import { type ObserveDependencies, observe } from './observe.ts'
import type { Observed } from './observed.ts'
import { statusOf } from './status.ts'
import { storyOf } from './story.ts'
import { no, type Verdict, yes } from './verdict.ts'

export type ReconcileDependencies = ObserveDependencies &
  ActDependencies &
  Readonly<{ applier: Applier; events: EventSink }>

/** What was written last about an instance, for as long as the store still shows what was there before. */
type Written = Readonly<{ basedOn: string; object: EphemeralInstance }>

/** Brings one instance a step nearer to its spec: gather, decide, act, and say what was found. */
export class InstanceReconciler {
  readonly #dependencies: ReconcileDependencies
  readonly #written = new Map<string, Written>()

  constructor(dependencies: ReconcileDependencies) {
    this.#dependencies = dependencies
  }

  async reconcile(key: string, { signal, log }: ReconcileContext): Promise<Outcome> {
    const { sources, applier } = this.#dependencies
    const stored = sources.instances.getByKey(key)
    if (stored === undefined) {
      this.#written.delete(key)
      applier.forget(ephemeralInstances, splitKey(key))
      return {}
    }
    // Its children go with it, by their owner references.
    if (stored.metadata.deletionTimestamp !== undefined) return {}
    const instance = this.#latest(key, stored)
    const parsed = ephemeralInstance.safeParse(instance)
    if (!parsed.success) {
      const [issue] = parsed.error.issues
      const message = `This version of the operator does not understand the spec: ${issue?.path.join('.')}: ${issue?.message}`
      log.warn('Spec is not understood', { issues: parsed.error.issues })
      await this.#sayInvalid(instance, message, signal)
      return {}
    }
    const observed = await observe({ ...instance, spec: parsed.data.spec }, this.#dependencies)
    const wanted = decide(observed)
    const verdict = await this.#carryOut(wanted, observed, signal)
    if (verdict === undefined) return { requeueAfterSeconds: 1 }
    await this.#say(key, observed, statusOf(observed, verdict), signal)
    return verdict.requeueAfterSeconds === undefined
      ? {}
      : { requeueAfterSeconds: verdict.requeueAfterSeconds }
  }

  /**
   * Acts, and gives what is to be said afterwards. Undefined: a pod was just made; its own first news, a moment later,
   * say more than a status written now would.
   */
  async #carryOut(wanted: Verdict, observed: Observed, signal: AbortSignal): Promise<Verdict | undefined> {
    const { action } = wanted
    if (action === undefined) return wanted
    try {
      await act(action, observed, this.#dependencies, signal)
    } catch (error) {
      return afterFailure(error, wanted)
    }
    if (action.kind !== 'create') return wanted
    const { size } = action
    const name = size.flavor === undefined ? '' : ` (${size.flavor})`
    const note = `Made pod ${observed.instance.metadata.name}-vm: ${size.cpus} CPU, ${size.memory} memory, ${size.disk} disk${name}, booting claim ${observed.instance.spec.boot.claim}.`
    this.#dependencies.events.record(observed.instance, {
      type: 'Normal',
      reason: 'PodCreated',
      action: 'Create',
      note,
    })
    return undefined
  }

  async #say(
    key: string,
    { instance }: Observed,
    status: InstanceStatus,
    signal: AbortSignal,
  ): Promise<void> {
    const { applier, events } = this.#dependencies
    const { object, outcome } = await applier.applyStatus(ephemeralInstances, instance, status, { signal })
    if (outcome === 'unchanged') return
    this.#written.set(key, { basedOn: instance.metadata.resourceVersion ?? '', object })
    for (const event of storyOf(instance.status, status)) events.record(object, event)
  }

  async #sayInvalid(instance: EphemeralInstance, message: string, signal: AbortSignal): Promise<void> {
    const { namespace, name } = instance.metadata
    const finding = no('SpecInvalid', message)
    const verdict: Verdict = {
      phase: 'Stalled',
      active: finding,
      guestReady: finding,
      stalled: { reason: 'SpecInvalid', message },
    }
    const { config, now } = this.#dependencies
    const observed: Observed = {
      instance,
      flavor: undefined,
      claim: undefined,
      pod: undefined,
      runner: undefined,
      config,
      now: now(),
    }
    await this.#say(objectKey(namespace, name), observed, statusOf(observed, verdict), signal)
  }

  /** The store lags behind our own writes; what it shows of before such a write is not looked at again. */
  #latest(key: string, stored: EphemeralInstance): EphemeralInstance {
    const written = this.#written.get(key)
    const isBehind =
      written?.basedOn === stored.metadata.resourceVersion &&
      written?.object.metadata.uid === stored.metadata.uid
    if (written !== undefined && isBehind) return written.object
    this.#written.delete(key)
    return stored
  }
}

/** What is said when the action could not be done. Faults that a retry may mend are thrown on. */
function afterFailure(error: unknown, wanted: Verdict): Verdict {
  if (error instanceof Refused) {
    const finding = no(error.reason, error.message)
    return {
      phase: 'Stalled',
      active: finding,
      guestReady: finding,
      stalled: { reason: error.reason, message: error.message },
      requeueAfterSeconds: 15,
    }
  }
  if (error instanceof ControlError || error instanceof QmpError) {
    const message = `The VM runs, but the operator cannot carry out powerState: ${error.message}. It tries again every few seconds.`
    return {
      ...wanted,
      phase: 'Booting',
      atRest: undefined,
      // What was paused stays known as paused, or nobody would come back to resume it.
      active: yes(wanted.action?.kind === 'resume' ? 'Paused' : 'ControlUnreachable', message),
      guestReady: no('ControlUnreachable', message),
      requeueAfterSeconds: 5,
    }
  }
  throw error
}
