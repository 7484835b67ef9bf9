import type { BaseImage } from '../../api/base-image.ts'
import type { EphemeralInstance } from '../../api/ephemeral-instance.ts'
import type { Flavor } from '../../api/flavor.ts'
import type { InstanceSet } from '../../api/instance-set.ts'
import type { KeyPair } from '../../api/key-pair.ts'
import type { Snapshot } from '../../api/snapshot.ts'
import { instanceIndexes } from '../../instance/sources.ts'
import type { KubeClient } from '../../kube/client.ts'
import { KubeError } from '../../kube/errors.ts'
import {
  type Intent,
  type KubeObject,
  type ObjectMeta,
  objectKey,
  type PersistentVolume,
  type PersistentVolumeClaim,
  type Pod,
  type Secret,
} from '../../kube/object.ts'
import type { ResourceType } from '../../kube/resource.ts'
import { type IndexFunction, ObjectStore } from '../../kube/store.ts'
import { snapshotIndexes } from '../../snapshot/sources.ts'
import { copiedObject, servedObject } from '../record.ts'

const mounts: IndexFunction<Pod> = ({ metadata, spec }) =>
  (spec.volumes ?? []).flatMap((one) =>
    one.persistentVolumeClaim === undefined
      ? []
      : [objectKey(metadata.namespace, one.persistentVolumeClaim.claimName)],
  )

type Target = Readonly<{ namespace?: string | undefined; name: string }>
type Body = Record<string, unknown>

/** The process that wrote is gone. */
export class Crash extends Error {
  override readonly name = 'Crash'
}

/**
 * Objects as an API server keeps them, in memory and at once: for what the operator and a cluster do with claims and pods. What is
 * deleted is gone, but for a claim that a pod mounts; what it owned goes with it.
 */
export class MemoryCluster {
  readonly instances = new ObjectStore<EphemeralInstance>({ indexes: instanceIndexes })
  readonly sets = new ObjectStore<InstanceSet>()
  readonly flavors = new ObjectStore<Flavor>()
  readonly keyPairs = new ObjectStore<KeyPair>()
  readonly images = new ObjectStore<BaseImage>()
  readonly snapshots = new ObjectStore<Snapshot>({ indexes: snapshotIndexes })
  readonly claims = new ObjectStore<PersistentVolumeClaim>({ indexes: { copyOf: copiedObject } })
  readonly volumes = new ObjectStore<PersistentVolume>()
  readonly pods = new ObjectStore<Pod>({ indexes: { claim: mounts, copyFor: servedObject } })
  readonly secrets = new ObjectStore<Secret>()
  readonly #stores: ReadonlyMap<string, ObjectStore<KubeObject>>
  /** In ms. */
  now = Date.parse('2026-01-01T00:00:00Z')
  #count = 0

  constructor() {
    const all: Record<string, unknown> = {
      EphemeralInstance: this.instances,
      InstanceSet: this.sets,
      Pod: this.pods,
      Secret: this.secrets,
      PersistentVolumeClaim: this.claims,
      PersistentVolume: this.volumes,
      BaseImage: this.images,
    }
    this.#stores = new Map(Object.entries(all) as [string, ObjectStore<KubeObject>][])
  }

