import { type Clock, systemClock } from '../kube/clock.ts'
import { sameJson } from '../kube/json.ts'
import { type KubeObject, keyOf, splitKey } from '../kube/object.ts'
import type { Store } from '../kube/store.ts'
import { type Emit, silent } from '../kube/telemetry.ts'
import { type Logger, silentLogger } from './logger.ts'
import { judge, type Outcome, ReconcileTimeout, type Verdict } from './outcome.ts'
import { type AddOptions, type QueueState, WorkQueue, type WorkQueueOptions } from './queue.ts'
import type { ReconcileResult, RuntimeTelemetry } from './telemetry.ts'

export type ReconcileContext = Readonly<{
  /** Aborts when the reconcile has taken too long, or the operator must stop now. Hand it to every call. */
  signal: AbortSignal
  /** Knows the controller, the key and the reconcile id. */
  log: Logger
  reconcileId: string
}>

/** Brings the world one step towards what the object asks for. Knows only the key: what happened does not matter. */
export type Reconcile = (key: string, context: ReconcileContext) => Promise<Outcome>

export type ControllerOptions = Readonly<{
  name: string
  reconcile: Reconcile
  /** Reconciles at the same time, each of another key. Default 1. */
  workers?: number
  /** For one reconcile. Default 60 000. */
  timeoutMs?: number
  /** Waits after failures, `baseMs` to `capMs`. */
  backoff?: Pick<WorkQueueOptions, 'baseMs' | 'capMs'>
  log?: Logger
  clock?: Clock
  newId?: () => string
  emit?: Emit<RuntimeTelemetry>
}>

/** A queue of keys and the workers that reconcile them. */
export class Controller {
  readonly name: string
  readonly workers: number
  readonly #reconcile: Reconcile
  readonly #timeoutMs: number
  readonly #queue: WorkQueue
  readonly #log: Logger
  readonly #clock: Clock
  readonly #newId: () => string
  readonly #emit: Emit<RuntimeTelemetry>
  readonly #underWay = new Set<Promise<void>>()

