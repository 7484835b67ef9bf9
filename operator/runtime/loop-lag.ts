import { type Clock, systemClock } from '../kube/clock.ts'

/** Looks each half second at how late it is: the time in which the event loop could do nothing else. */
export class LoopLag {
  readonly #clock: Clock
  readonly #periodMs = 500
  readonly #windowMs: number
  #samples: { at: number; lagMs: number }[] = []
  #cancel = () => {}

  /** @param options.windowMs over which `busyShare` is taken, default 30 000 */
  constructor(options: { clock?: Clock; windowMs?: number } = {}) {
    this.#clock = options.clock ?? systemClock
    this.#windowMs = options.windowMs ?? 30_000
  }

  start(): void {
    const due = this.#clock.monotonic() + this.#periodMs
    this.#cancel = this.#clock.after(this.#periodMs, () => {
      this.note(Math.max(0, this.#clock.monotonic() - due))
      this.start()
    })
  }

  stop(): void {
    this.#cancel()
  }

  note(lagMs: number): void {
    const at = this.#clock.monotonic()
    this.#samples.push({ at, lagMs })
    this.#samples = this.#samples.filter((sample) => at - sample.at < this.#windowMs)
  }

  /** The share of the last half minute in which the loop was blocked, 0..1. */
  get busyShare(): number {
    const since = this.#clock.monotonic() - this.#windowMs
    const blockedMs = this.#samples.reduce((sum, { at, lagMs }) => (at > since ? sum + lagMs : sum), 0)
    return Math.min(1, blockedMs / this.#windowMs)
  }

  /** The longest block in the last half minute, ms. */
  get worstMs(): number {
    return Math.max(0, ...this.#samples.map((sample) => sample.lagMs))
  }
}