  /** Adds or replaces an object, as somebody else than the operator. */
  put<T extends KubeObject>(store: ObjectStore<T>, object: T): T {
    const next = structuredClone(object)
    const metadata = next.metadata as { -readonly [Key in keyof ObjectMeta]: ObjectMeta[Key] }
    metadata.uid ??= `uid-${++this.#count}-0123456789`
    metadata.creationTimestamp ??= new Date(this.now).toISOString()
    metadata.resourceVersion = String(++this.#count)
    store.set(next)
    return next
  }

  remove<T extends KubeObject>(store: ObjectStore<T>, object: T): void {
    const { metadata } = object
    const key = objectKey(metadata.namespace, metadata.name)
    const isMounted = object.kind === 'PersistentVolumeClaim' && this.pods.byIndex('claim', key).length > 0
    if (isMounted) {
      const deletionTimestamp = new Date(this.now).toISOString()
      this.put(store, { ...object, metadata: { ...metadata, deletionTimestamp } })
      return
    }
    store.delete(key)
    for (const other of this.#stores.values())
      for (const one of other.list())
        if (one.metadata.ownerReferences?.some(({ uid }) => uid === metadata.uid)) this.remove(other, one)
    if (object.kind !== 'Pod') return
    for (const claim of this.claims.list())
      if (claim.metadata.deletionTimestamp !== undefined) this.remove(this.claims, claim)
  }

  /** A client of this cluster. `written` hears of each write once it is done, and may throw Crash. */
  client(written: () => void = () => {}): KubeClient {
    const storeOf = (type: ResourceType<KubeObject>) => {
      const store = this.#stores.get(type.kind)
      if (store === undefined) throw new TypeError(`there is no ${type.kind} here`)
      return store
    }
    const find = (type: ResourceType<KubeObject>, { namespace, name }: Target) =>
      storeOf(type).get(namespace, name)
    const existing = (type: ResourceType<KubeObject>, target: Target) => {
      const found = find(type, target)
      if (found === undefined) throw failure(404, 'NotFound', `${type.kind} ${target.name}`)
      return found
    }
    const fake = {
      find: async (type: ResourceType<KubeObject>, target: Target) => find(type, target),
      create: async (type: ResourceType<KubeObject>, intent: Intent<KubeObject>) => {
        if (find(type, intent.metadata)) throw failure(409, 'AlreadyExists', intent.metadata.name)
        const { apiVersion, kind } = type
        const made = this.put(storeOf(type), { ...intent, apiVersion, kind } as KubeObject)
        written()
        return made
      },
      mergePatch: async (type: ResourceType<KubeObject>, target: Target, patch: Body) => {
        const found = existing(type, target)
        const { uid, resourceVersion } = (patch.metadata ?? {}) as Body
        const isOther = uid !== undefined && uid !== found.metadata.uid
        const isNewer = resourceVersion !== undefined && resourceVersion !== found.metadata.resourceVersion
        if (isOther || isNewer) throw failure(409, 'Conflict', target.name)
        const made = this.put(storeOf(type), merged(found as unknown as Body, patch) as unknown as KubeObject)
        written()
        return made
      },
      delete: async (
        type: ResourceType<KubeObject>,
        target: Target,
        { uid, resourceVersion }: { uid?: string; resourceVersion?: string } = {},
      ) => {
        const found = existing(type, target)
        const isOther = uid !== undefined && uid !== found.metadata.uid
        const isNewer = resourceVersion !== undefined && resourceVersion !== found.metadata.resourceVersion
        if (isOther || isNewer) throw failure(409, 'Conflict', target.name)
        this.remove(storeOf(type), found)
        written()
      },
      /** All that `putSecret` asks for: the tests of its first patch hold for an owner that is the same. */
      jsonPatch: async (
        type: ResourceType<KubeObject>,
        target: Target,
        [test]: readonly Readonly<{ value?: unknown }>[],
      ) => {
        const found = existing(type, target)
        if (found.metadata.ownerReferences?.[0]?.uid !== test?.value)
          throw failure(422, 'Invalid', target.name)
        written()
        return found
      },
      applyStatus: async (type: ResourceType<KubeObject>, live: KubeObject, status: unknown) => {
        const found = existing(type, live.metadata)
        const object = this.put(storeOf(type), { ...found, status } as KubeObject)
        written()
        return { object, outcome: 'applied' }
      },
    }
    return fake as unknown as KubeClient
  }

  /** Writes a pod's status, as a kubelet. */
  report(pod: Pod, status: object): void {
    this.put(this.pods, { ...pod, status: { ...pod.status, ...status } } as Pod)
  }
}

const failure = (status: number, reason: string, message: string) =>
  new KubeError({ status, reason, message })

/** A JSON merge patch. */
function merged(into: Body, patch: Body): Body {
  const result = { ...into }
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key]
    else if (typeof value === 'object' && !Array.isArray(value))
      result[key] = merged((result[key] ?? {}) as Body, value as Body)
    else result[key] = value
  }
  return result
}
