import { baseImages, ephemeralInstances, instanceSets, snapshots } from '../../api/types.ts'
import type { KubeClient } from '../../kube/client.ts'
import { isConflict, isNotFound } from '../../kube/errors.ts'
import { type KubeObject, keyOf, splitKey } from '../../kube/object.ts'
import { controllerOf } from '../../kube/owner.ts'
import { Reflector } from '../../kube/reflector.ts'
import {
  persistentVolumeClaims,
  podDisruptionBudgets,
  pods,
  type ResourceType,
  secrets,
  services,
} from '../../kube/resource.ts'
import { byOwner } from '../../kube/store.ts'
import { Controller } from '../../runtime/controller.ts'

/** Kinds that own others. */
const owning: readonly ResourceType<KubeObject>[] = [
  ephemeralInstances,
  baseImages,
  snapshots,
  instanceSets,
  persistentVolumeClaims,
]

/** Plays the cluster's garbage collector for our kinds: pods, Secrets, claims, instances, Snapshots, Services and budgets whose owner is gone are deleted. */
export class FakeGarbageCollector {
  readonly #client: KubeClient
  readonly #owners: ReadonlyMap<string, Reflector<KubeObject>>
  readonly #reflectors
  readonly #controllers: readonly Controller[]

  constructor({ client }: Readonly<{ client: KubeClient }>) {
    this.#client = client
    this.#owners = new Map(
      owning.map((type) => [type.kind, new Reflector({ client, type, name: `owners-${type.plural}` })]),
    )
    const dependents = [
      this.#dependents<KubeObject>(pods),
      this.#dependents<KubeObject>(secrets),
      this.#dependents<KubeObject>(persistentVolumeClaims),
      this.#dependents<KubeObject>(ephemeralInstances),
      this.#dependents<KubeObject>(snapshots),
      this.#dependents<KubeObject>(services),
      this.#dependents<KubeObject>(podDisruptionBudgets),
    ]
    for (const { store } of this.#owners.values()) {
      store.onChange((old, next) => {
        if (old === undefined || next !== undefined) return
        for (const { reflector, controller } of dependents) {
          const orphans = reflector.store.byIndex('owner', old.metadata.uid ?? '')
          for (const orphan of orphans) controller.enqueue(keyOf(orphan))
        }
      })
    }
    this.#reflectors = [...this.#owners.values(), ...dependents.map(({ reflector }) => reflector)]
    this.#controllers = dependents.map(({ controller }) => controller)
  }

  /** Runs until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([...this.#reflectors, ...this.#controllers].map((one) => one.run(signal)))
  }

  async synced(): Promise<void> {
    await Promise.all(this.#reflectors.map((one) => one.synced()))
  }

  #dependents<T extends KubeObject>(type: ResourceType<T>) {
    const client = this.#client
    const reflector = new Reflector<T>({
      client,
      type,
      name: `garbage-${type.plural}`,
      indexes: { owner: byOwner },
    })
    const controller = new Controller({
      name: `garbage-${type.plural}`,
      workers: 4,
      reconcile: async (key) => {
        const object = reflector.store.getByKey(key)
        if (object !== undefined && object.metadata.deletionTimestamp === undefined)
          await this.#collect(type, object)
        return {}
      },
    })
    controller.watch(reflector.store)
    return { reflector, controller }
  }

  /** Asks the API server itself about the owner, as the real one does before it deletes. */
  async #collect<T extends KubeObject>(what: ResourceType<T>, object: T): Promise<void> {
    const owner = controllerOf(object)
    const type = owning.find(({ kind }) => kind === owner?.kind)
    if (owner === undefined || type === undefined) return
    const { namespace, uid } = object.metadata
    if (this.#owners.get(type.kind)?.store.get(namespace, owner.name)?.metadata.uid === owner.uid) return
    const live = await this.#client.find(type, { namespace, name: owner.name })
    if (live?.metadata.uid === owner.uid) return
    try {
      await this.#client.delete(what, splitKey(keyOf(object)), { uid })
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) throw error
    }
  }
}
