import type { KubeObject, ObjectMeta } from '../object.ts'

export type Change = Readonly<{ type: 'ADDED' | 'MODIFIED' | 'DELETED'; path: string; object: KubeObject }>

/** The objects of a fake API server and the history of their changes. Collections are known by their path. */
export class FakeWorld {
  readonly #collections = new Map<string, Map<string, KubeObject>>()
  #history: Change[] = []
  readonly #listeners = new Set<(change: Change) => void>()
  /** Of the last change. */
  version = 100
  /** Watches from before this one are told that it is too old. */
  compactedTo = 0

  /** Creates or replaces. */
  set(path: string, object: Omit<KubeObject, 'metadata'> & { metadata: ObjectMeta }): KubeObject {
    const collection = this.#collection(path)
    const key = keyIn(object)
    const old = collection.get(key)
    const stored = {
      ...object,
      metadata: {
        creationTimestamp: '2026-01-01T00:00:00Z',
        ...object.metadata,
        uid: old?.metadata.uid ?? object.metadata.uid ?? `uid-${this.version + 1}`,
        resourceVersion: String(++this.version),
      },
    }
    collection.set(key, stored)
    this.#tell({ type: old === undefined ? 'ADDED' : 'MODIFIED', path, object: stored })
    return stored
  }

  get(path: string, namespace: string | undefined, name: string): KubeObject | undefined {
    return this.#collection(path).get(keyIn({ metadata: { name, ...(namespace ? { namespace } : {}) } }))
  }

  delete(path: string, namespace: string | undefined, name: string): KubeObject | undefined {
    const old = this.get(path, namespace, name)
    if (old === undefined) return undefined
    this.#collection(path).delete(keyIn(old))
    const gone = { ...old, metadata: { ...old.metadata, resourceVersion: String(++this.version) } }
    this.#tell({ type: 'DELETED', path, object: gone })
    return old
  }

  /** As of now, or as of a version of the past. */
  list(path: string, version = this.version): KubeObject[] {
    if (version === this.version) return [...this.#collection(path).values()]
    const objects = new Map<string, KubeObject>()
    for (const { type, object, path: where } of this.#history) {
      if (where !== path || versionOf(object) > version) continue
      if (type === 'DELETED') objects.delete(keyIn(object))
      else objects.set(keyIn(object), object)
    }
    return [...objects.values()]
  }

  /** What happened after a version. */
  since(path: string, version: number): Change[] {
    return this.#history.filter((change) => change.path === path && versionOf(change.object) > version)
  }

  onChange(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Changes an object without telling any watch: what a watch that loses events looks like. */
  changeSilently(path: string, object: KubeObject): void {
    const listeners = [...this.#listeners]
    this.#listeners.clear()
    this.set(path, object)
    for (const listener of listeners) this.#listeners.add(listener)
  }

  /** Forgets the history, so that every watch from before now has to list anew. */
  compact(): void {
    this.compactedTo = this.version
  }

  /** As after a restore from a backup: versions that were given out are given out again. */
  rewind(version: number): void {
    this.#history = []
    this.version = version
  }

  #tell(change: Change): void {
    this.#history.push(change)
    for (const listener of [...this.#listeners]) listener(change)
  }

  #collection(path: string): Map<string, KubeObject> {
    const collection = this.#collections.get(path) ?? new Map<string, KubeObject>()
    this.#collections.set(path, collection)
    return collection
  }
}

const keyIn = (object: { metadata: ObjectMeta }): string =>
  `${object.metadata.namespace ?? ''}/${object.metadata.name}`

const versionOf = (object: KubeObject): number => Number(object.metadata.resourceVersion)
