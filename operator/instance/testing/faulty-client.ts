import type { CallOptions, ListOptions, RawRequest, WatchOptions } from '../../kube/calls.ts'
import { KubeClient, type KubeClientOptions } from '../../kube/client.ts'
import { sleep, systemClock } from '../../kube/clock.ts'
import { KubeError } from '../../kube/errors.ts'
import type { KubeObject } from '../../kube/object.ts'
import type { ResourceType } from '../../kube/resource.ts'

/**
 * What happens at a write. `crash`: it goes through, and the process is gone before the answer comes. `unanswered`: it
 * goes through, the answer is lost, the process lives. `unsent`: the connection breaks before it, the process lives.
 */
export type FaultKind = 'crash' | 'unanswered' | 'unsent'

type Fault = { readonly kind: FaultKind; readonly of: RegExp; readonly isDue: (write: Write) => boolean }

/** A write as the API server got it. */
export type Write = Readonly<{ method: string; path: string }>

/**
 * A client that sees one namespace only, so that many operators can be tested side by side on one API server; counts
 * the writes; and fails at the one it is told to. Events are not counted: losing them is allowed.
 */
export class FaultyClient extends KubeClient {
  readonly #only: string
  readonly writes: Write[] = []
  readonly eventWrites: Write[] = []
  readonly reads: Write[] = []
  readonly #crashed = Promise.withResolvers<void>()
  #fault: Fault | undefined
  readonly #held = new Map<string, PromiseWithResolvers<void>>()
  #mostLateMs = 0
  #dead = false
  #hasFailed = false

  constructor(options: KubeClientOptions & Readonly<{ namespace: string }>) {
    super(options)
    this.#only = options.namespace
  }

  /** Resolves when the process that this client belongs to is to be taken as gone. */
  get crashed(): Promise<void> {
    return this.#crashed.promise
  }

  get isDead(): boolean {
    return this.#dead
  }

  /** Whether the fault came to pass. */
  get hasFailed(): boolean {
    return this.#hasFailed
  }

  /** Fails at the k-th write from now, of those to these paths. */
  failAt(k: number, kind: FaultKind, of = /^/): void {
    let writesLeft = k
    this.#fault = { kind, of, isDue: () => --writesLeft === 0 }
  }

  /** Fails at the first, the third, ... write to each of these paths from now: whatever is written once more goes well. */
  failEach(kind: FaultKind, of = /^/): void {
    const failed = new Set<string>()
    const isDue = ({ method, path }: Write) => {
      const what = `${method} ${path}`
      if (failed.delete(what)) return false
      failed.add(what)
      return true
    }
    this.#fault = { kind, of, isDue }
  }

  /** The process is gone: nothing it still does reaches the API server. */
  die(): void {
    this.#dead = true
    this.#crashed.resolve()
  }

  override async request<R = unknown>(
    request: RawRequest,
    options: CallOptions = {},
    verb?: string,
  ): Promise<R> {
    this.#mustLive()
    if (request.method === 'GET') {
      this.reads.push(request)
      return super.request<R>(request, options, verb)
    }
    if (request.path.startsWith('/apis/events.k8s.io/')) {
      this.eventWrites.push(request)
      return super.request<R>(request, options, verb)
    }
    const path = request.path.replace(/\?.*/, '')
    const fault = this.#dueFault({ method: request.method, path })
    if (fault === 'unsent') throw broken()
    const answer = await super.request<R>(request, options, verb)
    this.writes.push({ method: request.method, path })
    if (fault === 'crash') this.die()
    this.#mustLive()
    if (fault === 'unanswered') throw broken()
    return answer
  }

  override pages<T extends KubeObject>(type: ResourceType<T>, options: ListOptions = {}) {
    return super.pages(type, type.namespaced ? { ...options, namespace: this.#only } : options)
  }

  override async *watch<T extends KubeObject>(type: ResourceType<T>, options: WatchOptions) {
    this.#mustLive()
    const events = super.watch(type, type.namespaced ? { ...options, namespace: this.#only } : options)
    for await (const event of events) {
      await this.#late(type.plural, options.signal)
      yield event
    }
  }

  /** What happens to objects of this kind is not heard of from now on. */
  hold(plural: string): void {
    this.#held.set(plural, Promise.withResolvers())
  }

  /** What was held is heard of now, in its order. */
  letGo(): void {
    for (const { resolve } of this.#held.values()) resolve()
    this.#held.clear()
  }

  /** From now on each event comes up to so many ms late, at random, and holds up those behind it. */
  delayWatches(mostMs: number): void {
    this.#mostLateMs = mostMs
  }

  async #late(plural: string, signal: AbortSignal): Promise<void> {
    const over = new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true })
      if (signal.aborted) resolve()
    })
    if (this.#mostLateMs > 0) await sleep(systemClock, this.#mostLateMs * Math.random(), signal)
    await Promise.race([this.#held.get(plural)?.promise, over])
  }

  #dueFault(write: Write): FaultKind | undefined {
    const fault = this.#fault
    if (fault === undefined || !fault.of.test(write.path) || !fault.isDue(write)) return undefined
    this.#hasFailed = true
    return fault.kind
  }

  #mustLive(): void {
    if (this.#dead) throw new KubeError({ status: 0, reason: 'Aborted', message: 'the process is gone' })
  }
}

const broken = (): KubeError =>
  new KubeError({ status: 0, reason: 'ConnectionFailed', message: 'the connection broke' })
