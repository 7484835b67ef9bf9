import type { EphemeralInstance } from '../api/ephemeral-instance.ts'
import { type Clock, systemClock } from '../kube/clock.ts'
import { keyOf, objectKey } from '../kube/object.ts'
import type { Store } from '../kube/store.ts'
import { isOlder } from '../kube/version.ts'

/** How long something that was written is believed without the watch having shown it, in ms: an event may be lost. */
const ttlMs = 30_000

type Written = Readonly<{ object: EphemeralInstance; until: number }>

/**
 * The instances as the cache has them, and besides what this process wrote and the cache, which lags behind, does not show yet:
 * so that nothing is made, told or deleted twice.
 */
export class KnownInstances {
  readonly #store: Store<EphemeralInstance>
  readonly #clock: Clock
  readonly #written = new Map<string, Written>()
  /** UIDs of those that were told to go, with the time until which that is believed. */
  readonly #told = new Map<string, number>()

  constructor(store: Store<EphemeralInstance>, clock: Clock = systemClock) {
    this.#store = store
    this.#clock = clock
    store.onChange((old, next) => {
      const uid = old?.metadata.uid
      if (next === undefined && uid !== undefined) this.#told.delete(uid)
      if (next !== undefined) this.#forgetIfShown(next)
    })
  }

  /** This is what a write made of it, or how the API server itself has it. */
  note(object: EphemeralInstance): void {
    this.#written.set(keyOf(object), { object, until: this.#clock.monotonic() + ttlMs })
    const stored = this.#store.getByKey(keyOf(object))
    if (stored !== undefined) this.#forgetIfShown(stored)
  }

  /** It was told to go. */
  noteGoing(uid: string): void {
    this.#told.set(uid, this.#clock.monotonic() + ttlMs)
  }

  isGoing({ metadata: { uid = '', deletionTimestamp } }: EphemeralInstance): boolean {
    if (deletionTimestamp !== undefined) return true
    const until = this.#told.get(uid)
    if (until === undefined) return false
    if (until > this.#clock.monotonic()) return true
    this.#told.delete(uid)
    return false
  }

  get(namespace: string | undefined, name: string): EphemeralInstance | undefined {
    const key = objectKey(namespace, name)
    return this.#pending(key)?.object ?? this.#store.getByKey(key)
  }

  /** All that have this owner. */
  ofOwner(uid: string): EphemeralInstance[] {
    const stored = this.#store.byIndex('owner', uid)
    const keys = new Set([...stored.map(keyOf), ...this.#written.keys()])
    return [...keys].flatMap((key) => {
      const object = this.#pending(key)?.object ?? this.#store.getByKey(key)
      return object?.metadata.ownerReferences?.some((reference) => reference.uid === uid) ? [object] : []
    })
  }

  #pending(key: string): Written | undefined {
    const written = this.#written.get(key)
    if (written === undefined || written.until > this.#clock.monotonic()) return written
    this.#written.delete(key)
    return undefined
  }

  /** Once the cache has shown it, or what came after, the cache alone is right. */
  #forgetIfShown(stored: EphemeralInstance): void {
    const written = this.#written.get(keyOf(stored))
    if (written !== undefined && !isOlder(stored, written.object)) this.#written.delete(keyOf(stored))
  }
}
