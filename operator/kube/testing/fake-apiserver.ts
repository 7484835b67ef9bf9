import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { KubeObject } from '../object.ts'
import { FakeWorld } from './fake-world.ts'

export type Seen = Readonly<{
  method: string
  path: string
  query: URLSearchParams
  body: string
  headers: IncomingMessage['headers']
}>

/**
 * What to do instead of answering. A `status` may come with headers; `drop` closes the socket; `hang` never answers;
 * `handle` does as it likes.
 */
export type Fault =
  | Readonly<{ status: number; headers?: Record<string, string>; body?: string }>
  | 'drop'
  | 'hang'
  | Readonly<{ handle: (request: Seen, response: ServerResponse) => void }>

type Rule = { matches: (request: Seen) => boolean; fault: Fault; left: number }

/**
 * An API server for faults of the protocol, over real HTTP on loopback. It knows paths and versions, and nothing of
 * what objects mean: behaviour is tested against a real one.
 */
export class FakeApiServer {
  readonly world = new FakeWorld()
  readonly requests: Seen[] = []
  /** Connections ever made. */
  connections = 0
  /** Watches ever begun. */
  watchesBegun = 0
  /** Known once it listens. */
  url = ''
  readonly #server: Server | TlsServer
  readonly #sockets = new Set<Socket>()
  readonly #watches = new Set<ServerResponse>()
  readonly #rules: Rule[] = []
  /** Requests that are left hanging, as long as their client waits. */
  hanging = 0
  readonly #secure: boolean

