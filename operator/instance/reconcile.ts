import { type EphemeralInstance, ephemeralInstance } from '../api/ephemeral-instance.ts'
import type { Booted, InstanceStatus } from '../api/instance-status.ts'
import type { Reason } from '../api/reasons.ts'
import { ephemeralInstances } from '../api/types.ts'
import { ControlError } from '../control/connect.ts'
import { QmpError } from '../control/qmp.ts'
import type { Applier } from '../kube/apply.ts'
import { isForbidden, isInvalid, isNotFound } from '../kube/errors.ts'
import type { EventSink } from '../kube/events.ts'
import { keyOf, splitKey } from '../kube/object.ts'
import { OwnWrites } from '../kube/own-writes.ts'
import { Refused } from '../pod/refused.ts'
import type { ReconcileContext } from '../runtime/controller.ts'
import { Expectations } from '../runtime/expectations.ts'
import type { Logger } from '../runtime/logger.ts'
import type { Outcome } from '../runtime/outcome.ts'
import { VolumeBusy } from '../volume/attach.ts'
import { type ActDependencies, act, type Creation, FormerInTheWay, removeLeftBehind, restore } from './act.ts'
import { guestDue } from './asking-guest.ts'
import { childName } from './children.ts'
import { decide } from './decide.ts'
import { notRelocated } from './draining.ts'
import { notKept } from './expiring.ts'
import { GuestAsks } from './guest-asks.ts'
import { IdleAsks } from './idle-asks.ts'
import { noKeyPairs } from './key-pairs.ts'
import { MadePods } from './made-pods.ts'
import { type Milestone, milestonesOf } from './milestones.ts'
import { type ObserveDependencies, observe } from './observe.ts'
import type { Observed } from './observed.ts'
import { isLeftBehind, restorationOf } from './ownership.ts'
import { viewPod } from './pod-view.ts'
import { isRelocating } from './relocating.ts'
import { rescueTrouble } from './rescuing.ts'
import { endOf, saidFirst } from './said-first.ts'
import { notShelved } from './shelving.ts'
import { statusOf } from './status.ts'
import { storyOf } from './story.ts'
import { down, no, stalled, type Verdict, yes } from './verdict.ts'

export type ReconcileDependencies = Omit<ObserveDependencies, 'made' | 'asks' | 'idleAsks'> &
  ActDependencies &
  Readonly<{
    applier: Applier
    events: EventSink
    /** Hears of each step of a VM's start once it was written down. */
    reached?: (milestones: readonly Milestone[]) => void
  }>

/** Brings one instance a step nearer to its spec: gather, decide, act, and say what was found. */
export class InstanceReconciler {
  readonly #dependencies: ReconcileDependencies
  readonly #made: MadePods
  readonly #asks = new GuestAsks()
  readonly #idleAsks = new IdleAsks()
  /** The instance as it was after the last write of its status, while the store still shows an older one. */
  readonly #written = new OwnWrites<EphemeralInstance>()
  /** What was put back on a pod and did not stay, as where a webhook of the cluster decides on labels. */
  readonly #vain = new Map<string, string>()

  /** UIDs of pods that were told to go, while the store does not show it yet: they are not told twice. */
  readonly #deleted = new Expectations()

  constructor(dependencies: ReconcileDependencies) {
    this.#dependencies = dependencies
    this.#made = new MadePods(dependencies.sources.pods)
  }

