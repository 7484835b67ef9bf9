import type { Clock } from '../clock.ts'

type Timer = { at: number; call: () => void }

/** Time that moves only by `advance`. Starts at `2026-01-01T00:00:00Z`. */
export class ManualClock implements Clock {
  #now = Date.UTC(2026, 0, 1)
  readonly #start = this.#now
  readonly #timers = new Set<Timer>()

  now(): number {
    return this.#now
  }

  monotonic(): number {
    return this.#now - this.#start
  }

  after(ms: number, call: () => void): () => void {
    const timer = { at: this.#now + Math.max(0, ms), call }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  /** Moves on, calling what falls due in the order of its time, each at its time. */
  advance(ms: number): void {
    const end = this.#now + ms
    for (let next = this.#first(); next !== undefined && next.at <= end; next = this.#first()) {
      this.#timers.delete(next)
      this.#now = Math.max(this.#now, next.at)
      next.call()
    }
    this.#now = end
  }

  /** How long until the next timer, in ms; undefined when there is none. */
  get untilNext(): number | undefined {
    const first = this.#first()
    return first === undefined ? undefined : first.at - this.#now
  }

  get timers(): number {
    return this.#timers.size
  }

  #first(): Timer | undefined {
    let first: Timer | undefined
    for (const timer of this.#timers) if (first === undefined || timer.at < first.at) first = timer
    return first
  }
}

/**
 * Time in which waits up to `patienceMs` are over at once and longer ones never end, so that a test of a thousand
 * backoffs takes no time and no watch is taken for dead.
 */
export class ImpatientClock implements Clock {
  readonly #patienceMs: number
  #now = Date.UTC(2026, 0, 1)
  /** The sum of the waits that were cut short, ms. */
  waitedMs = 0

  constructor(patienceMs: number) {
    this.#patienceMs = patienceMs
  }

  now(): number {
    return this.#now
  }

  monotonic(): number {
    return this.#now
  }

  after(ms: number, call: () => void): () => void {
    if (ms > this.#patienceMs) return () => {}
    const timer = setImmediate(() => {
      this.#now += ms
      this.waitedMs += ms
      call()
    })
    return () => clearImmediate(timer)
  }
}
