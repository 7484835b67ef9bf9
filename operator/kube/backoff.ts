import type { Clock } from './clock.ts'

export type BackoffOptions = Readonly<{
  clock: Clock
  /** 0..1 */
  random: () => number
  /** Of the first wait. Default 200. */
  baseMs?: number
  /** Before the random part. Default 15 000, so that a server that is back is found within half a minute. */
  capMs?: number
  /** A failure this long after the last one is a first one again. Default 120 000. */
  resetAfterMs?: number
}>

/**
 * Growing waits between tries: doubled each time, and up to twice as long at random, so that clients that failed
 * together do not come back together. Begins anew only after a time without failures: one success in between says
 * little of a server that fails right after it.
 */
export class Backoff {
  readonly #options: BackoffOptions
  #failures = 0
  #last = Number.NEGATIVE_INFINITY

  constructor(options: BackoffOptions) {
    this.#options = options
  }

  /** Notes a failure. @returns how long to wait, in ms */
  next(): number {
    const { clock, random, baseMs = 200, capMs = 15_000, resetAfterMs = 120_000 } = this.#options
    const now = clock.monotonic()
    if (now - this.#last > resetAfterMs) this.#failures = 0
    const waitMs = Math.min(capMs, baseMs * 2 ** Math.min(this.#failures, 30)) * (1 + random())
    this.#failures++
    // The wait itself is no time without failures.
    this.#last = now + waitMs
    return waitMs
  }
}