  async reconcile(key: string, { signal, log }: ReconcileContext): Promise<Outcome> {
    const { sources, applier } = this.#dependencies
    const stored = sources.instances.getByKey(key)
    if (stored === undefined) {
      const target = splitKey(key)
      this.#written.forget(key)
      this.#vain.delete(key)
      this.#deleted.forget(key)
      this.#asks.forget(key)
      this.#idleAsks.forget(key)
      this.#made.forget(target)
      applier.forget(ephemeralInstances, target)
      const pod = sources.pods.get(target.namespace, childName(target.name))
      if (pod !== undefined && isLeftBehind(pod)) await removeLeftBehind(pod, this.#dependencies, signal)
      return {}
    }
    // Its children go with it, by their owner references.
    if (stored.metadata.deletionTimestamp !== undefined) return {}
    const instance = this.#written.latest(stored)
    const parsed = ephemeralInstance.safeParse(instance)
    if (!parsed.success) {
      const [issue] = parsed.error.issues
      const message = `This version of the operator does not understand the spec: ${issue?.path.join('.')}: ${issue?.message}`
      log.warn('Spec is not understood', { issues: parsed.error.issues })
      await this.#sayInvalid(instance, message, signal)
      return {}
    }
    const observed = await observe(
      { ...instance, spec: parsed.data.spec },
      { ...this.#dependencies, made: this.#made, asks: this.#asks, idleAsks: this.#idleAsks },
      signal,
    )
    const wanted = decide(observed)
    await this.#restore(key, wanted, observed, log, signal)
    const first = saidFirst(observed, wanted)
    if (first !== undefined) await this.#say(observed, first, signal)
    const verdict = await this.#carryOut(wanted, observed, signal)
    if (verdict === undefined) return { requeueAfterSeconds: 1 }
    // What the operator ended is no VM that was lost, whatever comes after it.
    const isOurDoing = offAsAsked.has(verdict.active.reason) || isRelocating(observed.instance)
    if (observed.pod === undefined && isOurDoing && wanted.action?.kind !== 'create')
      this.#made.forget(observed.instance.metadata)
    if (verdict.passing !== true && endOf(wanted) === undefined)
      await this.#say(observed, statusOf(observed, verdict), signal)
    return this.#lookAgain(verdict, observed)
  }

  /** When the instance is to be looked at again, if nothing happens before. */
  #lookAgain({ requeueAfterSeconds }: Verdict, { instance, pod, now }: Observed): Outcome {
    const latest = this.#written.newer(instance)
    const view = pod === undefined ? undefined : viewPod(pod)
    const milliseconds = [
      guestDue(this.#asks, latest, view, now),
      this.#idleAsks.millisecondsLeft(latest, view, now),
    ]
    const seconds = [
      ...(requeueAfterSeconds === undefined ? [] : [requeueAfterSeconds]),
      ...milliseconds.flatMap((one) => (one === undefined ? [] : [one / 1000])),
    ]
    return seconds.length === 0 ? {} : { requeueAfterSeconds: Math.min(...seconds) }
  }

  /** Puts back what somebody took off the pod. What a policy of the cluster forbids is left as it is. */
  async #restore(
    key: string,
    { restoration }: Verdict,
    { instance }: Observed,
    log: Logger,
    signal: AbortSignal,
  ): Promise<void> {
    if (restoration === undefined) return
    const { resourceVersion: _, ...lost } = restoration
    const intent = JSON.stringify(lost)
    if (this.#vain.get(key) === intent) return
    try {
      const pod = await restore(restoration, instance, this.#dependencies, signal)
      if (restorationOf(instance, pod) !== undefined) this.#vain.set(key, intent)
    } catch (error) {
      if (!isForbidden(error) && !isInvalid(error)) throw error
      this.#vain.set(key, intent)
      log.warn('What was taken off a pod cannot be put back', { error })
      return
    }
    const pod = childName(instance.metadata.name)
    this.#dependencies.events.record(instance, {
      type: 'Normal',
      reason: 'PodRestored',
      action: 'Restore',
      note:
        restoration.ownerReferences === undefined
          ? `Gave pod ${pod} the labels of its instance again.`
          : `Put back the owner of pod ${pod}, which somebody took off.`,
    })
  }

  /**
   * Acts, and gives what is to be said afterwards. Undefined: a pod was just made; its own first news, a moment later,
   * say more than a status written now would.
   */
  async #carryOut(wanted: Verdict, observed: Observed, signal: AbortSignal): Promise<Verdict | undefined> {
    const { action } = wanted
    const key = keyOf(observed.instance)
    const ends = endOf(wanted)
    if (ends === undefined) this.#deleted.forget(key)
    else if (this.#deleted.isPending(key, ends)) return wanted
    if (action === undefined) return wanted
    let creation: Creation | undefined
    try {
      creation = await act(action, observed, this.#dependencies, signal)
    } catch (error) {
      return afterFailure(error, wanted, observed.pod?.spec.nodeName)
    }
    if (ends !== undefined) this.#deleted.expect(key, ends)
    if (action.kind !== 'create') return wanted
    if (creation !== undefined) this.#made.note(observed.instance, creation.pod, observed.now)
    if (creation?.isNew !== true) return undefined
    const { size } = action
    const name = size.flavor === undefined ? '' : ` (${size.flavor})`
    const note = `Made pod ${childName(observed.instance.metadata.name)}: ${size.cpus} CPU, ${size.memory} memory, ${size.disk} disk${name}, booting ${nameOf(action.placing.boot)}.`
    this.#dependencies.events.record(observed.instance, {
      type: 'Normal',
      reason: 'PodCreated',
      action: 'Create',
      note,
    })
    return undefined
  }

