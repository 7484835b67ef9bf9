import type {
  ApplyOptions,
  CallOptions,
  DeleteOptions,
  JsonPatchOperation,
  ListOptions,
  Page,
  PatchOptions,
  RawRequest,
  Target,
  WatchEvent,
  WatchOptions,
  WriteOptions,
} from './calls.ts'
import { type Clock, sleep, systemClock } from './clock.ts'
import type { Connection } from './connection.ts'
import { asConflict, errorFromResponse, isNotFound, KubeError } from './errors.ts'
import { jsonLines } from './lines.ts'
import type { Intent, KubeObject } from './object.ts'
import { type ResourceType, resourcePath } from './resource.ts'
import { retryWaitSeconds } from './retry.ts'
import { type Emit, type KubeTelemetry, silent } from './telemetry.ts'
import { type Answer, Transport } from './transport.ts'
import {
  body,
  clean,
  identify,
  parseBody,
  type RawList,
  readEvent,
  selectionQuery,
  withQuery,
} from './wire.ts'

export type KubeClientOptions = Readonly<{
  connection: Connection
  /** `User-Agent` of all calls. */
  userAgent?: string
  /** Default of `fieldManager` in applies, creates and patches. */
  fieldManager?: string
  /** Default 30 000. */
  timeoutMs?: number
  /** Connections that calls share. Default 8. */
  connections?: number
  clock?: Clock
  random?: () => number
  /** Called before each write, and throws where this process must not write: it does not lead any more. */
  beforeWrite?: () => void
  emit?: Emit<KubeTelemetry>
}>

/**
 * Calls to the API server in plain JSON. Every failure is a KubeError. 429, and 5xx with a Retry-After, are tried
 * again within the call's timeout; a connection that broke is tried again for reads only, since a write may have
 * arrived.
 */
export class KubeClient {
  readonly #transport: Transport
  readonly #fieldManager: string
  readonly #timeoutMs: number
  readonly #clock: Clock
  readonly #random: () => number
  readonly #beforeWrite: () => void
  readonly #emit: Emit<KubeTelemetry>
  /** The namespace of the kubeconfig's context, or of the pod. */
  readonly namespace: string

