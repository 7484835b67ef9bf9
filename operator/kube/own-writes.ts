import { type KubeObject, keyOf } from './object.ts'
import { isOlder } from './version.ts'

/** Objects as they were after our own last write of them, for as long as the store, which lags behind, shows older ones. */
export class OwnWrites<T extends KubeObject> {
  readonly #written = new Map<string, T>()

  /** This is what the write made of it. */
  note(object: T): void {
    this.#written.set(keyOf(object), object)
  }

  /** The newer of what the store has and what was written. */
  latest(stored: T): T {
    const key = keyOf(stored)
    const written = this.#written.get(key)
    const isBehind =
      written !== undefined && written.metadata.uid === stored.metadata.uid && isOlder(stored, written)
    if (isBehind) return written
    this.#written.delete(key)
    return stored
  }

  /** The object is gone. */
  forget(key: string): void {
    this.#written.delete(key)
  }
}
