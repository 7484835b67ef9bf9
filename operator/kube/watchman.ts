import type { Clock } from './clock.ts'

export type WatchmanOptions = Readonly<{
  /** End the watch after this long without a sign of life. */
  stallMs: number
  /** End the watch when it has lasted for this long although the server should have ended it. */
  deadlineMs: number
  /** End the watch after this, since a list is due. Infinity: never. */
  relistInMs: number
}>

/** Ends one watch from outside, and knows why it did. */
export class Watchman {
  readonly #clock: Clock
  readonly #parent: AbortSignal
  readonly #controller = new AbortController()
  readonly #cancels: (() => void)[] = []
  readonly #stallMs: number
  #lastSign: number
  #cancelStall = () => {}
  #why: 'stalled' | 'relist' | 'stopped' | undefined

  constructor(clock: Clock, parent: AbortSignal, options: WatchmanOptions) {
    this.#clock = clock
    this.#parent = parent
    this.#stallMs = options.stallMs
    this.#lastSign = clock.monotonic()
    if (parent.aborted) this.#end('stopped')
    parent.addEventListener('abort', this.#onParent, { once: true })
    this.#cancels.push(clock.after(options.deadlineMs, () => this.#end('stalled')))
    if (Number.isFinite(options.relistInMs))
      this.#cancels.push(clock.after(Math.max(0, options.relistInMs), () => this.#end('relist')))
    this.#armStall(this.#stallMs)
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** Undefined as long as the watch was not ended from here. */
  get why(): 'stalled' | 'relist' | 'stopped' | undefined {
    return this.#why
  }

  alive(): void {
    this.#lastSign = this.#clock.monotonic()
  }

  /** The watch is over: lets go of timers and listeners. */
  stop(): void {
    this.#parent.removeEventListener('abort', this.#onParent)
    this.#cancelStall()
    for (const cancel of this.#cancels) cancel()
  }

  readonly #onParent = (): void => this.#end('stopped')

  /** One timer that looks back, since moving it with each piece of data would cost more than the data. */
  #armStall(ms: number): void {
    this.#cancelStall = this.#clock.after(ms, () => {
      const left = this.#stallMs - (this.#clock.monotonic() - this.#lastSign)
      if (left <= 0) this.#end('stalled')
      else this.#armStall(left)
    })
  }

  #end(why: 'stalled' | 'relist' | 'stopped'): void {
    this.#why ??= why
    this.#controller.abort()
  }
}
