import type { CallOptions, ListOptions, RawRequest, WatchOptions } from '../../kube/calls.ts'
import { KubeClient, type KubeClientOptions } from '../../kube/client.ts'
import { KubeError } from '../../kube/errors.ts'
import type { KubeObject } from '../../kube/object.ts'
import type { ResourceType } from '../../kube/resource.ts'

/**
 * What happens at a write. `crash`: it goes through, and the process is gone before the answer comes. `unanswered`: it
 * goes through, the answer is lost, the process lives. `unsent`: the connection breaks before it, the process lives.
 */
export type FaultKind = 'crash' | 'unanswered' | 'unsent'

type Fault = { readonly kind: FaultKind; writesLeft: number }

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

  /** Fails at the k-th write from now. */
  failAt(k: number, kind: FaultKind): void {
    this.#fault = { kind, writesLeft: k }
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
    const fault = this.#dueFault()
    if (fault === 'unsent') throw broken()
    const answer = await super.request<R>(request, options, verb)
    this.writes.push({ method: request.method, path: request.path.replace(/\?.*/, '') })
    if (fault === 'crash') this.die()
    this.#mustLive()
    if (fault === 'unanswered') throw broken()
    return answer
  }

  override pages<T extends KubeObject>(type: ResourceType<T>, options: ListOptions = {}) {
    return super.pages(type, type.namespaced ? { ...options, namespace: this.#only } : options)
  }

  override watch<T extends KubeObject>(type: ResourceType<T>, options: WatchOptions) {
    this.#mustLive()
    return super.watch(type, type.namespaced ? { ...options, namespace: this.#only } : options)
  }

  #dueFault(): FaultKind | undefined {
    if (this.#fault === undefined || --this.#fault.writesLeft !== 0) return undefined
    this.#hasFailed = true
    return this.#fault.kind
  }

  #mustLive(): void {
    if (this.#dead) throw new KubeError({ status: 0, reason: 'Aborted', message: 'the process is gone' })
  }
}

const broken = (): KubeError =>
  new KubeError({ status: 0, reason: 'ConnectionFailed', message: 'the connection broke' })
