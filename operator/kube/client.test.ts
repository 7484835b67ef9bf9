import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { KubeClient, type KubeClientOptions } from './client.ts'
import { type Connection, type Credentials, fixedConnection } from './connection.ts'
import { isAborted, isAlreadyExists, isConflict, isExpired, isNotFound, KubeError } from './errors.ts'
import type { KubeTelemetry } from './telemetry.ts'
import { ImpatientClock, ManualClock } from './testing/clocks.ts'
import { FakeApiServer, type Seen, statusBody } from './testing/fake-apiserver.ts'
import { loopbackTls } from './testing/loopback-tls.ts'
import { thing, things, thingsPath } from './testing/objects.ts'
import { until } from './testing/until.ts'

const anything = () => true
const target = { namespace: 'lab', name: 'a' }

let server: FakeApiServer
let client: KubeClient
let told: KubeTelemetry[]

async function start(options: Partial<KubeClientOptions> = {}): Promise<void> {
  server = new FakeApiServer()
  told = []
  const connection = fixedConnection(await server.listen(), { headers: { Authorization: 'Bearer t' } })
  client = new KubeClient({ connection, random: () => 0, emit: (one) => told.push(one), ...options })
}

test.before.each(() => start())
test.after.each(async () => {
  await client.close()
  await server.close()
})

async function errorOf(call: Promise<unknown>): Promise<KubeError> {
  return call.then(
    () => assert.unreachable('the call should fail'),
    (error: unknown) => {
      assert.instance(error, KubeError)
      return error as KubeError
    },
  ) as Promise<KubeError>
}

test('objects are created, read, listed, changed and deleted as plain JSON, unknown fields and all', async () => {
  const made = await client.create(things, thing('a', {}, { spec: { fieldOfTomorrow: [1, { x: 'y' }] } }))
  assert.equal((await client.get(things, target)).spec, { fieldOfTomorrow: [1, { x: 'y' }] })
  const { items } = await client.list(things, { namespace: 'lab' })
  assert.is(items[0]?.kind, 'Thing')
  await client.mergePatch(things, target, { spec: { n: 2 } })
  assert.equal((await client.get(things, target)).spec, { fieldOfTomorrow: [1, { x: 'y' }], n: 2 })
  await client.delete(things, target, { uid: made.metadata.uid, gracePeriodSeconds: 0 })
  const deletion = JSON.parse(server.requests.at(-1)?.body ?? '') as { preconditions: unknown }
  assert.equal(deletion.preconditions, { uid: made.metadata.uid })
  assert.is(await client.find(things, target), undefined)
})

test('failures are told apart by type', async () => {
  await client.create(things, thing('a'))
  assert.is(isAlreadyExists(await errorOf(client.create(things, thing('a')))), true)
  assert.is(isNotFound(await errorOf(client.get(things, { ...target, name: 'b' }))), true)
  const stale = client.mergePatch(things, target, { metadata: { resourceVersion: '1' } })
  assert.is(isConflict(await errorOf(stale)), true)
})

test('an apply names its manager, its force and its subresource', async () => {
  await client.create(things, thing('a'))
  await client.apply(things, thing('a', {}, { status: { ok: true } }), {
    subresource: 'status',
    fieldManager: 'm',
  })
  const { path, query, headers } = server.requests.at(-1) as Seen
  assert.is(path, '/apis/test.ephemera.dev/v1/namespaces/lab/things/a/status')
  assert.is(query.get('fieldManager'), 'm')
  assert.is(query.get('force'), 'true')
  assert.is(headers['content-type'], 'application/apply-patch+yaml')
})

test('a list comes in pages of one point in time', async () => {
  for (let i = 0; i < 25; i++) server.world.set(thingsPath, thing(`t${i}`))
  const sizes: number[] = []
  for await (const page of client.pages(things, { limit: 10 })) {
    sizes.push(page.items.length)
    server.world.set(thingsPath, thing('too-late'))
  }
  assert.equal(sizes, [10, 10, 5])
})

