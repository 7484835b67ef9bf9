import type { Clock } from './clock.ts'

type Bucket = { tokens: number; at: number }

/** A bucket of tokens for each key: `size` at once, then one each `refillMs`. Remembers `most` keys. */
export class TokenBuckets {
  readonly #clock: Clock
  readonly #options: Readonly<{ size: number; refillMs: number; most: number }>
  readonly #buckets = new Map<string, Bucket>()

  constructor(clock: Clock, options: Readonly<{ size: number; refillMs: number; most: number }>) {
    this.#clock = clock
    this.#options = options
  }

  /** Whether there was one left. */
  take(key: string): boolean {
    const { size, refillMs, most } = this.#options
    const now = this.#clock.monotonic()
    const bucket = this.#buckets.get(key) ?? { tokens: size, at: now }
    const tokens = Math.min(size, bucket.tokens + (now - bucket.at) / refillMs)
    const taken = tokens >= 1
    // Put last, so that the first key is the one not asked for the longest.
    this.#buckets.delete(key)
    this.#buckets.set(key, { tokens: taken ? tokens - 1 : tokens, at: now })
    const [oldest] = this.#buckets.keys()
    if (this.#buckets.size > most && oldest !== undefined) this.#buckets.delete(oldest)
    return taken
  }
}
