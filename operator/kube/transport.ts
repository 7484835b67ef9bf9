import { createHash } from 'node:crypto'
import type { Readable } from 'node:stream'
import { Agent } from 'undici'
import type { Clock } from './clock.ts'
import type { Connection, Credentials, TlsMaterial } from './connection.ts'
import { errorFromResponse, KubeError } from './errors.ts'

/** Connections are kept apart by what they are for, so that none of these can starve another. */
export type Lane = 'calls' | 'watches' | 'lease'

export type Answer = Readonly<{
  status: number
  headers: Readonly<Record<string, string | string[] | undefined>>
  body: string
}>

type Sent = Readonly<{ method: string; path: string; body?: unknown; contentType?: string }>

type SendOptions = Readonly<{
  lane: Lane
  signal: AbortSignal | undefined
  timeoutMs: number
  clock: Clock
}>

/** An API server closes a connection that was idle for 90 s; ours go before, so that no call runs into that. */
const keepAliveMs = 60_000
const connectMs = 10_000

/** One exchange over kept-alive connections, an undici Agent for each lane. Knows nothing of Kubernetes but its credentials. */
export class Transport {
  readonly #connection: Connection
  readonly #origin: string
  readonly #prefix: string
  readonly #userAgent: string
  readonly #connections: number
  readonly #stop = new AbortController()
  #agents: Record<Lane, Agent> | undefined
  #fingerprint = ''

  constructor(options: { connection: Connection; userAgent: string; connections: number }) {
    const url = new URL(options.connection.server)
    this.#connection = options.connection
    this.#origin = url.origin
    this.#prefix = url.pathname.replace(/\/$/, '')
    this.#userAgent = options.userAgent
    this.#connections = options.connections
  }

  /** The whole answer, whatever its status. Rejects with a KubeError where there is none in time. */
  async send(request: Sent, { lane, signal, timeoutMs, clock }: SendOptions): Promise<Answer> {
    const limit = new AbortController()
    const cancel = clock.after(timeoutMs, () => limit.abort(timedOut(timeoutMs)))
    const unlink = follow(limit, signal, this.#stop.signal)
    try {
      const response = await this.#dispatch(request, lane, limit.signal)
      const body = await response.body.text()
      return { status: response.statusCode, headers: response.headers, body }
    } catch (error) {
      throw limit.signal.reason instanceof KubeError ? limit.signal.reason : this.explain(error, signal)
    } finally {
      cancel()
      unlink()
    }
  }

  /** The body of a successful answer as it comes. Ended by the signal or by destroying it. */
  async stream(request: Sent, signal: AbortSignal): Promise<Readable> {
    const response = await this.#dispatch(request, 'watches', signal).catch((error: unknown) => {
      throw this.explain(error, signal)
    })
    if (response.statusCode < 400) return response.body
    const body = await response.body.text().catch(() => '')
    throw errorFromResponse(response.statusCode, response.headers, body)
  }

  /** What a failure of the network means. */
  explain(error: unknown, signal: AbortSignal | undefined): KubeError {
    if (error instanceof KubeError) return error
    if (signal?.aborted === true || this.#stop.signal.aborted)
      return new KubeError({ status: 0, reason: 'Aborted', message: 'the call was ended by its caller' })
    const cause = error instanceof Error ? error : new Error(String(error))
    const code = (cause as NodeJS.ErrnoException).code ?? cause.name
    return new KubeError({
      status: 0,
      reason: 'ConnectionFailed',
      message: `no answer from the API server at ${this.#origin}: ${cause.message} (${code})`,
      cause,
    })
  }

  /** Ends what is under way and closes all connections. */
  async close(): Promise<void> {
    this.#stop.abort()
    const agents = this.#agents
    this.#agents = undefined
    if (agents !== undefined) await Promise.all(Object.values(agents).map((agent) => agent.destroy()))
  }

  async #dispatch({ method, path, body, contentType }: Sent, lane: Lane, signal: AbortSignal) {
    const credentials = await this.#connection.credentials()
    signal.throwIfAborted()
    this.#stop.signal.throwIfAborted()
    return this.#agentsFor(credentials)[lane].request({
      origin: this.#origin,
      path: this.#prefix + path,
      method: method as 'GET',
      headers: {
        accept: 'application/json',
        'user-agent': this.#userAgent,
        ...(body === undefined ? {} : { 'content-type': contentType ?? 'application/json' }),
        ...credentials.headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal,
    })
  }

  /** New agents when the CA or the client certificate was rotated. The old ones finish what they carry. */
  #agentsFor({ tls }: Credentials): Record<Lane, Agent> {
    const fingerprint = fingerprintOf(tls)
    if (this.#agents !== undefined && fingerprint === this.#fingerprint) return this.#agents
    for (const agent of Object.values(this.#agents ?? {})) void agent.close().catch(() => {})
    const connect = { ...tls, timeout: connectMs }
    // HTTP/1.1: over HTTP/2 undici lets a stream's error go unhandled when its client is destroyed, which ends the process.
    const common = {
      connect,
      allowH2: false,
      keepAliveTimeout: keepAliveMs,
      keepAliveMaxTimeout: keepAliveMs,
    }
    // The timeouts of undici are off: each call has its own deadline, each watch its own watchman.
    const unlimited = { headersTimeout: 0, bodyTimeout: 0 }
    this.#agents = {
      calls: new Agent({ ...common, ...unlimited, connections: this.#connections }),
      lease: new Agent({ ...common, ...unlimited, connections: 2 }),
      watches: new Agent({ ...common, ...unlimited }),
    }
    this.#fingerprint = fingerprint
    return this.#agents
  }
}

const timedOut = (ms: number): KubeError =>
  new KubeError({
    status: 0,
    reason: 'Timeout',
    message: `no answer from the API server within ${Math.round(ms)} ms`,
  })

/** Aborts with any of the signals. Unlike AbortSignal.any, leaves nothing behind on signals that live for long. */
function follow(controller: AbortController, ...signals: (AbortSignal | undefined)[]): () => void {
  const undo = signals.map((signal) => {
    if (signal === undefined) return () => {}
    const abort = () => controller.abort(signal.reason)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    return () => signal.removeEventListener('abort', abort)
  })
  return () => {
    for (const one of undo) one()
  }
}

function fingerprintOf(tls: TlsMaterial): string {
  const hash = createHash('sha256')
  for (const part of [tls.ca, tls.cert, tls.key, tls.servername, String(tls.rejectUnauthorized)])
    hash.update(part ?? '').update('\0')
  return hash.digest('base64')
}
