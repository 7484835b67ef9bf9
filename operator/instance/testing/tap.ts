import type { IncomingMessage, ServerResponse } from 'node:http'
import { Agent, createServer, request, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { ApiServer } from '../../../hack/apiserver/start.ts'
import { loopbackTls } from '../../kube/testing/loopback-tls.ts'

/** A call as it went by. */
export type Passed = Readonly<{ at: number; from: string; method: string; path: string; status: number }>

/**
 * What goes wrong on the way. `away`: connections break, also new ones. `frozen`: nothing comes back, and what was asked
 * meanwhile is answered when it is over, as by a server that was stopped and goes on. A status: each call is answered
 * with it, and watches end.
 */
export type Trouble = 'away' | 'frozen' | Readonly<{ status: number; retryAfterSeconds?: number }>

/**
 * Stands between one process and the API server, and notes every call that got through. What the API server breaks off
 * breaks off here, too.
 */
export class Tap {
  /** PEM of who vouches for it. */
  readonly ca = loopbackTls.cert
  readonly #api: ApiServer
  readonly #note: (passed: Omit<Passed, 'at'>) => void
  readonly #from: string
  readonly #server: Server
  readonly #agent: Agent
  /** What is on its way back. */
  readonly #flows = new Map<IncomingMessage, ServerResponse>()
  #trouble: Trouble | undefined
  #thaw = Promise.withResolvers<void>()

  private constructor(api: ApiServer, from: string, note: (passed: Omit<Passed, 'at'>) => void) {
    this.#api = api
    this.#from = from
    this.#note = note
    this.#agent = new Agent({ keepAlive: true, ca: api.ca })
    this.#server = createServer(loopbackTls, (incoming, outgoing) => void this.#pass(incoming, outgoing))
  }

  /** @param from what its calls are noted under, in `log`, which several taps may share */
  static async start(api: ApiServer, from: string, log: Passed[] = []): Promise<Tap> {
    const tap = new Tap(api, from, (passed) => void log.push({ at: Date.now(), ...passed }))
    await new Promise<void>((resolve) => tap.#server.listen(0, '127.0.0.1', resolve))
    return tap
  }

  get url(): string {
    return `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** From now on, until it is called without anything. */
  trouble(trouble?: Trouble): void {
    this.#trouble = trouble
    this.#thaw.resolve()
    this.#thaw = Promise.withResolvers()
    if (trouble === 'frozen') for (const [answer, outgoing] of this.#flows) answer.unpipe(outgoing)
    else for (const [answer, outgoing] of this.#flows) answer.pipe(outgoing)
    if (trouble !== undefined && trouble !== 'frozen') this.drop()
  }

  /** Breaks every connection, in the middle of whatever goes over it. */
  drop(): void {
    this.#server.closeAllConnections()
  }

  async stop(): Promise<void> {
    this.trouble('away')
    await new Promise((resolve) => this.#server.close(resolve))
    this.#agent.destroy()
  }

  async #pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    while (this.#trouble === 'frozen') await this.#thaw.promise
    if (this.#trouble === 'away') return void outgoing.destroy()
    if (this.#trouble !== undefined) return refuse(this.#trouble, incoming, outgoing)
    const { method = '', url: path = '', headers } = incoming
    const agent = this.#agent
    const onward = request(new URL(path, this.#api.url), { method, headers, agent }, (answer) => {
      const status = answer.statusCode ?? 0
      this.#note({ from: this.#from, method, path, status })
      outgoing.writeHead(status, answer.headers)
      outgoing.flushHeaders()
      this.#flows.set(answer, outgoing)
      answer.on('close', () => this.#flows.delete(answer))
      answer.on('error', () => outgoing.destroy())
      if (this.#trouble !== 'frozen') answer.pipe(outgoing)
    })
    onward.on('error', () => outgoing.destroy())
    outgoing.on('close', () => onward.destroy())
    incoming.pipe(onward)
  }
}

function refuse(
  { status, retryAfterSeconds }: Exclude<Trouble, string>,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): void {
  incoming.resume()
  const body = { kind: 'Status', status: 'Failure', code: status, reason: 'Trouble', message: 'trouble' }
  outgoing.writeHead(status, {
    'content-type': 'application/json',
    ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
  })
  outgoing.end(JSON.stringify(body))
}