  constructor(tls?: { key: string; cert: string }) {
    this.#secure = tls !== undefined
    const onRequest = (request: IncomingMessage, response: ServerResponse) =>
      void this.#receive(request, response)
    this.#server = tls === undefined ? createServer(onRequest) : createTlsServer(tls, onRequest)
    this.#server.on(this.#secure ? 'secureConnection' : 'connection', (socket: Socket) => {
      this.connections++
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
      socket.on('error', () => {})
    })
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    const { port } = this.#server.address() as AddressInfo
    this.url = `${this.#secure ? 'https' : 'http'}://127.0.0.1:${port}`
    return this.url
  }

  async close(): Promise<void> {
    this.dropAll()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }

  /** Meets the next `times` requests that match with a fault. Rules are tried in the order of their making. */
  fault(matches: (request: Seen) => boolean, fault: Fault, times = 1): void {
    this.#rules.push({ matches, fault, left: times })
  }

  get openSockets(): number {
    return this.#sockets.size
  }

  get openWatches(): number {
    return this.#watches.size
  }

  /** Closes every socket, in the middle of whatever goes over it. */
  dropAll(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  /** Ends all watches the way their timeout does. */
  endWatches(): void {
    for (const watch of this.#watches) watch.end()
  }

  /** Writes as it is to all watches: half a line, an ERROR, an event twice. */
  writeToWatches(text: string): void {
    for (const watch of this.#watches) watch.write(text)
  }

  /** Tells all watches which version they are at. */
  bookmark(): void {
    const object = { metadata: { resourceVersion: String(this.world.version) } }
    this.writeToWatches(`${JSON.stringify({ type: 'BOOKMARK', object })}\n`)
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://localhost')
    let body = ''
    for await (const chunk of request) body += String(chunk)
    const seen = {
      method: request.method ?? 'GET',
      path: url.pathname,
      query: url.searchParams,
      body,
      headers: request.headers,
    }
    this.requests.push(seen)
    const rule = this.#rules.find((one) => one.left > 0 && one.matches(seen))
    if (rule === undefined) return this.#answer(seen, response)
    rule.left--
    this.#fail(rule.fault, seen, response)
  }

  #fail(fault: Fault, seen: Seen, response: ServerResponse): void {
    if (fault === 'hang') {
      this.hanging++
      response.on('close', () => this.hanging--)
      return
    }
    if (fault === 'drop') response.socket?.destroy()
    else if ('handle' in fault) fault.handle(seen, response)
    else
      response
        .writeHead(fault.status, fault.headers)
        .end(fault.body ?? statusBody(fault.status, 'InternalError'))
  }

  #answer(seen: Seen, response: ServerResponse) {
    const { path, namespace, name, subresource } = splitPath(seen.path)
    if (name === undefined && seen.method === 'GET')
      return seen.query.has('watch') ? this.#watch(path, seen, response) : this.#list(path, seen, response)
    if (seen.method === 'POST') return this.#create(path, seen, response)
    const object = name === undefined ? undefined : this.world.get(path, namespace, name)
    if (seen.method === 'PATCH' && (object !== undefined || seen.headers['content-type']?.includes('apply')))
      return this.#patch(path, object, seen, response, subresource)
    if (object === undefined || name === undefined) return json(response, 404, status(404, 'NotFound'))
    if (seen.method === 'DELETE') this.world.delete(path, namespace, name)
    json(response, 200, object)
  }

  #list(path: string, seen: Seen, response: ServerResponse) {
    const token = seen.query.get('continue')?.split(':').map(Number)
    const exact =
      seen.query.get('resourceVersionMatch') === 'Exact'
        ? Number(seen.query.get('resourceVersion'))
        : undefined
    const version = token?.[0] ?? exact ?? this.world.version
    if (version < this.world.compactedTo) return json(response, 410, status(410, 'Expired'))
    const all = this.world.list(path, version)
    const start = token?.[1] ?? 0
    const limit = Number(seen.query.get('limit') ?? 0) || all.length
    const more = start + limit < all.length
    json(response, 200, {
      kind: 'List',
      metadata: {
        resourceVersion: String(version),
        ...(more ? { continue: `${version}:${start + limit}` } : {}),
      },
      items: all.slice(start, start + limit),
    })
  }

  #watch(path: string, seen: Seen, response: ServerResponse): void {
    const from = Number(seen.query.get('resourceVersion'))
    response.writeHead(200, { 'content-type': 'application/json' })
    response.flushHeaders()
    if (from < this.world.compactedTo) {
      response.end(`${JSON.stringify({ type: 'ERROR', object: status(410, 'Expired') })}\n`)
      return
    }
    const send = (change: { type: string; object: KubeObject }) =>
      response.write(`${JSON.stringify({ type: change.type, object: change.object })}\n`)
    for (const change of this.world.since(path, from)) send(change)
    const off = this.world.onChange((change) => {
      if (change.path === path) send(change)
    })
    this.watchesBegun++
    this.#watches.add(response)
    response.on('close', () => {
      off()
      this.#watches.delete(response)
    })
  }

  #create(path: string, seen: Seen, response: ServerResponse) {
    const object = JSON.parse(seen.body) as KubeObject
    if (this.world.get(path, object.metadata.namespace, object.metadata.name) !== undefined)
      return json(response, 409, status(409, 'AlreadyExists'))
    json(response, 201, this.world.set(path, object))
  }

  /** Merges deeply, whatever kind of patch it is; a version in the patch must be the live one. */
  #patch(path: string, live: KubeObject | undefined, seen: Seen, response: ServerResponse, sub?: string) {
    const patch = JSON.parse(seen.body) as KubeObject
    const expected = patch.metadata?.resourceVersion
    if (expected !== undefined && expected !== live?.metadata.resourceVersion)
      return json(response, 409, status(409, 'Conflict'))
    if (sub !== undefined && live === undefined) return json(response, 404, status(404, 'NotFound'))
    const merged = merge(live ?? {}, patch) as KubeObject
    if (live !== undefined && JSON.stringify(merged) === JSON.stringify(live))
      return json(response, 200, live)
    json(response, 200, this.world.set(path, merged))
  }
}

/** A collection is known by its path over all namespaces. */
function splitPath(path: string): { path: string; namespace?: string; name?: string; subresource?: string } {
  const parts = path.split('/').filter((part) => part !== '')
  const root = parts.splice(0, parts[0] === 'api' ? 2 : 3)
  const namespace = parts[0] === 'namespaces' && parts.length > 2 ? parts.splice(0, 2)[1] : undefined
  const [plural = '', name, subresource] = parts
  return {
    path: `/${[...root, plural].join('/')}`,
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
    ...(subresource === undefined ? {} : { subresource }),
  }
}

function merge(base: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch
  const result: Record<string, unknown> = { ...(typeof base === 'object' && base !== null ? base : {}) }
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key]
    else result[key] = merge(result[key], value)
  }
  return result
}

const status = (code: number, reason: string, message = reason) => ({
  kind: 'Status',
  apiVersion: 'v1',
  status: 'Failure',
  code,
  reason,
  message,
})

export const statusBody = (code: number, reason: string, message?: string): string =>
  JSON.stringify(status(code, reason, message))

const json = (response: ServerResponse, code: number, body: unknown): void => {
  response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