  async #say({ instance, pod }: Observed, status: InstanceStatus, signal: AbortSignal): Promise<void> {
    const { applier, events, reached } = this.#dependencies
    const applied = await applier
      .applyStatus(ephemeralInstances, instance, status, { signal })
      .catch((error: unknown) => {
        // Deleted meanwhile: there is nobody to tell, and the store is about to show it.
        if (isNotFound(error)) return undefined
        throw error
      })
    if (applied === undefined || applied.outcome === 'unchanged') return
    const { object } = applied
    this.#written.note(object)
    reached?.(milestonesOf(instance, status, pod === undefined ? undefined : viewPod(pod).createdAt))
    for (const event of storyOf(instance.status, status)) events.record(object, event)
  }

  async #sayInvalid(instance: EphemeralInstance, message: string, signal: AbortSignal): Promise<void> {
    const { config, now } = this.#dependencies
    const observed: Observed = {
      instance,
      flavor: undefined,
      keyPairs: noKeyPairs,
      content: undefined,
      home: undefined,
      claims: [],
      under: undefined,
      volumes: [],
      source: { kind: 'missing', reason: 'SpecInvalid', message },
      pod: undefined,
      made: undefined,
      runner: undefined,
      exposing: undefined,
      node: undefined,
      faults: [],
      config,
      now: now(),
    }
    await this.#say(observed, statusOf(observed, stalled('SpecInvalid', message)), signal)
  }
}

/** Reasons of Active while there is no VM and none is to be. */
const offAsAsked: ReadonlySet<Reason> = new Set(['Stopped', 'Expired', 'Shelved'])

const nameOf = ({ kind, name, namespace, claim }: Booted): string => {
  const where = namespace === undefined ? '' : ` of namespace ${namespace}`
  return claim === name ? `claim ${claim}` : `${kind} ${name}${where} from claim ${claim}`
}

/** Why the VM was to be kept decides what can be done about it. */
function notKeptBy({ expiring, drainBlocked }: Verdict, node: string | undefined, why: string) {
  if (drainBlocked !== undefined) return notRelocated(node, why)
  return expiring === undefined ? notShelved(why) : notKept(why)
}

/** What is said when the action could not be done. Faults that a retry may mend are thrown on. */
function afterFailure(error: unknown, wanted: Verdict, node: string | undefined): Verdict {
  if (error instanceof FormerInTheWay) {
    return { ...down('Pending', 'Pending', error.message), requeueAfterSeconds: 1 }
  }
  if (error instanceof Refused && wanted.action?.kind === 'keep') {
    return { ...wanted, ...notKeptBy(wanted, node, error.message), requeueAfterSeconds: 60 }
  }
  // It is in nobody's way, and is tried again when the VM is looked at next.
  if (error instanceof Refused && wanted.action?.kind === 'discard') return wanted
  if (error instanceof Refused && wanted.action?.kind === 'expire') {
    const refused = { reason: 'DeleteRefused', message: error.message } as const
    return { ...wanted, phase: 'Stalled', stalled: refused, requeueAfterSeconds: 60 }
  }
  if (wanted.action?.kind === 'rescue') {
    if (error instanceof Refused) return rescueTrouble(wanted, error.message, error.reason as Reason)
    if (error instanceof ControlError || error instanceof QmpError)
      return rescueTrouble(wanted, error.message)
  }
  if (error instanceof VolumeBusy) {
    return { ...down('Pending', 'VolumeInUse', error.message), requeueAfterSeconds: 2 }
  }
  if (error instanceof Refused) {
    return { ...stalled(error.reason as Reason, error.message), requeueAfterSeconds: 15 }
  }
  if ((error instanceof ControlError || error instanceof QmpError) && wanted.action?.kind === 'order') {
    const { action, ...rest } = wanted
    const message = `The VM runs, but the operator cannot ${action.order.what} it: ${error.message}. It tries again every few seconds.`
    return { ...rest, guestReady: no('ControlUnreachable', message), requeueAfterSeconds: 5 }
  }
  if (error instanceof ControlError || error instanceof QmpError) {
    const message = `The VM runs, but the operator cannot carry out powerState: ${error.message}. It tries again every few seconds.`
    return {
      ...wanted,
      phase: 'Booting',
      atRest: undefined,
      // What may be paused stays known as that, or nobody would come back to resume it.
      active: yes('Pausing', message),
      guestReady: no('ControlUnreachable', message),
      requeueAfterSeconds: 5,
    }
  }
  throw error
}
