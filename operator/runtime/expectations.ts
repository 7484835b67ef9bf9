import { type Clock, systemClock } from '../kube/clock.ts'

/**
 * What was done and can not be seen in the store yet, so that it is not done twice: "a pod NAME was made for KEY".
 * Consulted before each creation, fulfilled by what the watch brings, and forgotten after a while, lest a lost event
 * holds up a key for ever.
 */
export class Expectations {
  readonly #clock: Clock
  readonly #ttlMs: number
  readonly #pending = new Map<string, Map<string, number>>()

  constructor(options: { clock?: Clock; ttlMs?: number } = {}) {
    this.#clock = options.clock ?? systemClock
    this.#ttlMs = options.ttlMs ?? 30_000
  }

  /** @param what distinguishes the things that one key waits for, such as `create pod web1-vm` */
  expect(key: string, what: string): void {
    const pending = this.#pending.get(key) ?? new Map<string, number>()
    pending.set(what, this.#clock.monotonic() + this.#ttlMs)
    this.#pending.set(key, pending)
  }

  /** It was seen. Does nothing for what was not expected. */
  fulfil(key: string, what: string): void {
    const pending = this.#pending.get(key)
    pending?.delete(what)
    if (pending?.size === 0) this.#pending.delete(key)
  }

  /** Whether it was done and not seen yet. */
  isPending(key: string, what: string): boolean {
    const until = this.#pending.get(key)?.get(what)
    if (until === undefined) return false
    if (until > this.#clock.monotonic()) return true
    this.fulfil(key, what)
    return false
  }

  /** The key's object is gone. */
  forget(key: string): void {
    this.#pending.delete(key)
  }
}