test('a page that can not be had any more rejects as expired', async () => {
  for (let i = 0; i < 3; i++) server.world.set(thingsPath, thing(`t${i}`))
  const pages = client.pages(things, { limit: 2 })
  await pages.next()
  server.world.set(thingsPath, thing('x'))
  server.world.compact()
  assert.is(isExpired(await errorOf(pages.next())), true)
})

test('200 calls over TLS, twenty at a time, open no more than ten connections', async () => {
  const secure = new FakeApiServer(loopbackTls)
  const connection = fixedConnection(await secure.listen(), { tls: { ca: loopbackTls.cert } })
  const caller = new KubeClient({ connection })
  secure.world.set(thingsPath, thing('a'))
  for (let i = 0; i < 10; i++) await Promise.all(Array.from({ length: 20 }, () => caller.get(things, target)))
  assert.is(secure.requests.length, 200)
  assert.ok(secure.connections <= 10, `${secure.connections} connections`)
  await caller.close()
  await secure.close()
})

test('a server that is not vouched for is refused', async () => {
  const secure = new FakeApiServer(loopbackTls)
  const caller = new KubeClient({ connection: fixedConnection(await secure.listen()) })
  const error = await errorOf(caller.create(things, thing('a')))
  assert.is(error.reason, 'ConnectionFailed')
  assert.match(error.message, /self-signed/)
  await caller.close()
  await secure.close()
})

/** Credentials that a test rotates. */
class Rotating implements Connection {
  readonly namespace = 'default'
  readonly server: string
  current: Credentials
  constructor(server: string, current: Credentials) {
    this.server = server
    this.current = current
  }
  credentials = () => Promise.resolve(this.current)
}

test('a new token is used at once, without new connections for it', async () => {
  const connection = new Rotating(server.url, { headers: { Authorization: 'Bearer one' }, tls: {} })
  const caller = new KubeClient({ connection })
  await caller.list(things)
  connection.current = { headers: { Authorization: 'Bearer two' }, tls: {} }
  await caller.list(things)
  assert.equal(
    server.requests.map((request) => request.headers.authorization),
    ['Bearer one', 'Bearer two'],
  )
  assert.ok(server.connections <= 2, `${server.connections} connections`)
  await caller.close()
})

test('a new certificate authority is taken up by new connections, and what is under way goes on', async () => {
  const secure = new FakeApiServer(loopbackTls)
  const connection = new Rotating(await secure.listen(), { headers: {}, tls: { ca: loopbackTls.cert } })
  const caller = new KubeClient({ connection })
  const stop = new AbortController()
  const watch = caller.watch(things, { resourceVersion: '0', timeoutSeconds: 60, signal: stop.signal })
  const first = watch.next()
  await until('the watch is open', () => secure.openWatches === 1)
  connection.current = { headers: {}, tls: { ca: `${loopbackTls.cert}\n` } }
  await caller.list(things)
  assert.is(secure.connections, 2)
  secure.world.set(thingsPath, thing('a'))
  assert.is((await first).value?.type, 'ADDED')
  stop.abort()
  await watch.return(undefined)
  await caller.close()
  await secure.close()
})

test('429 is waited out as long as the server asks, for writes too', async () => {
  await client.close()
  await server.close()
  const clock = new ImpatientClock(20_000)
  await start({ clock })
  server.fault(anything, { status: 429, headers: { 'retry-after': '2' } }, 3)
  await client.create(things, thing('a'))
  assert.is(server.requests.length, 4)
  assert.is(clock.waitedMs, 6000)
  assert.is(told.filter((one) => one.type === 'requestRetried').length, 3)
})

test('429 without end is given up after a bounded number of tries', async () => {
  await client.close()
  await server.close()
  await start({ clock: new ImpatientClock(5000) })
  server.fault(anything, { status: 429, headers: { 'retry-after': '1' } }, 1000)
  const error = await errorOf(client.create(things, thing('a')))
  assert.is(error.status, 429)
  assert.is(server.requests.length, 6)
})

test('a wait that would outlast the call is not begun', async () => {
  server.fault(anything, { status: 429, headers: { 'retry-after': '20' } })
  const error = await errorOf(client.get(things, target, { timeoutMs: 5000 }))
  assert.is(error.retryAfterSeconds, 20)
  assert.is(server.requests.length, 1)
})