  constructor(options: ControllerOptions) {
    this.name = options.name
    this.workers = options.workers ?? 1
    this.#reconcile = options.reconcile
    this.#timeoutMs = options.timeoutMs ?? 60_000
    this.#clock = options.clock ?? systemClock
    this.#emit = options.emit ?? silent
    this.#newId = options.newId ?? (() => crypto.randomUUID())
    this.#log = (options.log ?? silentLogger).child({ controller: options.name })
    this.#queue = new WorkQueue({
      ...options.backoff,
      name: options.name,
      clock: this.#clock,
      emit: this.#emit,
    })
  }

  /** Asks for a reconcile of the key. */
  enqueue(key: string, options?: AddOptions): void {
    this.#queue.add(key, options)
  }

  /**
   * Reconciles on each change of the store's objects: the keys that `map` finds for the object, both as it was and as
   * it is. Default: the object's own key. What a list brings is bulk work.
   */
  watch<T extends KubeObject>(
    store: Store<T>,
    map: (object: T) => readonly string[] = (object) => [keyOf(object)],
  ): void {
    store.onChange((old, next, source) => {
      const keys = new Set([...(old === undefined ? [] : map(old)), ...(next === undefined ? [] : map(next))])
      const priority = source === 'list' ? 'bulk' : 'fresh'
      for (const key of keys) this.#queue.add(key, { priority })
    })
  }

  /**
   * The same, but only where the part of an object that `partOf` gives is another than before, or the object is new or
   * gone. For objects that many others depend on, and that change in ways which are none of their business.
   */
  watchPart<T extends KubeObject>(
    store: Store<T>,
    partOf: (object: T) => unknown,
    map: (object: T) => readonly string[],
    options: AddOptions = {},
  ): void {
    store.onChange((old, next, source) => {
      if (old !== undefined && next !== undefined && sameJson(partOf(old), partOf(next))) return
      const keys = new Set([old, next].flatMap((one) => (one === undefined ? [] : map(one))))
      const priority = source === 'list' ? 'bulk' : 'fresh'
      for (const key of keys) this.#queue.add(key, { priority, ...options })
    })
  }

  get queueState(): QueueState {
    return this.#queue.state
  }

  /** Failures of the key in a row: 0 after a success. */
  failures(key: string): number {
    return this.#queue.failures(key)
  }

  /**
   * Works until `stop` aborts, then ends what is under way and resolves. `kill` aborts that as well.
   * Never rejects.
   */
  async run(stop: AbortSignal, kill: AbortSignal = stop): Promise<void> {
    const shutDown = () => this.#queue.shutDown()
    if (stop.aborted) shutDown()
    stop.addEventListener('abort', shutDown, { once: true })
    await Promise.all(Array.from({ length: this.workers }, () => this.#work(kill)))
    await Promise.all(this.#underWay)
    stop.removeEventListener('abort', shutDown)
  }

  async #work(kill: AbortSignal): Promise<void> {
    for (let key = await this.#queue.take(); key !== undefined; key = await this.#queue.take())
      await this.#handle(key, kill)
  }

  /** Reconciles one key and decides what is next for it. */
  async #handle(key: string, kill: AbortSignal): Promise<void> {
    const started = this.#clock.monotonic()
    const reconcileId = this.#newId()
    const log = this.#log.child({ ...splitKey(key), reconcileID: reconcileId })
    const limit = new AbortController()
    const timedOut = Promise.withResolvers<never>()
    const abort = () => limit.abort()
    if (kill.aborted) abort()
    kill.addEventListener('abort', abort, { once: true })
    const cancel = this.#clock.after(this.#timeoutMs, () => {
      timedOut.reject(new ReconcileTimeout(`the reconcile took longer than ${this.#timeoutMs / 1000} s`))
      abort()
    })
    const work = this.#start(key, { signal: limit.signal, log, reconcileId })
    let outcome: Outcome | undefined
    let thrown: unknown
    try {
      outcome = await Promise.race([work, timedOut.promise])
    } catch (error) {
      thrown = error
    } finally {
      cancel()
      kill.removeEventListener('abort', abort)
    }
    const verdict = outcome === undefined ? judge(thrown, kill.aborted) : undefined
    const result = this.#decide(key, outcome, verdict)
    if (verdict !== undefined) this.#tell(log, verdict, thrown)
    this.#emit({
      type: 'reconciled',
      controller: this.name,
      result,
      seconds: (this.#clock.monotonic() - started) / 1000,
      terminal: verdict?.kind === 'stalled',
      panicked: verdict?.kind === 'bug',
      timedOut: verdict?.kind === 'timeout',
    })
    if (verdict?.kind === 'timeout') this.#holdUntilSettled(key, work, log)
    else this.#queue.done(key)
  }

  /** Also a reconcile that throws before its first await ends as a rejection. */
  async #start(key: string, context: ReconcileContext): Promise<Outcome> {
    return (await this.#reconcile(key, context)) ?? {}
  }

  #decide(key: string, outcome: Outcome | undefined, verdict: Verdict | undefined): ReconcileResult {
    const seconds = outcome === undefined ? verdict?.requeueAfterSeconds : outcome.requeueAfterSeconds
    switch (verdict?.kind) {
      case undefined:
      case 'waiting':
        this.#queue.forget(key)
        if (seconds === undefined) return 'success'
        this.#queue.add(key, { afterMs: Math.max(1, seconds * 1000) })
        return 'requeue_after'
      case 'stalled':
        this.#queue.forget(key)
        return 'error'
      case 'aborted':
        this.#queue.retry(key)
        return 'requeue'
      case 'conflict':
        this.#queue.retry(key)
        return 'requeue'
      default:
        this.#queue.retry(key)
        return 'error'
    }
  }

  #tell(log: Logger, verdict: Verdict, error: unknown): void {
    const fields = { reason: verdict.reason, error: verdict.log === 'error' ? error : verdict.message }
    log[verdict.log](messageOf[verdict.kind], fields)
  }

  /**
   * A reconcile that goes on after its time is over keeps its key, for no key may ever be worked on twice at once, but
   * not its worker.
   */
  #holdUntilSettled(key: string, work: Promise<Outcome>, log: Logger): void {
    const held = work
      .then(
        () => {},
        () => {},
      )
      .then(() => {
        log.debug('Reconcile ended after its time')
        this.#queue.done(key)
        this.#underWay.delete(held)
      })
    this.#underWay.add(held)
  }
}

/** Constant, so that logs can be counted by them. */
const messageOf: Readonly<Record<Verdict['kind'], string>> = {
  stalled: 'Reconcile stalled until something changes',
  waiting: 'Reconcile is waiting',
  conflict: 'Reconcile met a conflict and will be tried again',
  aborted: 'Reconcile was ended',
  timeout: 'Reconcile took too long',
  retry: 'Reconcile failed and will be tried again',
  bug: 'Reconcile failed by a mistake in the code',
}
