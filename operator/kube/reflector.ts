import { Backoff } from './backoff.ts'
import type { Selection } from './calls.ts'
import type { KubeClient } from './client.ts'
import { type Clock, sleep, systemClock } from './clock.ts'
import { isExpired, KubeError } from './errors.ts'
import { type KubeObject, keyOf } from './object.ts'
import type { ResourceType } from './resource.ts'
import { slim } from './slim.ts'
import { type IndexFunctions, ObjectStore, type Store } from './store.ts'
import { type Emit, type KubeTelemetry, silent, type WatchEnd } from './telemetry.ts'
import { whyIgnore } from './version.ts'
import { Watchman } from './watchman.ts'

export type ReflectorOptions<T extends KubeObject> = Selection &
  Readonly<{
    client: KubeClient
    type: ResourceType<T>
    /** In metrics and logs. Default: the plural. */
    name?: string
    indexes?: IndexFunctions<T>
    /** Drops what nobody reads before an object is kept. `managedFields` are gone already. */
    transform?: (object: T) => T
    /** Objects a page of a list. Default 500. */
    pageSize?: number
    /** How often a list checks that the watch missed nothing, up to a quarter more at random. Default 600; 0: never. */
    relistSeconds?: number
    /** A watch without a byte for this long is dead. An API server sends a bookmark about each minute. Default 150. */
    stallSeconds?: number
    /** The server ends a watch after this to twice this. Default 300. */
    watchSeconds?: number
    clock?: Clock
    /** 0..1 */
    random?: () => number
    emit?: Emit<KubeTelemetry>
  }>

/** Where the loop is: for health checks and for people who look at it. */
export type ReflectorState = Readonly<{
  name: string
  synced: boolean
  /** Since the last answer, event or failed try, in seconds: grows only when the loop itself hangs. */
  silentSeconds: number
  /** Failures in a row. */
  failures: number
  lastError: string | undefined
}>

/**
 * Keeps a store equal to what the API server holds: list, watch, and again, for ever. Whatever goes wrong is told by
 * `emit` and tried again with a growing, random wait; only the signal ends it.
 */
export class Reflector<T extends KubeObject> {
  readonly name: string
  readonly store: Store<T>
  readonly #options: ReflectorOptions<T>
  readonly #objects: ObjectStore<T>
  readonly #clock: Clock
  readonly #random: () => number
  readonly #emit: Emit<KubeTelemetry>
  readonly #backoff: Backoff
  #synced = Promise.withResolvers<void>()
  #resourceVersion: string | undefined
  #paged = true
  #relistAt = Number.POSITIVE_INFINITY
  #lastSign: number
  #failures = 0
  #lastError: string | undefined

