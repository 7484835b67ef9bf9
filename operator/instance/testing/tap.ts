import { Agent, createServer, request, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { ApiServer } from '../../../hack/apiserver/start.ts'
import { loopbackTls } from '../../kube/testing/loopback-tls.ts'

/** A call as it went by. */
export type Passed = Readonly<{ at: number; from: string; method: string; path: string; status: number }>

/**
 * Stands between one process and the API server, and notes every call that got through. What the API server breaks off
 * breaks off here, too.
 */
export class Tap {
  /** PEM of who vouches for it. */
  readonly ca = loopbackTls.cert
  readonly #server: Server
  readonly #agent: Agent

  private constructor(server: Server, agent: Agent) {
    this.#server = server
    this.#agent = agent
  }

  /** @param from what its calls are noted under, in `log`, which several taps may share */
  static async start(api: ApiServer, from: string, log: Passed[]): Promise<Tap> {
    const agent = new Agent({ keepAlive: true, ca: api.ca })
    const server = createServer(loopbackTls, (incoming, outgoing) => {
      const { method = '', url: path = '', headers } = incoming
      const onward = request(new URL(path, api.url), { method, headers, agent }, (answer) => {
        const status = answer.statusCode ?? 0
        log.push({ at: Date.now(), from, method, path, status })
        outgoing.writeHead(status, answer.headers)
        answer.pipe(outgoing)
        answer.on('error', () => outgoing.destroy())
      })
      onward.on('error', () => outgoing.destroy())
      outgoing.on('close', () => onward.destroy())
      incoming.pipe(onward)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return new Tap(server, agent)
  }

  get url(): string {
    return `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
    this.#agent.destroy()
  }
}
