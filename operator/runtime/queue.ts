import { type Clock, systemClock } from '../kube/clock.ts'
import { type Emit, silent } from '../kube/telemetry.ts'
import { DelayHeap } from './delay-heap.ts'
import type { RuntimeTelemetry } from './telemetry.ts'

/** `fresh`: someone is waiting for it. `bulk`: a first list or a look over everything, which gives way to fresh work. */
export type Priority = 'fresh' | 'bulk'

export type AddOptions = Readonly<{
  /** Default `fresh`. A key that is in with another priority keeps the higher one. */
  priority?: Priority
  /** Not before this, in ms. A key that is in with another time keeps the earlier one. */
  afterMs?: number
}>

export type WorkQueueOptions = Readonly<{
  name: string
  /** Wait after the first failure of a key, doubled with each that follows. Default 5. */
  baseMs?: number
  /** Default 300 000: what fails for long is still looked at every five minutes. */
  capMs?: number
  clock?: Clock
  emit?: Emit<RuntimeTelemetry>
}>

export type QueueState = Readonly<{
  name: string
  ready: Readonly<Record<Priority, number>>
  delayed: number
  running: number
  /** Sum over what is being worked on. */
  unfinishedSeconds: number
  longestRunningSeconds: number
}>

/** While both wait, each eighth key taken is a bulk one: fresh work comes first, but nothing waits for ever. */
const bulkEvery = 8

type Entry = { priority: Priority; addedMs: number }

/**
 * Keys to be worked on. Each is in at most once, and worked on by one worker at a time: one that is added while it is
 * worked on comes again after that.
 */
export class WorkQueue {
  readonly name: string
  readonly #baseMs: number
  readonly #capMs: number
  readonly #clock: Clock
  readonly #emit: Emit<RuntimeTelemetry>
  /** In the order of their coming, which is what a Map keeps. */
  readonly #ready = { fresh: new Map<string, Entry>(), bulk: new Map<string, Entry>() }
  readonly #delayed = new DelayHeap<Priority>()
  readonly #running = new Map<string, number>()
  /** Added while running and due at once. */
  readonly #again = new Map<string, Entry>()
  readonly #failures = new Map<string, number>()
  readonly #takers: ((key: string | undefined) => void)[] = []
  #cancelTimer = () => {}
  #taken = 0
  #stopped = false

  constructor(options: WorkQueueOptions) {
    this.name = options.name
    this.#baseMs = options.baseMs ?? 5
    this.#capMs = options.capMs ?? 300_000
    this.#clock = options.clock ?? systemClock
    this.#emit = options.emit ?? silent
  }

