import type { KubeClient } from './client.ts'
import { type Clock, systemClock, toMicroTime } from './clock.ts'
import { isNamespaceTerminating, isNotFound } from './errors.ts'
import type { Event, Intent, KubeObject } from './object.ts'
import { events } from './resource.ts'
import { type Emit, type KubeTelemetry, silent } from './telemetry.ts'
import { TokenBuckets } from './token-buckets.ts'

/** One thing to tell about an object. */
export type EventRecord = Readonly<{
  type: 'Normal' | 'Warning'
  /** CamelCase, specific: what happened. */
  reason: string
  /** CamelCase: what was done, or tried. */
  action: string
  /** A sentence. Cut to 1 kB. */
  note: string
  related?: KubeObject | undefined
}>

/** What reconcilers see of the recorder. */
export interface EventSink {
  /** Returns at once; the event is sent when there is room, and lost when the API server will not have it. */
  record(regarding: KubeObject, event: EventRecord): void
}

export type EventRecorderOptions = Readonly<{
  client: KubeClient
  /** A qualified name, `ephemera.dev/operator`. */
  reportingController: string
  /** This process: the pod's name. */
  reportingInstance: string
  clock?: Clock
  /** Something that sets the names of this process' events apart from those of others. */
  newId?: () => string
  emit?: Emit<KubeTelemetry>
}>

type Series = {
  event: Intent<Event>
  count: number
  lastMs: number
  /** What the API server was told. */
  sentCount: number
  sentMs: number
  /** One call at a time for each, so that none overtakes another. */
  sending: boolean
  again: boolean
}

/** A series that was quiet for this long is over: the same again is a new event. */
const seriesMs = 6 * 60_000
/** How often a series is brought up to date, after its first repetition was. */
const refreshMs = 60_000
const mostSeries = 10_000
const mostWaiting = 4_000
/** Telling gives way to doing: it gets one of the connections that all calls share. */
const parallel = 1

/**
 * Sends events (events.k8s.io/v1). The same event about the same object becomes a series, and an object that has too
 * much to tell is cut short (25 at once, then one a minute). Telling is never worth failing for: what can not be sent
 * is dropped and counted.
 */
export class EventRecorder implements EventSink {
  readonly #options: EventRecorderOptions
  readonly #clock: Clock
  readonly #emit: Emit<KubeTelemetry>
  readonly #series = new Map<string, Series>()
  readonly #buckets: TokenBuckets
  readonly #waiting = new Set<Series>()
  #lastMicros = 0
  #running = 0
  #idle: (() => void)[] = []

  constructor(options: EventRecorderOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#emit = options.emit ?? silent
    this.#buckets = new TokenBuckets(this.#clock, { size: 25, refillMs: 60_000, most: mostSeries })
  }

  record(regarding: KubeObject, event: EventRecord): void {
    const now = this.#clock.now()
    const key = seriesKey(regarding, event)
    const known = this.#series.get(key)
    if (known !== undefined && now - known.lastMs < seriesMs) {
      known.count++
      known.lastMs = now
      if (known.sentCount === 1 || now - known.sentMs >= refreshMs) this.#enqueue(known)
      return
    }
    if (!this.#buckets.take(regarding.metadata.uid ?? key)) {
      this.#emit({ type: 'eventDropped', reason: event.reason, why: 'limit' })
      return
    }
    const series: Series = {
      event: this.#build(regarding, event, now),
      count: 1,
      lastMs: now,
      sentCount: 0,
      sentMs: 0,
      sending: false,
      again: false,
    }
    this.#series.delete(key)
    this.#series.set(key, series)
    this.#forgetOld(now)
    this.#enqueue(series)
  }

  /** Sends what is waiting, counts of series included. Resolves when done, or after `timeoutMs`. */
  async flush(timeoutMs: number): Promise<void> {
    for (const series of this.#series.values()) if (series.sentCount < series.count) this.#enqueue(series)
    if (this.#running === 0 && this.#waiting.size === 0) return
    await new Promise<void>((resolve) => {
      const cancel = this.#clock.after(timeoutMs, resolve)
      this.#idle.push(() => {
        cancel()
        resolve()
      })
    })
  }

