import type { EphemeralInstance } from '../../api/ephemeral-instance.ts'
import type { InstanceSet } from '../../api/instance-set.ts'
import type { InstanceSetSpec } from '../../api/instance-set-spec.ts'
import { labels } from '../../api/labels.ts'
import { Crash, MemoryCluster } from '../../copy/testing/memory.ts'
import { instanceIndexes } from '../../instance/sources.ts'
import type { Applier } from '../../kube/apply.ts'
import { findCondition, isTrue } from '../../kube/conditions.ts'
import { KubeError } from '../../kube/errors.ts'
import { sameJson } from '../../kube/json.ts'
import { keyOf } from '../../kube/object.ts'
import { ObjectStore } from '../../kube/store.ts'
import { silentLogger } from '../../runtime/logger.ts'
import { KnownInstances } from '../known.ts'
import { SetReconciler } from '../reconcile.ts'
import { set } from './build.ts'

const conditions = (active: boolean, ready: boolean) =>
  Object.entries({ Active: active, Ready: ready }).map(([type, is]) => ({
    type,
    status: is ? ('True' as const) : ('False' as const),
    reason: is ? 'Running' : 'Starting',
    message: '.',
    lastTransitionTime: '2026-01-01T00:00:00Z',
  }))

/** A set, the operator's part that sees to it, and instances that boot in two turns: all in memory. */
export class SetCast {
  readonly cluster = new MemoryCluster()
  /** Instances that were made so far, of whatever name. */
  made = 0
  /** Writes of the operator so far. */
  writes = 0
  /** The operator is killed after this write. */
  crashAt = Number.POSITIVE_INFINITY
  /** Whether what happened to instances is heard of in this turn. */
  hears = (): boolean => true
  #cache = new ObjectStore<EphemeralInstance>({ indexes: instanceIndexes })
  #reconciler: SetReconciler
  readonly #age = new Map<string, number>()

  constructor(spec: Partial<InstanceSetSpec>) {
    this.cluster.put(this.cluster.sets, set(spec))
    this.cluster.instances.onChange((old, next) => {
      if (old === undefined && next !== undefined) this.made++
    })
    this.#reconciler = this.#operator()
  }

  get set(): InstanceSet {
    const [only] = this.cluster.sets.list()
    if (only === undefined) throw new Error('the set is gone')
    return only
  }

  get instances(): EphemeralInstance[] {
    return this.cluster.instances.list().sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
  }

  instance(name: string): EphemeralInstance {
    const found = this.cluster.instances.get('lab', name)
    if (found === undefined) throw new Error(`there is no ${name}`)
    return found
  }

  change(spec: Partial<InstanceSetSpec>): void {
    const { metadata, ...rest } = this.set
    const generation = (metadata.generation ?? 1) + 1
    this.cluster.put(this.cluster.sets, {
      ...rest,
      metadata: { ...metadata, generation },
      spec: { ...rest.spec, ...spec },
    })
  }

  delete(name: string): void {
    this.cluster.remove(this.cluster.instances, this.instance(name))
  }

  /** The VM of an instance is lost. */
  lose(name: string): void {
    const { status, ...rest } = this.instance(name)
    this.#age.set(rest.metadata.uid ?? '', 0)
    const startedAt = '2026-01-01T00:00:00Z'
    this.cluster.put(this.cluster.instances, {
      ...rest,
      status: { ...status, startedAt, conditions: conditions(false, false) },
    })
  }

  /** What was asked for is there, nothing goes on, and the operator has heard of all of it. */
  get isSettled(): boolean {
    const { status, spec, metadata } = this.set
    const ready = this.instances.filter((instance) => isTrue(instance.status?.conditions, 'Ready'))
    return (
      ready.length === spec.replicas + (spec.warm ?? 0) &&
      this.instances.every(({ metadata: { uid } }) =>
        this.#cache.list().some((one) => one.metadata.uid === uid),
      ) &&
      this.#cache.size === this.cluster.instances.size &&
      status?.observedGeneration === metadata.generation &&
      findCondition(status?.conditions, 'Reconciling') === undefined &&
      findCondition(status?.conditions, 'Ready')?.reason === 'AllReady'
    )
  }

  /** All that matters of an end. */
  print() {
    const { templateHash, conditions: found, ...counts } = this.set.status ?? {}
    return {
      made: this.made,
      counts,
      conditions: found?.map(({ type, status, reason }) => `${type} ${status} ${reason}`).sort(),
      instances: this.instances.map(({ metadata: { name, labels: own, ownerReferences = [] } }) =>
        [
          name,
          own?.[labels.setRole],
          own?.[labels.templateHash] === templateHash ? 'updated' : 'outdated',
          `${ownerReferences.length} owners`,
        ].join(' '),
      ),
    }
  }

  async until(what: string, holds: () => boolean): Promise<void> {
    for (let turn = 0; turn < 300; turn++) {
      if (holds()) return
      await this.turn()
    }
    throw new Error(`never came: ${what}; ${JSON.stringify(this.print())}`)
  }

  /** The operator looks once, and the guests go on a little. */
  async turn(): Promise<void> {
    if (this.hears()) this.#hear()
    const { signal } = new AbortController()
    try {
      await this.#reconciler.reconcile(keyOf(this.set), { signal, log: silentLogger, reconcileId: '' })
    } catch (error) {
      if (error instanceof Crash) this.#reconciler = this.#operator()
      // Others are tried again, as the queue does.
      else if (!(error instanceof KubeError)) throw error
    }
    this.#boot()
  }

  #boot(): void {
    for (const instance of this.instances) {
      const { uid = '' } = instance.metadata
      const age = (this.#age.get(uid) ?? 0) + 1
      this.#age.set(uid, age)
      if (age > 3) continue
      const status = { ...instance.status, conditions: conditions(age > 1, age > 2) }
      this.cluster.put(this.cluster.instances, { ...instance, status })
    }
  }

  #hear(): void {
    this.#cache.replaceAll(this.cluster.instances.list())
  }

  /** A process whose caches are filled. */
  #operator(): SetReconciler {
    this.#cache = new ObjectStore<EphemeralInstance>({ indexes: instanceIndexes })
    this.#hear()
    let isDead = false
    const client = this.cluster.client(() => {
      if (++this.writes === this.crashAt) isDead = true
      if (isDead) throw new Crash('killed')
    })
    const applier = client as unknown as Applier
    const applyStatus: Applier['applyStatus'] = async (type, live, status) =>
      sameJson(live.status, status)
        ? { object: live, outcome: 'unchanged' }
        : applier.applyStatus(type, live, status)
    return new SetReconciler({
      client,
      sets: this.cluster.sets,
      known: new KnownInstances(this.#cache),
      applier: { applyStatus, forget: () => {} } as unknown as Applier,
      events: { record: () => {} },
      now: () => new Date(this.cluster.now),
    })
  }
}
