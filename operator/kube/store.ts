import { type KubeObject, keyOf, objectKey } from './object.ts'
import { sameVersion } from './version.ts'

/** The keys under which an object is found in an index: none, one or several. */
export type IndexFunction<T> = (object: T) => readonly string[]

/** How a change was learnt of. `list`: from a first list or from one after a gap; `watch`: as it happened. */
export type ChangeSource = 'list' | 'watch'

/** `old` is undefined for a new object, `next` for one that is gone. Runs in the watch: must not wait or throw. */
export type ChangeHandler<T> = (old: T | undefined, next: T | undefined, source: ChangeSource) => void

/** What controllers see: objects as of a moment ago, deep-frozen. */
export interface Store<T extends KubeObject> {
  /** `namespace` is undefined for objects of the cluster. */
  get(namespace: string | undefined, name: string): T | undefined
  /** By `namespace/name`, the key that queues use. */
  getByKey(key: string): T | undefined
  list(): T[]
  /** Throws for an index that does not exist: that is a mistake in the code. */
  byIndex(index: string, key: string): T[]
  readonly size: number
  /** True once a first full list is in. Never goes back. */
  readonly hasSynced: boolean
  /** Tells of each change from now on, and of what is in already as new. The returned function ends it. */
  onChange(handler: ChangeHandler<T>): () => void
}

export type IndexFunctions<T> = Readonly<Record<string, IndexFunction<T>>>

/** The writable store: a reflector's, or a test's. */
export class ObjectStore<T extends KubeObject> implements Store<T> {
  readonly #objects = new Map<string, T>()
  readonly #indexes: ReadonlyMap<string, Index<T>>
  readonly #handlers = new Set<ChangeHandler<T>>()
  readonly #onHandlerError: (error: unknown) => void
  #synced = false

  constructor(
    options: { indexes?: IndexFunctions<T> | undefined; onHandlerError?: (error: unknown) => void } = {},
  ) {
    this.#indexes = new Map(
      Object.entries(options.indexes ?? {}).map(([name, keysOf]) => [name, new Index(keysOf)]),
    )
    this.#onHandlerError = options.onHandlerError ?? (() => {})
  }

  get size(): number {
    return this.#objects.size
  }

  get hasSynced(): boolean {
    return this.#synced
  }

  get(namespace: string | undefined, name: string): T | undefined {
    return this.#objects.get(objectKey(namespace, name))
  }

  getByKey(key: string): T | undefined {
    return this.#objects.get(key)
  }

  list(): T[] {
    return [...this.#objects.values()]
  }

  byIndex(index: string, key: string): T[] {
    const found = this.#indexes.get(index)
    if (found === undefined) throw new TypeError(`the store has no index "${index}"`)
    return found.get(key)
  }

  onChange(handler: ChangeHandler<T>): () => void {
    this.#handlers.add(handler)
    for (const object of this.#objects.values()) this.#tell(handler, undefined, object, 'list')
    return () => {
      this.#handlers.delete(handler)
    }
  }

  /**
   * Adds or replaces; the object is frozen from here on. One that was deleted and made again under its name is told as
   * gone and then as new.
   */
  set(object: T, source: ChangeSource = 'watch'): void {
    const key = keyOf(object)
    const before = this.#objects.get(key)
    if (before !== undefined && before.metadata.uid !== object.metadata.uid) this.delete(key, source)
    const old = this.#objects.get(key)
    deepFreeze(object)
    this.#objects.set(key, object)
    for (const index of this.#indexes.values()) index.replace(old, object)
    this.#tellAll(old, object, source)
  }

  /** Does nothing for a key that is not in. */
  delete(key: string, source: ChangeSource = 'watch'): void {
    const old = this.#objects.get(key)
    if (old === undefined) return
    this.#objects.delete(key)
    for (const index of this.#indexes.values()) index.replace(old, undefined)
    this.#tellAll(old, undefined, source)
  }

  /**
   * Makes the store hold exactly these, telling of the differences only.
   * @returns how many objects differed
   */
  replaceAll(objects: readonly T[]): number {
    let changes = 0
    const keys = new Set(objects.map(keyOf))
    for (const key of [...this.#objects.keys()]) {
      if (keys.has(key)) continue
      changes++
      this.delete(key, 'list')
    }
    for (const object of objects) {
      const old = this.getByKey(keyOf(object))
      if (old !== undefined && sameVersion(old, object)) continue
      changes++
      this.set(object, 'list')
    }
    this.#synced = true
    return changes
  }

  #tellAll(old: T | undefined, next: T | undefined, source: ChangeSource): void {
    for (const handler of this.#handlers) this.#tell(handler, old, next, source)
  }

  /** A handler that throws must not cost the others the change, nor end the watch. */
  #tell(handler: ChangeHandler<T>, old: T | undefined, next: T | undefined, source: ChangeSource): void {
    try {
      handler(old, next, source)
    } catch (error) {
      this.#onHandlerError(error)
    }
  }
}

/** Index: the uid of each owner. */
export const byOwner: IndexFunction<KubeObject> = (object) =>
  object.metadata.ownerReferences?.map((reference) => reference.uid) ?? []

/** Index: the value of one label. */
export const byLabel =
  (label: string): IndexFunction<KubeObject> =>
  (object) => {
    const value = object.metadata.labels?.[label]
    return value === undefined ? [] : [value]
  }

/** Index: the namespace. */
export const byNamespace: IndexFunction<KubeObject> = (object) =>
  object.metadata.namespace === undefined ? [] : [object.metadata.namespace]

class Index<T extends KubeObject> {
  readonly #keysOf: IndexFunction<T>
  readonly #objects = new Map<string, Map<string, T>>()

  constructor(keysOf: IndexFunction<T>) {
    this.#keysOf = keysOf
  }

  get(key: string): T[] {
    return [...(this.#objects.get(key)?.values() ?? [])]
  }

  replace(old: T | undefined, next: T | undefined): void {
    if (old !== undefined) for (const key of this.#keysOf(old)) this.#remove(key, keyOf(old))
    if (next !== undefined) for (const key of this.#keysOf(next)) this.#add(key, next)
  }

  #add(key: string, object: T): void {
    const bucket = this.#objects.get(key) ?? new Map<string, T>()
    bucket.set(keyOf(object), object)
    this.#objects.set(key, bucket)
  }

  #remove(key: string, objectName: string): void {
    const bucket = this.#objects.get(key)
    bucket?.delete(objectName)
    if (bucket?.size === 0) this.#objects.delete(key)
  }
}

/** Freezes an object and all within. What is frozen already is taken as frozen all through. */
export function deepFreeze<V>(value: V): V {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  Object.freeze(value)
  for (const inner of Object.values(value)) deepFreeze(inner)
  return value
}