  #build(regarding: KubeObject, event: EventRecord, now: number): Intent<Event> {
    const { name, namespace } = regarding.metadata
    const id = `${this.#sortable(now)}${(this.#options.newId ?? randomId)()}`
    return {
      metadata: { name: `${name.slice(0, 230)}.${id}`, namespace: namespace ?? 'default' },
      eventTime: toMicroTime(now),
      type: event.type,
      reason: event.reason.slice(0, 128),
      action: event.action.slice(0, 128),
      note: cutNote(event.note),
      regarding: referenceTo(regarding),
      ...(event.related === undefined ? {} : { related: referenceTo(event.related) }),
      reportingController: this.#options.reportingController,
      reportingInstance: this.#options.reportingInstance.slice(0, 128),
    }
  }

  /** kubectl describe shows events in the order of their names: so names are in the order of what happened. */
  #sortable(now: number): string {
    this.#lastMicros = Math.max(now * 1000, this.#lastMicros + 1)
    return this.#lastMicros.toString(16).padStart(14, '0')
  }

  #enqueue(series: Series): void {
    if (series.sending) {
      series.again = true
      return
    }
    if (this.#waiting.size >= mostWaiting) {
      this.#emit({ type: 'eventDropped', reason: series.event.reason ?? '', why: 'limit' })
      return
    }
    this.#waiting.add(series)
    if (this.#running < parallel) void this.#work()
  }

  async #work(): Promise<void> {
    this.#running++
    for (let [series] = this.#waiting; series !== undefined; [series] = this.#waiting) {
      this.#waiting.delete(series)
      series.sending = true
      await this.#send(series)
      series.sending = false
      if (series.again) this.#waiting.add(series)
      series.again = false
    }
    this.#running--
    if (this.#running > 0) return
    for (const done of this.#idle.splice(0)) done()
  }

  async #send(series: Series): Promise<void> {
    const { count, event } = series
    const first = series.sentCount === 0
    series.sentCount = count
    series.sentMs = this.#clock.now()
    try {
      if (first) await this.#options.client.create(events, event)
      if (count > 1) await this.#sendCount(series, count)
    } catch (error) {
      if (isNamespaceTerminating(error)) return
      this.#emit({
        type: 'eventDropped',
        reason: event.reason ?? '',
        why: 'failed',
        ...(error instanceof Error ? { error } : {}),
      })
    }
  }

  /** The event may have expired on the server (after an hour by default): then it is made again. */
  async #sendCount(series: Series, count: number): Promise<void> {
    const { client } = this.#options
    const observed = { count, lastObservedTime: toMicroTime(series.lastMs) }
    try {
      await client.mergePatch(events, series.event.metadata, { series: observed })
    } catch (error) {
      if (!isNotFound(error)) throw error
      await client.create(events, { ...series.event, series: observed })
    }
  }

  #forgetOld(now: number): void {
    for (const [key, series] of this.#series) {
      if (this.#series.size <= mostSeries && now - series.lastMs < seriesMs) return
      if (series.sentCount < series.count) this.#enqueue(series)
      this.#series.delete(key)
    }
  }
}

const seriesKey = (regarding: KubeObject, event: EventRecord): string =>
  JSON.stringify([
    regarding.kind,
    regarding.metadata.uid ?? [regarding.metadata.namespace, regarding.metadata.name],
    event.type,
    event.reason,
    event.action,
    event.note,
    event.related?.metadata.uid,
  ])

function referenceTo({ apiVersion, kind, metadata }: KubeObject) {
  const { name, namespace, uid, resourceVersion } = metadata
  return {
    apiVersion,
    kind,
    name,
    ...(namespace === undefined ? {} : { namespace }),
    ...(uid === undefined ? {} : { uid }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  }
}

const longestNote = 1024

/** At most 1024 bytes of UTF-8, never half a character. */
export function cutNote(note: string): string {
  const bytes = Buffer.from(note)
  if (bytes.length <= longestNote) return note
  const cut = bytes
    .subarray(0, longestNote - 3)
    .toString('utf8')
    .replace(/\uFFFD+$/, '')
  return `${cut}...`
}

const randomId = (): string => crypto.randomUUID().slice(0, 4)
