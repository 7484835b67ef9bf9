import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ReflectorState } from '../kube/reflector.ts'
import type { LoopLag } from './loop-lag.ts'

/** Says what is wrong, in a few words; undefined: nothing. Must be quick: it runs for each probe. */
export type Check = Readonly<{ name: string; check: () => string | undefined }>

export type HealthOptions = Readonly<{
  /** 0: any free one. */
  port: number
  /** Default: all addresses. */
  host?: string
  /** Wrong for long: only a restart can help. */
  livez: readonly Check[]
  /** Wrong: not to be relied upon for now. */
  readyz: readonly Check[]
  metrics?: () => Promise<Readonly<{ contentType: string; body: string }>>
}>

/** `/livez`, `/readyz`, `/healthz` (with `?verbose`, and `/livez/NAME` for one check) and `/metrics`. */
export class HealthServer {
  readonly #options: HealthOptions
  readonly #server: Server

  constructor(options: HealthOptions) {
    this.#options = options
    this.#server = createServer((request, response) => {
      const answer = (status: number, body: string, type = 'text/plain; charset=utf-8') =>
        response.writeHead(status, { 'content-type': type }).end(body)
      this.#answer(request.url ?? '/').then(
        ({ status, body, type }) => answer(status, body, type),
        (error: unknown) => answer(500, `${error instanceof Error ? error.message : String(error)}\n`),
      )
    })
  }

  /** @returns the port */
  listen(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(this.#options.port, this.#options.host, () => {
        this.#server.off('error', reject)
        resolve((this.#server.address() as AddressInfo).port)
      })
    })
  }

  close(): Promise<void> {
    this.#server.closeAllConnections()
    return new Promise((resolve) => this.#server.close(() => resolve()))
  }

  async #answer(target: string): Promise<{ status: number; body: string; type?: string }> {
    const url = new URL(target, 'http://localhost')
    if (url.pathname === '/metrics' && this.#options.metrics !== undefined) {
      const { body, contentType } = await this.#options.metrics()
      return { status: 200, body, type: contentType }
    }
    const [, page = '', only] = url.pathname.split('/')
    const checks = { livez: this.#options.livez, healthz: this.#options.livez, readyz: this.#options.readyz }[
      page
    ]
    const chosen = checks?.filter((check) => only === undefined || check.name === only)
    if (chosen === undefined || (only !== undefined && chosen.length === 0))
      return { status: 404, body: 'not found\n' }
    return verdict(chosen, url.searchParams.has('verbose'))
  }
}

function verdict(checks: readonly Check[], verbose: boolean): { status: number; body: string } {
  const results = checks.map(({ name, check }) => ({ name, wrong: run(check) }))
  const failed = results.filter((result) => result.wrong !== undefined)
  const shown = verbose ? results : failed
  const lines = shown.map(({ name, wrong }) =>
    wrong === undefined ? `[+]${name} ok` : `[-]${name} failed: ${wrong}`,
  )
  return {
    status: failed.length === 0 ? 200 : 500,
    body: [...lines, failed.length === 0 ? 'ok\n' : ''].join('\n'),
  }
}

function run(check: Check['check']): string | undefined {
  try {
    return check()
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** Fails when more than half of the last half minute went by with the event loop blocked. */
export const loopCheck = (lag: LoopLag): Check => ({
  name: 'event-loop',
  check: () =>
    lag.busyShare > 0.5
      ? `blocked for ${Math.round(lag.busyShare * 100)} % of the time, ${Math.round(lag.worstMs)} ms at the worst`
      : undefined,
})

/**
 * Fails when the loop of a reflector hangs. An API server that is away does not count: failing tries are signs of
 * life, and a restart would not bring it back.
 * @param limitSeconds above the longest a healthy loop is silent, which is the limit of a stalled watch
 */
export const reflectorsAlive = (
  reflectors: readonly { readonly state: ReflectorState }[],
  limitSeconds = 600,
): Check => ({
  name: 'reflectors',
  check: () => {
    const dead = reflectors.map((one) => one.state).filter((state) => state.silentSeconds > limitSeconds)
    if (dead.length === 0) return undefined
    return dead.map((state) => `${state.name} is silent for ${Math.round(state.silentSeconds)} s`).join(', ')
  },
})

/** Fails until the first list of each reflector is in. */
export const reflectorsSynced = (reflectors: readonly { readonly state: ReflectorState }[]): Check => ({
  name: 'caches',
  check: () => {
    const missing = reflectors.map((one) => one.state).filter((state) => !state.synced)
    if (missing.length === 0) return undefined
    return missing
      .map(
        (state) => `${state.name} not synced${state.lastError === undefined ? '' : ` (${state.lastError})`}`,
      )
      .join(', ')
  },
})
