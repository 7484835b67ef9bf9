import { type Clock, settlesWithin, sleep, systemClock } from '../kube/clock.ts'
import type { ReflectorState } from '../kube/reflector.ts'
import type { Check } from './health.ts'
import { type Logger, silentLogger } from './logger.ts'

/** A reflector, as the manager sees it. */
export interface CacheRunner {
  readonly name: string
  readonly state: ReflectorState
  run(signal: AbortSignal): Promise<void>
  synced(): Promise<void>
}

/** A controller, as the manager sees it. */
export interface WorkRunner {
  readonly name: string
  /** Stops taking work on `stop`, ends what is under way on `kill`. */
  run(stop: AbortSignal, kill: AbortSignal): Promise<void>
}

/** A leader election, as the manager sees it. */
export interface Leadership {
  /** Resolves with true once this process leads, with false when the signal aborts first; rejects where it never can. */
  acquire(signal: AbortSignal): Promise<boolean>
  /** Resolves when leadership was lost; never after a release. */
  readonly lost: Promise<void>
  release(): Promise<void>
}

export type ManagerOptions = Readonly<{
  reflectors: readonly CacheRunner[]
  controllers: readonly WorkRunner[]
  /** Without it, this process is the only one. */
  leadership?: Leadership
  /** What is to be done last, such as sending the events that wait. At most 3 s in all. */
  onStopped?: readonly (() => Promise<void>)[]
  /** For the work that is under way when the process is told to stop. Default 17 000: with all that follows, 25 s at most. */
  drainMs?: number
  clock?: Clock
  log?: Logger
}>

type Phase = 'starting' | 'running' | 'stopping'

/** How often the log says what a start is waiting for. */
const remindMs = 30_000
const lastWordsMs = 3_000
const releaseMs = 3_000

/**
 * Starts everything in order, and stops it in order: caches, then leadership, then workers. Replicas that do not lead
 * keep their caches warm. Caches that can not be filled are waited for, not died of: a restart would not fill them.
 */
export class Manager {
  readonly #options: ManagerOptions
  readonly #clock: Clock
  readonly #log: Logger
  readonly #drainMs: number
  #phase: Phase = 'starting'

  constructor(options: ManagerOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#log = options.log ?? silentLogger
    this.#drainMs = options.drainMs ?? 17_000
  }

  /** For `/readyz`: fails as soon as the process is told to stop. */
  get notStopping(): Check {
    return {
      name: 'shutdown',
      check: () => (this.#phase === 'stopping' ? 'the operator is stopping' : undefined),
    }
  }

  /**
   * Runs until `stop` aborts, or leadership is lost. Never rejects.
   * @returns the process's exit code: 0 after a clean stop, 1 when leadership was lost or can not be sought
   */
  async run(stop: AbortSignal): Promise<0 | 1> {
    // While the API server is away there may be no socket, and nothing else that keeps Node from ending by itself.
    const alive = setInterval(() => {}, 60_000)
    const caches = new AbortController()
    const halt = new AbortController()
    const kill = new AbortController()
    stop.addEventListener('abort', () => this.#stopping(halt), { once: true })
    if (stop.aborted) this.#stopping(halt)
    const reflecting = Promise.all(this.#options.reflectors.map((reflector) => reflector.run(caches.signal)))
    const code = await this.#work(halt, kill)
    caches.abort()
    kill.abort()
    await reflecting
    // Whoever lost the lead must do nothing more: another one may act already.
    if (code === 0) await this.#lastWords()
    clearInterval(alive)
    this.#log.info('Stopped', { exitCode: code })
    return code
  }

  async #work(halt: AbortController, kill: AbortController): Promise<0 | 1> {
    await this.#synced(halt.signal)
    if (halt.signal.aborted) return 0
    this.#log.info('Caches are filled', { reflectors: this.#options.reflectors.map(({ name }) => name) })
    const { leadership } = this.#options
    try {
      if (leadership !== undefined && !(await leadership.acquire(halt.signal))) return 0
    } catch (error) {
      this.#log.error('The lead can not be sought', { error })
      return 1
    }
    this.#phase = 'running'
    this.#log.info('Workers start', { controllers: this.#options.controllers.map(({ name }) => name) })
    const working = Promise.all(
      this.#options.controllers.map((controller) => controller.run(halt.signal, kill.signal)),
    )
    const lost = leadership?.lost.then(() => 'lost' as const) ?? new Promise<never>(() => {})
    const halted = aborted(halt.signal).then(() => 'halted' as const)
    if ((await Promise.race([halted, lost])) === 'lost') {
      this.#log.error('Leadership was lost')
      this.#phase = 'stopping'
      halt.abort()
      return 1
    }
    return this.#drain(working, kill)
  }

  async #drain(working: Promise<unknown>, kill: AbortController): Promise<0> {
    if (await settlesWithin(this.#clock, this.#drainMs, working)) return 0
    this.#log.warn('Work under way did not end in time and is cut off', { seconds: this.#drainMs / 1000 })
    kill.abort()
    await settlesWithin(this.#clock, 1000, working)
    return 0
  }

  async #synced(halt: AbortSignal): Promise<void> {
    const all = Promise.all(this.#options.reflectors.map((reflector) => reflector.synced()))
    const over = new AbortController()
    halt.addEventListener('abort', () => over.abort(), { once: true })
    void all.then(() => over.abort())
    while (!over.signal.aborted) {
      await sleep(this.#clock, remindMs, over.signal)
      if (over.signal.aborted) return
      for (const { state } of this.#options.reflectors)
        if (!state.synced)
          this.#log.warn('Waiting for the first list of a kind', {
            reflector: state.name,
            error: state.lastError,
          })
    }
  }

  async #lastWords(): Promise<void> {
    const { onStopped = [], leadership } = this.#options
    await settlesWithin(this.#clock, lastWordsMs, Promise.allSettled(onStopped.map((one) => one())))
    if (leadership !== undefined) await settlesWithin(this.#clock, releaseMs, leadership.release())
  }

  #stopping(halt: AbortController): void {
    this.#phase = 'stopping'
    this.#log.info('Told to stop')
    halt.abort()
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  signal.aborted
    ? Promise.resolve()
    : new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
