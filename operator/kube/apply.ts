import { createHash } from 'node:crypto'
import type { ApplyOptions, CallOptions } from './calls.ts'
import type { KubeClient } from './client.ts'
import { canonicalJson, covers, sameJson } from './json.ts'
import { type Intent, type KubeObject, objectKey } from './object.ts'
import type { ResourceType } from './resource.ts'

export type Applied<T> = Readonly<{
  object: T
  /** "The object has been ...". `unchanged`: no call was made. */
  outcome: 'unchanged' | 'applied'
}>

export type ApplierOptions = Readonly<{
  client: KubeClient
  /** One for each controller: what it no longer applies, it gives up. */
  fieldManager: string
  /** Objects remembered at most; the ones not applied for longest are forgotten first. Default 50 000. */
  capacity?: number
}>

type Last = Readonly<{ hash: string; uid: string | undefined; resourceVersion: string | undefined }>

/**
 * Server-side apply that makes no call where it would change nothing. That is so when this very intent was the last
 * one applied to this object, and the object either has not changed since, or still holds all of the intent.
 * The first call after a start is always made, but for `applyStatus`, which compares with what is there.
 */
export class Applier {
  readonly fieldManager: string
  readonly #client: KubeClient
  readonly #capacity: number
  readonly #last = new Map<string, Last>()

  constructor(options: ApplierOptions) {
    this.#client = options.client
    this.fieldManager = options.fieldManager
    this.#capacity = options.capacity ?? 50_000
  }

  /** @param live the object as the store has it; without it, the call is always made */
  async apply<T extends KubeObject>(
    type: ResourceType<T>,
    intent: Intent<T>,
    live: T | undefined,
    options: Omit<ApplyOptions, 'fieldManager'> = {},
  ): Promise<Applied<T>> {
    const { name, namespace } = intent.metadata
    const key = `${type.plural}.${type.group}/${options.subresource ?? ''}/${objectKey(namespace, name)}`
    const hash = createHash('sha256').update(canonicalJson(intent)).digest('base64')
    if (live !== undefined && this.#isDone(key, hash, intent, live))
      return { object: live, outcome: 'unchanged' }
    const object = await this.#client.apply(type, intent, { ...options, fieldManager: this.fieldManager })
    const { uid, resourceVersion } = object.metadata
    this.#remember(key, { hash, uid, resourceVersion })
    return { object, outcome: 'applied' }
  }

  /**
   * Writes the status, whole and through its subresource, unless it is the live one already. The write is refused as a
   * conflict when the object was deleted and made again under its name.
   */
  async applyStatus<T extends KubeObject & { readonly status?: unknown }>(
    type: ResourceType<T>,
    live: T,
    status: NonNullable<T['status']>,
    options: CallOptions = {},
  ): Promise<Applied<T>> {
    if (live.status !== undefined && sameJson(live.status, status))
      return { object: live, outcome: 'unchanged' }
    const { name, namespace, uid } = live.metadata
    const metadata = {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
    }
    const intent = { metadata, status } as unknown as Intent<T>
    return this.apply(type, intent, live, { ...options, subresource: 'status' })
  }

  /** The object is gone: nothing about it is worth keeping. */
  forget(
    type: ResourceType<KubeObject>,
    target: { readonly namespace?: string; readonly name: string },
  ): void {
    for (const subresource of ['', 'status', 'scale', 'resize'])
      this.#last.delete(
        `${type.plural}.${type.group}/${subresource}/${objectKey(target.namespace, target.name)}`,
      )
  }

  #isDone(key: string, hash: string, intent: Intent<KubeObject>, live: KubeObject): boolean {
    const last = this.#last.get(key)
    if (last === undefined || last.hash !== hash || last.uid !== live.metadata.uid) return false
    return last.resourceVersion === live.metadata.resourceVersion || covers(live, intent)
  }

  #remember(key: string, last: Last): void {
    this.#last.delete(key)
    this.#last.set(key, last)
    if (this.#last.size <= this.#capacity) return
    const [oldest] = this.#last.keys()
    if (oldest !== undefined) this.#last.delete(oldest)
  }
}
