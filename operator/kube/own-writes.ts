import { type KubeObject, keyOf } from './object.ts'
import { isOlder } from './version.ts'

/** Objects as they were after our own last write of them, for as long as the store, which lags behind, shows older ones. */
export class OwnWrites<T extends KubeObject> {
  readonly #written = new Map<string, T>()

  /** This is what the write made of it. */
  note(object: T): void {
    this.#written.set(keyOf(object), object)
  }

  /** The newer of what the store has and what was written, which is forgotten once the store has caught up. */
  latest(stored: T): T {
    const latest = this.newer(stored)
    if (latest === stored) this.#written.delete(keyOf(stored))
    return latest
  }

  /** The newer of this and what was written. For an object that is not fresh from the store: nothing is forgotten. */
  newer(object: T): T {
    const written = this.#written.get(keyOf(object))
    const isBehind =
      written !== undefined && written.metadata.uid === object.metadata.uid && isOlder(object, written)
    return isBehind ? written : object
  }

  /** The object is gone. */
  forget(key: string): void {
    this.#written.delete(key)
  }
}