  constructor(options: ReflectorOptions<T>) {
    this.name = options.name ?? options.type.plural
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#random = options.random ?? Math.random
    this.#emit = options.emit ?? silent
    this.#backoff = new Backoff({ clock: this.#clock, random: this.#random })
    this.#lastSign = this.#clock.monotonic()
    this.#objects = new ObjectStore<T>({
      indexes: options.indexes,
      onHandlerError: (error) => this.#emit({ type: 'handlerFailed', reflector: this.name, error }),
    })
    this.store = this.#objects
  }

  get state(): ReflectorState {
    return {
      name: this.name,
      synced: this.#objects.hasSynced,
      silentSeconds: (this.#clock.monotonic() - this.#lastSign) / 1000,
      failures: this.#failures,
      lastError: this.#lastError,
    }
  }

  /** Resolves once the first list is in the store. Waits for ever where that never happens. */
  synced(): Promise<void> {
    return this.#synced.promise
  }

  /** Runs until the signal aborts; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const waitMs = await this.#cycle(signal)
      if (waitMs > 0) await sleep(this.#clock, waitMs, signal)
    }
  }

  /** One list (where needed) and one watch. @returns how long to wait before the next, in ms */
  async #cycle(signal: AbortSignal): Promise<number> {
    if (this.#needsList()) {
      try {
        await this.#list(signal)
      } catch (error) {
        return signal.aborted ? 0 : this.#listFailed(error)
      }
    }
    return this.#watch(signal)
  }

  #needsList(): boolean {
    return this.#resourceVersion === undefined || this.#clock.monotonic() >= this.#relistAt
  }

  /**
   * Reads all objects. Where the watch stood at a known version, exactly that version is read, so that each difference
   * is an event that the watch missed, and the next watch goes on without a gap.
   */
  async #list(signal: AbortSignal): Promise<void> {
    const started = this.#clock.monotonic()
    const { client, type } = this.#options
    const at = this.#resourceVersion
    const check = at !== undefined && this.#objects.hasSynced
    const items: T[] = []
    let resourceVersion = ''
    const pages = client.pages(type, {
      ...this.#selection(),
      signal,
      timeoutMs: 60_000,
      limit: this.#paged ? (this.#options.pageSize ?? 500) : 0,
      ...(check ? { resourceVersion: at, resourceVersionMatch: 'Exact' as const } : {}),
    })
    for await (const page of pages) {
      for (const item of page.items) items.push(this.#slim(item))
      resourceVersion = page.resourceVersion
      this.#sign()
    }
    const changes = this.#objects.replaceAll(items)
    this.#paged = true
    this.#resourceVersion = resourceVersion
    this.#relistAt = this.#nextRelist()
    this.#synced.resolve()
    this.#emit({
      type: 'listed',
      reflector: this.name,
      objects: items.length,
      seconds: (this.#clock.monotonic() - started) / 1000,
      missed: check ? changes : 0,
    })
  }

  #listFailed(error: unknown): number {
    // Pages that expire while they are read are never got to the end of: take all at once.
    if (isExpired(error) && this.#resourceVersion === undefined) this.#paged = false
    // What the server will not give at an exact version, it gives at the latest.
    if (error instanceof KubeError && error.status >= 400 && error.status !== 429)
      this.#resourceVersion = undefined
    const waitMs = this.#failed(error)
    this.#emit({
      type: 'listFailed',
      reflector: this.name,
      error: asError(error),
      waitSeconds: waitMs / 1000,
    })
    return waitMs
  }

  async #watch(signal: AbortSignal): Promise<number> {
    const started = this.#clock.monotonic()
    const timeoutSeconds = Math.round((this.#options.watchSeconds ?? 300) * (1 + this.#random()))
    const watchman = new Watchman(this.#clock, signal, {
      stallMs: (this.#options.stallSeconds ?? 150) * 1000,
      deadlineMs: (timeoutSeconds + 30) * 1000,
      relistInMs: this.#relistAt - started,
    })
    this.#emit({ type: 'watchStarted', reflector: this.name })
    let error: unknown
    try {
      await this.#follow(watchman, timeoutSeconds)
    } catch (thrown) {
      error = thrown
    } finally {
      watchman.stop()
    }
    const lastedMs = this.#clock.monotonic() - started
    const why = this.#whyEnded(watchman, error, lastedMs)
    this.#emit({
      type: 'watchEnded',
      reflector: this.name,
      why,
      ...(error === undefined || why === 'relist' || why === 'stopped' ? {} : { error: asError(error) }),
      seconds: lastedMs / 1000,
    })
    if (why === 'stopped' || why === 'relist') return 0
    if (why === 'timeout') {
      this.#recovered()
      return 0
    }
    if (why === 'expired') this.#resourceVersion = undefined
    return this.#failed(
      error ?? new Error(`the watch ${why === 'stalled' ? 'fell silent' : 'ended at once'}`),
    )
  }

  async #follow(watchman: Watchman, timeoutSeconds: number): Promise<void> {
    const { client, type } = this.#options
    const events = client.watch(type, {
      ...this.#selection(),
      resourceVersion: this.#resourceVersion ?? '',
      timeoutSeconds,
      signal: watchman.signal,
      onData: () => {
        watchman.alive()
        this.#sign()
      },
    })
    for await (const event of events) {
      this.#emit({ type: 'watchEvent', reflector: this.name, event: event.type })
      this.#recovered()
      if (event.type === 'BOOKMARK') this.#resourceVersion = event.resourceVersion
      else this.#take(event.type, this.#slim(event.object))
    }
  }

  /** Puts one event into the store, unless the store knows better. */
  #take(event: 'ADDED' | 'MODIFIED' | 'DELETED', object: T): void {
    const key = keyOf(object)
    const why = whyIgnore(this.#objects.getByKey(key), event, object)
    if (why !== undefined) {
      this.#emit({ type: 'watchEventIgnored', reflector: this.name, why })
      return
    }
    if (event === 'DELETED') this.#objects.delete(key)
    else this.#objects.set(object)
    this.#resourceVersion = object.metadata.resourceVersion
  }

  /** A server that ends watches as soon as they begin is not well, whatever it answers. */
  #whyEnded(watchman: Watchman, error: unknown, lastedMs: number): WatchEnd {
    if (watchman.why !== undefined) return watchman.why
    if (error === undefined) return lastedMs < 1000 ? 'failed' : 'timeout'
    return isExpired(error) ? 'expired' : 'failed'
  }

  #failed(error: unknown): number {
    this.#sign()
    this.#failures++
    this.#lastError = asError(error).message
    const asked = error instanceof KubeError ? Math.min(60, error.retryAfterSeconds ?? 0) * 1000 : 0
    return Math.max(asked, this.#backoff.next())
  }

  #recovered(): void {
    this.#failures = 0
    this.#lastError = undefined
  }

  #sign(): void {
    this.#lastSign = this.#clock.monotonic()
  }

  #selection(): Selection {
    const { namespace, labelSelector, fieldSelector } = this.#options
    return { namespace, labelSelector, fieldSelector }
  }

  #slim(object: T): T {
    const slimmed = slim(object)
    return this.#options.transform?.(slimmed) ?? slimmed
  }

  #nextRelist(): number {
    const seconds = this.#options.relistSeconds ?? 600
    if (seconds === 0) return Number.POSITIVE_INFINITY
    return this.#clock.monotonic() + seconds * 1000 * (1 + this.#random() / 4)
  }
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)))
