import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { ReflectorState } from '../kube/reflector.ts'
import type { KubeTelemetry } from '../kube/telemetry.ts'
import type { QueueState } from './queue.ts'
import type { RuntimeTelemetry } from './telemetry.ts'

/** What the gauges look at when they are read. */
export type Watched = Readonly<{
  controllers: readonly Readonly<{ name: string; workers: number; queueState: QueueState }>[]
  reflectors: readonly Readonly<{ state: ReflectorState; store: Readonly<{ size: number }> }>[]
}>

export type MetricsOptions = Readonly<{
  /** Process and event loop metrics as well. Default true. */
  process?: boolean
  /** The API server's host, a label of controller-runtime's client metrics. */
  host?: string
}>

const reconcileBuckets = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.25, 1.5,
  1.75, 2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 40, 50, 60,
]
const queueBuckets = [0.0001, 0.001, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60, 300, 1000]

/**
 * Prometheus metrics, named as controller-runtime and client-go name them, so that dashboards and alerts made for those
 * work here. Fed by telemetry alone.
 */
export class Metrics {
  readonly registry = new Registry()
  readonly #host: string
  readonly #reconcile
  readonly #queue
  readonly #rest
  readonly #reflector
  readonly #events
  readonly #leader

  constructor(options: MetricsOptions = {}) {
    this.#host = options.host ?? ''
    const registers = [this.registry]
    if (options.process ?? true) collectDefaultMetrics({ register: this.registry })
    const counter = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
      new Counter({ name, help, labelNames, registers })
    const histogram = <L extends string>(
      name: string,
      help: string,
      labelNames: readonly L[],
      buckets: number[],
    ) => new Histogram({ name, help, labelNames, buckets, registers })
    this.#reconcile = {
      total: counter('controller_runtime_reconcile_total', 'Reconciles by controller and result', [
        'controller',
        'result',
      ]),
      errors: counter('controller_runtime_reconcile_errors_total', 'Failed reconciles', ['controller']),
      terminal: counter(
        'controller_runtime_terminal_reconcile_errors_total',
        'Failed reconciles that only a change can help',
        ['controller'],
      ),
      panics: counter(
        'controller_runtime_reconcile_panics_total',
        'Reconciles that failed by a mistake in the code',
        ['controller'],
      ),
      timeouts: counter('controller_runtime_reconcile_timeouts_total', 'Reconciles that took too long', [
        'controller',
      ]),
      seconds: histogram(
        'controller_runtime_reconcile_time_seconds',
        'Length of a reconcile',
        ['controller'],
        reconcileBuckets,
      ),
    }
    this.#queue = {
      adds: counter('workqueue_adds_total', 'Keys added', ['name', 'controller']),
      retries: counter('workqueue_retries_total', 'Keys added again after a failure', ['name', 'controller']),
      waited: histogram(
        'workqueue_queue_duration_seconds',
        'How long a key waits before it is worked on',
        ['name', 'controller'],
        queueBuckets,
      ),
      worked: histogram(
        'workqueue_work_duration_seconds',
        'How long a key is worked on',
        ['name', 'controller'],
        queueBuckets,
      ),
    }
    this.#rest = {
      total: counter('rest_client_requests_total', 'Calls to the API server', ['code', 'method', 'host']),
      retries: counter('rest_client_request_retries_total', 'Calls to the API server that were tried again', [
        'code',
        'verb',
        'host',
      ]),
      seconds: histogram(
        'rest_client_request_duration_seconds',
        'Length of a call to the API server',
        ['verb', 'host'],
        [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60],
      ),
    }
    this.#reflector = {
      lists: counter('ephemera_reflector_lists_total', 'Lists by result', ['reflector', 'result']),
      watches: counter('ephemera_reflector_watches_total', 'Watches that ended, by why', [
        'reflector',
        'why',
      ]),
      events: counter('ephemera_reflector_watch_events_total', 'Events that watches brought', [
        'reflector',
        'event',
      ]),
      ignored: counter('ephemera_reflector_ignored_events_total', 'Events that told nothing new', [
        'reflector',
        'why',
      ]),
      missed: counter(
        'ephemera_reflector_missed_events_total',
        'Objects that a periodic list found changed although the watch had told nothing',
        ['reflector'],
      ),
      handlers: counter('ephemera_reflector_handler_errors_total', 'Handlers of changes that threw', [
        'reflector',
      ]),
    }
    this.#events = counter('ephemera_events_dropped_total', 'Kubernetes events that were not sent', ['why'])
    this.#leader = new Gauge({
      name: 'leader_election_master_status',
      help: '1 when this process leads',
      labelNames: ['name'] as const,
      registers,
    })
  }

  /** Reads these each time the metrics are read. To be called once. */
  watch({ controllers, reflectors }: Watched): void {
    const gauge = <L extends string>(
      name: string,
      help: string,
      labelNames: readonly L[],
      read: (set: (labels: Record<L, string>, value: number) => void) => void,
    ) =>
      new Gauge({
        name,
        help,
        labelNames,
        registers: [this.registry],
        collect() {
          read((labels, value) => this.set(labels, value))
        },
      })
    const perQueue = (name: string, help: string, value: (state: QueueState) => number) =>
      gauge(name, help, ['name', 'controller'], (set) => {
        for (const one of controllers) set({ name: one.name, controller: one.name }, value(one.queueState))
      })
    gauge('workqueue_depth', 'Keys that wait, by priority', ['name', 'controller', 'priority'], (set) => {
      for (const { name, queueState } of controllers) {
        set({ name, controller: name, priority: '0' }, queueState.ready.fresh)
        set({ name, controller: name, priority: '-100' }, queueState.ready.bulk)
      }
    })
    perQueue(
      'workqueue_unfinished_work_seconds',
      'Sum over what is worked on now',
      (s) => s.unfinishedSeconds,
    )
    perQueue(
      'workqueue_longest_running_processor_seconds',
      'The longest that is worked on now',
      (s) => s.longestRunningSeconds,
    )
    perQueue('controller_runtime_active_workers', 'Keys worked on now', (s) => s.running)
    gauge('controller_runtime_max_concurrent_reconciles', 'Workers', ['controller'], (set) => {
      for (const { name, workers } of controllers) set({ controller: name }, workers)
    })
    gauge('ephemera_reflector_objects', 'Objects in the cache', ['reflector'], (set) => {
      for (const { state, store } of reflectors) set({ reflector: state.name }, store.size)
    })
    gauge('ephemera_reflector_silent_seconds', 'Since the last sign of life', ['reflector'], (set) => {
      for (const { state } of reflectors) set({ reflector: state.name }, state.silentSeconds)
    })
  }

  /** For `/metrics`. */
  async text(): Promise<{ contentType: string; body: string }> {
    return { contentType: this.registry.contentType, body: await this.registry.metrics() }
  }

  readonly onRuntime = (told: RuntimeTelemetry): void => {
    switch (told.type) {
      case 'queueAdded':
        this.#queue.adds.inc({ name: told.queue, controller: told.queue })
        break
      case 'queueRetried':
        this.#queue.retries.inc({ name: told.queue, controller: told.queue })
        break
      case 'queueTaken':
        this.#queue.waited.observe({ name: told.queue, controller: told.queue }, told.waitedSeconds)
        break
      case 'queueDone':
        this.#queue.worked.observe({ name: told.queue, controller: told.queue }, told.workedSeconds)
        break
      case 'reconciled':
        this.#reconciled(told)
        break
    }
  }

  readonly onKube = (told: KubeTelemetry): void => {
    const host = this.#host
    switch (told.type) {
      case 'request':
        this.#rest.seconds.observe({ verb: told.verb, host }, told.seconds)
        this.#rest.total.inc({ code: code(told.status), method: told.method, host })
        break
      case 'requestRetried':
        this.#rest.retries.inc({ code: code(told.status), verb: told.verb, host })
        break
      case 'listed':
        this.#reflector.missed.inc({ reflector: told.reflector }, told.missed)
        this.#reflector.lists.inc({ reflector: told.reflector, result: 'success' })
        break
      case 'listFailed':
        this.#reflector.lists.inc({ reflector: told.reflector, result: 'error' })
        break
      case 'watchEnded':
        this.#reflector.watches.inc({ reflector: told.reflector, why: told.why })
        break
      case 'watchEvent':
        this.#reflector.events.inc({ reflector: told.reflector, event: told.event })
        break
      case 'watchEventIgnored':
        this.#reflector.ignored.inc({ reflector: told.reflector, why: told.why })
        break
      case 'handlerFailed':
        this.#reflector.handlers.inc({ reflector: told.reflector })
        break
      case 'eventDropped':
        this.#events.inc({ why: told.why })
        break
      case 'leadership':
        this.#leader.set({ name: told.lease }, told.leading ? 1 : 0)
        break
    }
  }

  #reconciled(told: Extract<RuntimeTelemetry, { type: 'reconciled' }>): void {
    const { controller, result } = told
    this.#reconcile.total.inc({ controller, result })
    this.#reconcile.seconds.observe({ controller }, told.seconds)
    if (result === 'error') this.#reconcile.errors.inc({ controller })
    if (told.terminal) this.#reconcile.terminal.inc({ controller })
    if (told.panicked) this.#reconcile.panics.inc({ controller })
    if (told.timedOut) this.#reconcile.timeouts.inc({ controller })
  }
}

/** As client-go labels a call that had no answer. */
const code = (status: number): string => (status === 0 ? '<error>' : String(status))