  constructor(options: KubeClientOptions) {
    this.namespace = options.connection.namespace
    this.#transport = new Transport({
      connection: options.connection,
      userAgent: options.userAgent ?? 'ephemera',
      connections: options.connections ?? 8,
    })
    this.#fieldManager = options.fieldManager ?? 'ephemera'
    this.#timeoutMs = options.timeoutMs ?? 30_000
    this.#clock = options.clock ?? systemClock
    this.#random = options.random ?? Math.random
    this.#beforeWrite = options.beforeWrite ?? (() => {})
    this.#emit = options.emit ?? silent
  }

  async get<T extends KubeObject>(
    type: ResourceType<T>,
    target: Target,
    options: CallOptions = {},
  ): Promise<T> {
    return identify(
      type,
      await this.request({ method: 'GET', path: resourcePath(type, clean(target)) }, options),
    )
  }

  /** Like `get`, with undefined for an object that does not exist. */
  async find<T extends KubeObject>(
    type: ResourceType<T>,
    target: Target,
    options: CallOptions = {},
  ): Promise<T | undefined> {
    try {
      return await this.get(type, target, options)
    } catch (error) {
      if (isNotFound(error)) return undefined
      throw error
    }
  }

  /** All pages, joined. */
  async list<T extends KubeObject>(type: ResourceType<T>, options: ListOptions = {}): Promise<Page<T>> {
    const items: T[] = []
    let resourceVersion = ''
    for await (const page of this.pages(type, options)) {
      for (const item of page.items) items.push(item)
      resourceVersion = page.resourceVersion
    }
    return { items, resourceVersion }
  }

  /** Page by page, all of the same point in time. Rejects with `isExpired` when reading took the server too long. */
  async *pages<T extends KubeObject>(
    type: ResourceType<T>,
    options: ListOptions = {},
  ): AsyncGenerator<Page<T>> {
    let token: string | undefined
    do {
      const query = selectionQuery(options)
      const limit = options.limit ?? 500
      if (limit > 0) query.set('limit', String(limit))
      if (token !== undefined) query.set('continue', token)
      else {
        if (options.resourceVersion !== undefined) query.set('resourceVersion', options.resourceVersion)
        if (options.resourceVersionMatch !== undefined)
          query.set('resourceVersionMatch', options.resourceVersionMatch)
      }
      const path = withQuery(resourcePath(type, clean({ namespace: options.namespace })), query)
      const list = await this.request<RawList<T>>({ method: 'GET', path }, options, 'LIST')
      const items = (list.items ?? []).map((item) => identify(type, item))
      token = list.metadata?.continue === '' ? undefined : list.metadata?.continue
      yield {
        items,
        resourceVersion: list.metadata?.resourceVersion ?? '',
        ...(token === undefined ? {} : { continue: token }),
      }
    } while (token !== undefined)
  }

  /** Rejects with `isAlreadyExists` when the name is taken. */
  async create<T extends KubeObject>(
    type: ResourceType<T>,
    intent: Intent<T>,
    options: WriteOptions = {},
  ): Promise<T> {
    const path = resourcePath(type, clean({ namespace: intent.metadata.namespace }))
    return identify(
      type,
      await this.request(
        { method: 'POST', path: withQuery(path, this.#writeQuery(options)), body: body(type, intent) },
        options,
      ),
    )
  }

  /** Resolves when the server took the deletion on (finalizers and grace may still keep the object). */
  async delete<T extends KubeObject>(
    type: ResourceType<T>,
    target: Target,
    options: DeleteOptions = {},
  ): Promise<void> {
    const { uid, resourceVersion, gracePeriodSeconds, propagationPolicy } = options
    const preconditions = clean({ uid, resourceVersion })
    await this.request(
      {
        method: 'DELETE',
        path: resourcePath(type, clean(target)),
        body: {
          apiVersion: 'v1',
          kind: 'DeleteOptions',
          ...clean({ gracePeriodSeconds, propagationPolicy }),
          ...(Object.keys(preconditions).length === 0 ? {} : { preconditions }),
        },
      },
      options,
    )
  }

  /**
   * Server-side apply: the object is made, or the fields of the intent are set and owned by `fieldManager`. With a uid
   * in the intent, rejects with `isConflict` where another object took the name since.
   */
  async apply<T extends KubeObject>(
    type: ResourceType<T>,
    intent: Intent<T>,
    options: ApplyOptions = {},
  ): Promise<T> {
    const { name, namespace, uid } = intent.metadata
    const query = this.#writeQuery(options)
    query.set('force', String(options.force ?? true))
    const path = resourcePath(type, clean({ name, namespace, subresource: options.subresource }))
    const request = {
      method: 'PATCH',
      path: withQuery(path, query),
      body: body(type, intent),
      contentType: 'application/apply-patch+yaml',
    }
    try {
      return identify(type, await this.request(request, options, 'APPLY'))
    } catch (error) {
      throw uid === undefined ? error : asConflict(error)
    }
  }

  /** A failed `test` rejects with `isConflict`, as a failed precondition does elsewhere. */
  async jsonPatch<T extends KubeObject>(
    type: ResourceType<T>,
    target: Target,
    operations: readonly JsonPatchOperation[],
    options: PatchOptions = {},
  ): Promise<T> {
    const path = withQuery(
      resourcePath(type, clean({ ...target, subresource: options.subresource })),
      this.#writeQuery(options),
    )
    const request = { method: 'PATCH', path, body: operations, contentType: 'application/json-patch+json' }
    try {
      return identify(type, await this.request(request, options))
    } catch (error) {
      throw operations.some((operation) => operation.op === 'test') ? asConflict(error) : error
    }
  }

  /** Merge patch (RFC 7386): null removes a field, a list is replaced as a whole. */
  async mergePatch<T extends KubeObject>(
    type: ResourceType<T>,
    target: Target,
    patch: object,
    options: PatchOptions = {},
  ): Promise<T> {
    const path = resourcePath(type, clean({ ...target, subresource: options.subresource }))
    return identify(
      type,
      await this.request(
        {
          method: 'PATCH',
          path: withQuery(path, this.#writeQuery(options)),
          body: patch,
          contentType: 'application/merge-patch+json',
        },
        options,
      ),
    )
  }

  /**
   * Events from a resource version on, bookmarks among them, until the server ends the watch (the generator returns)
   * or something goes wrong (it throws a KubeError). One connection of its own.
   */
  async *watch<T extends KubeObject>(
    type: ResourceType<T>,
    options: WatchOptions,
  ): AsyncGenerator<WatchEvent<T>> {
    const query = selectionQuery(options)
    query.set('watch', 'true')
    query.set('allowWatchBookmarks', 'true')
    query.set('resourceVersion', options.resourceVersion)
    query.set('timeoutSeconds', String(options.timeoutSeconds))
    const path = withQuery(resourcePath(type, clean({ namespace: options.namespace })), query)
    const stream = await this.#transport.stream({ method: 'GET', path }, options.signal)
    try {
      for await (const line of jsonLines(stream, options.onData)) yield readEvent(type, line)
    } catch (error) {
      throw error instanceof KubeError ? error : this.#transport.explain(error, options.signal)
    } finally {
      stream.destroy()
    }
  }

  /** Any call: the answer's JSON, or undefined for an empty one. */
  async request<R = unknown>(
    request: RawRequest,
    options: CallOptions = {},
    verb = request.method,
  ): Promise<R> {
    const deadline = this.#clock.monotonic() + (options.timeoutMs ?? this.#timeoutMs)
    for (let attempt = 1; ; attempt++) {
      if (request.method !== 'GET' && options.lane !== 'lease') this.#beforeWrite()
      const started = this.#clock.monotonic()
      const answer = await this.#try(request, options, deadline - started)
      const seconds = (this.#clock.monotonic() - started) / 1000
      this.#emit({ type: 'request', method: request.method, verb, status: answer.status, seconds })
      if (!(answer instanceof KubeError)) return parseBody<R>(answer)
      const waitSeconds = retryWaitSeconds(answer, request.method, attempt, this.#random())
      const left = deadline - this.#clock.monotonic()
      if (waitSeconds === undefined || waitSeconds * 1000 >= left) throw answer
      this.#emit({ type: 'requestRetried', verb, status: answer.status, waitSeconds })
      await sleep(this.#clock, waitSeconds * 1000, options.signal)
    }
  }

  /** Lets go of all connections. Calls that are under way are ended. */
  close(): Promise<void> {
    return this.#transport.close()
  }

  async #try(request: RawRequest, options: CallOptions, timeoutMs: number): Promise<Answer | KubeError> {
    try {
      const answer = await this.#transport.send(request, {
        lane: options.lane ?? 'calls',
        signal: options.signal,
        timeoutMs,
        clock: this.#clock,
      })
      return answer.status < 400 ? answer : errorFromResponse(answer.status, answer.headers, answer.body)
    } catch (error) {
      return error instanceof KubeError ? error : this.#transport.explain(error, options.signal)
    }
  }

  #writeQuery(options: WriteOptions): URLSearchParams {
    const query = new URLSearchParams({ fieldManager: options.fieldManager ?? this.#fieldManager })
    if (options.dryRun === true) query.set('dryRun', 'All')
    if (options.strict === true) query.set('fieldValidation', 'Strict')
    return query
  }
}