  add(key: string, options: AddOptions = {}): void {
    if (this.#stopped) return
    const priority = options.priority ?? 'fresh'
    if ((options.afterMs ?? 0) > 0) this.#addLater(key, priority, options.afterMs ?? 0)
    else this.#addNow(key, priority)
  }

  /** Adds the key after its backoff, and counts one more failure of it. @returns the wait, in ms */
  retry(key: string, priority: Priority = 'fresh'): number {
    const failures = this.#failures.get(key) ?? 0
    this.#failures.set(key, failures + 1)
    const afterMs = Math.min(this.#capMs, this.#baseMs * 2 ** Math.min(failures, 40))
    this.add(key, { priority, afterMs })
    this.#emit({ type: 'queueRetried', queue: this.name })
    return afterMs
  }

  /** The key did well: its next failure is a first one. */
  forget(key: string): void {
    this.#failures.delete(key)
  }

  /** Failures of the key in a row. */
  failures(key: string): number {
    return this.#failures.get(key) ?? 0
  }

  /** The next key, as soon as there is one; undefined once the queue is shut down. The caller must call `done`. */
  take(): Promise<string | undefined> {
    if (this.#stopped) return Promise.resolve(undefined)
    const key = this.#next()
    if (key !== undefined) return Promise.resolve(key)
    return new Promise((resolve) => this.#takers.push(resolve))
  }

  /** The key was worked on. */
  done(key: string): void {
    const started = this.#running.get(key)
    if (started === undefined) return
    this.#running.delete(key)
    this.#emit({ type: 'queueDone', queue: this.name, workedSeconds: this.#since(started) })
    const again = this.#again.get(key)
    this.#again.delete(key)
    if (again !== undefined && !this.#stopped) this.#ready[again.priority].set(key, again)
    this.#serve()
  }

  /** Takes no more keys and gives out none; those that are worked on may still be `done`. */
  shutDown(): void {
    this.#stopped = true
    this.#cancelTimer()
    this.#ready.fresh.clear()
    this.#ready.bulk.clear()
    this.#again.clear()
    this.#delayed.clear()
    for (const taker of this.#takers.splice(0)) taker(undefined)
  }

  get state(): QueueState {
    const seconds = [...this.#running.values()].map((started) => this.#since(started))
    return {
      name: this.name,
      ready: { fresh: this.#ready.fresh.size, bulk: this.#ready.bulk.size },
      delayed: this.#delayed.size,
      running: this.#running.size,
      unfinishedSeconds: seconds.reduce((sum, one) => sum + one, 0),
      longestRunningSeconds: Math.max(0, ...seconds),
    }
  }

  #addNow(key: string, priority: Priority): void {
    const delayed = this.#delayed.delete(key)
    const best = higher(priority, delayed?.value)
    const old = this.#again.get(key) ?? this.#ready.fresh.get(key) ?? this.#ready.bulk.get(key)
    if (old === undefined) this.#emit({ type: 'queueAdded', queue: this.name })
    const entry = { priority: higher(best, old?.priority), addedMs: old?.addedMs ?? this.#clock.monotonic() }
    if (this.#running.has(key)) {
      this.#again.set(key, entry)
      return
    }
    if (old !== undefined && old.priority === entry.priority) return
    this.#ready.bulk.delete(key)
    this.#ready[entry.priority].set(key, entry)
    this.#serve()
  }

  #addLater(key: string, priority: Priority, afterMs: number): void {
    const waits = this.#again.get(key) ?? this.#ready.fresh.get(key) ?? this.#ready.bulk.get(key)
    if (waits !== undefined) {
      this.#addNow(key, priority)
      return
    }
    const at = this.#clock.monotonic() + afterMs
    const old = this.#delayed.get(key)
    this.#delayed.set(key, Math.min(at, old?.at ?? at), higher(priority, old?.value))
    this.#arm()
  }

  /** Gives keys to those that wait for one. */
  #serve(): void {
    while (this.#takers.length > 0) {
      const key = this.#next()
      if (key === undefined) return
      this.#takers.shift()?.(key)
    }
  }

  #next(): string | undefined {
    const { fresh, bulk } = this.#ready
    const turnOfBulk = bulk.size > 0 && (fresh.size === 0 || this.#taken % bulkEvery === bulkEvery - 1)
    const lane = turnOfBulk ? bulk : fresh
    const [first] = lane
    if (first === undefined) return undefined
    const [key, entry] = first
    lane.delete(key)
    this.#taken++
    this.#running.set(key, this.#clock.monotonic())
    this.#emit({ type: 'queueTaken', queue: this.name, waitedSeconds: this.#since(entry.addedMs) })
    return key
  }

  /** One timer, for the earliest of the delayed keys. */
  #arm(): void {
    this.#cancelTimer()
    const first = this.#delayed.peek()
    if (first === undefined || this.#stopped) return
    this.#cancelTimer = this.#clock.after(Math.max(0, first.at - this.#clock.monotonic()), () => {
      const now = this.#clock.monotonic()
      for (let due = this.#delayed.peek(); due !== undefined && due.at <= now; due = this.#delayed.peek())
        this.#addNow(due.key, due.value)
      this.#arm()
    })
  }

  #since(ms: number): number {
    return (this.#clock.monotonic() - ms) / 1000
  }
}

const higher = (a: Priority, b: Priority | undefined): Priority =>
  a === 'fresh' || b === 'fresh' ? 'fresh' : 'bulk'