test('a failed write is not repeated, since it may have arrived', async () => {
  server.fault(anything, 'drop', 10)
  const error = await errorOf(client.create(things, thing('a')))
  assert.is(error.reason, 'ConnectionFailed')
  assert.is(server.requests.length, 1)
})

test('a read over a connection that broke is tried once more', async () => {
  server.world.set(thingsPath, thing('a'))
  server.fault(anything, 'drop')
  assert.is((await client.get(things, target)).metadata.name, 'a')
  assert.is(server.requests.length, 2)
})

test("a 500 without Retry-After is the caller's business", async () => {
  server.fault(anything, { status: 500, body: statusBody(500, 'InternalError', 'etcd is away') })
  const error = await errorOf(client.get(things, target))
  assert.is(error.message, 'etcd is away')
  assert.is(server.requests.length, 1)
})

test('a call that hangs ends at its timeout', async () => {
  await client.close()
  await server.close()
  const clock = new ManualClock()
  await start({ clock })
  server.fault(anything, 'hang')
  const call = errorOf(client.get(things, target, { timeoutMs: 3000 }))
  await until('the request is there', () => server.requests.length === 1)
  clock.advance(3000)
  assert.is((await call).reason, 'Timeout')
  assert.is(clock.timers, 0)
})

test("the caller's signal ends a call that hangs", async () => {
  server.fault(anything, 'hang')
  const stop = new AbortController()
  const call = errorOf(client.get(things, target, { signal: stop.signal }))
  await until('the request is there', () => server.requests.length === 1)
  stop.abort()
  assert.is(isAborted(await call), true)
})

test('a signal that is aborted already makes no call', async () => {
  assert.is(isAborted(await errorOf(client.get(things, target, { signal: AbortSignal.abort() }))), true)
  assert.is(server.requests.length, 0)
})

test('an answer that was cut is an error, not half an object', async () => {
  const cut = (_: Seen, response: { writeHead(n: number): unknown; end(text: string): unknown }) => {
    response.writeHead(200)
    response.end('{"kind":"Thing","metad')
  }
  server.fault(anything, { handle: cut })
  assert.is((await errorOf(client.get(things, target))).reason, 'BadResponse')
})

test('hanging calls and watches leave the lease its own connection', async () => {
  server.fault((seen) => !seen.query.has('x') && server.requests.length <= 30, 'hang', 30)
  const stop = new AbortController()
  const stuck = Array.from({ length: 30 }, () =>
    client.get(things, target, { signal: stop.signal }).catch(() => {}),
  )
  await until('eight calls hang', () => server.requests.length === 8)
  server.world.set(thingsPath, thing('a'))
  server.fault(anything, 'hang', 0)
  const free = await client.request<{ metadata: { name: string } }>(
    { method: 'GET', path: `/apis/test.ephemera.dev/v1/namespaces/lab/things/a?x=1` },
    { lane: 'lease' },
  )
  assert.is(free.metadata.name, 'a')
  stop.abort()
  await Promise.all(stuck)
})

test('a process that may not write any more does not', async () => {
  await client.close()
  await server.close()
  const refuse = () => {
    throw new KubeError({ status: 0, reason: 'NotLeading', message: 'this process does not lead' })
  }
  await start({ beforeWrite: refuse })
  assert.is((await errorOf(client.create(things, thing('a')))).reason, 'NotLeading')
  await client.list(things)
  assert.is(server.requests.length, 1)
})

test('closing ends what is under way', async () => {
  server.fault(anything, 'hang')
  const call = errorOf(client.get(things, target))
  await until('the request is there', () => server.requests.length === 1)
  await client.close()
  assert.is(isAborted(await call), true)
})

test('errors and telemetry never hold the token', async () => {
  server.fault(anything, 'drop', 2)
  const error = await errorOf(client.get(things, target))
  const shown = `${error.message} ${JSON.stringify(error)} ${JSON.stringify(told)}`
  assert.not.match(shown, /Bearer/)
})

test.run()
