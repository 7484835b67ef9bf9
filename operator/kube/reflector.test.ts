import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { KubeClient } from './client.ts'
import { fixedConnection } from './connection.ts'
import { Reflector, type ReflectorOptions } from './reflector.ts'
import type { KubeTelemetry } from './telemetry.ts'
import { ImpatientClock, ManualClock } from './testing/clocks.ts'
import { FakeApiServer, type Seen, statusBody } from './testing/fake-apiserver.ts'
import { type Thing, thing, things, thingsPath } from './testing/objects.ts'
import { until } from './testing/until.ts'

const isWatch = (seen: Seen) => seen.query.has('watch')
const isList = (seen: Seen) => !isWatch(seen)

let server: FakeApiServer
let client: KubeClient
let stop: AbortController
let told: KubeTelemetry[]
let running: Promise<void>

test.before.each(async () => {
  server = new FakeApiServer()
  stop = new AbortController()
  told = []
  running = Promise.resolve()
  client = new KubeClient({ connection: fixedConnection(await server.listen()) })
})
test.after.each(async () => {
  stop.abort()
  await running
  await client.close()
  await server.close()
})

/** Waits of less than a minute take no time, so that only what is asked for ends a watch. */
function start(options: Partial<ReflectorOptions<Thing>> = {}): Reflector<Thing> {
  const reflector = new Reflector<Thing>({
    client,
    type: things,
    clock: new ImpatientClock(60_000),
    random: () => 0,
    emit: (one) => told.push(one),
    ...options,
  })
  running = reflector.run(stop.signal)
  return reflector
}

const put = (name: string, n = 0) => server.world.set(thingsPath, thing(name, {}, { spec: { n } }))
const count = (type: KubeTelemetry['type']) => told.filter((one) => one.type === type).length
const ends = () => told.flatMap((one) => (one.type === 'watchEnded' ? [one.why] : []))

/** The store holds exactly what the server holds. */
const agrees = (reflector: Reflector<Thing>) => () => {
  const want = server.world.list(thingsPath)
  return (
    reflector.store.size === want.length &&
    want.every(
      (object) =>
        reflector.store.get('lab', object.metadata.name)?.metadata.resourceVersion ===
        object.metadata.resourceVersion,
    )
  )
}

test('lists in pages, then follows the watch', async () => {
  for (let i = 0; i < 25; i++) put(`t${i}`)
  const reflector = start({ pageSize: 10 })
  await reflector.synced()
  assert.is(reflector.store.size, 25)
  assert.is(server.requests.filter(isList).length, 3)
  await until('the watch is open', () => server.openWatches === 1)
  put('new')
  put('t0', 1)
  server.world.delete(thingsPath, 'lab', 't1')
  await until('the store agrees', agrees(reflector))
  assert.equal(reflector.store.get('lab', 't0')?.spec, { n: 1 })
})

test('asks for bookmarks and for an end of the watch at a random time', async () => {
  const reflector = start({ random: () => 0.5 })
  await reflector.synced()
  await until('the watch is open', () => server.openWatches === 1)
  const query = server.requests.find(isWatch)?.query
  assert.is(query?.get('allowWatchBookmarks'), 'true')
  assert.is(query?.get('timeoutSeconds'), '450')
})

test('hands on its selectors', async () => {
  const reflector = start({ namespace: 'lab', labelSelector: 'a=b', fieldSelector: 'metadata.name=x' })
  await reflector.synced()
  await until('the watch is open', () => server.openWatches === 1)
  for (const seen of server.requests) {
    assert.is(seen.path, '/apis/test.ephemera.dev/v1/namespaces/lab/things')
    assert.is(seen.query.get('labelSelector'), 'a=b')
    assert.is(seen.query.get('fieldSelector'), 'metadata.name=x')
  }
})

test('keeps neither managedFields nor the last applied configuration, and lets a transform drop more', async () => {
  const heavy = {
    managedFields: [{}],
    annotations: { 'kubectl.kubernetes.io/last-applied-configuration': 'x', keep: 'y' },
  }
  server.world.set(thingsPath, thing('a', heavy as never, { spec: { huge: true } }))
  const reflector = start({ transform: ({ spec: _, ...rest }) => rest })
  await reflector.synced()
  const kept = reflector.store.get('lab', 'a')
  assert.equal(kept?.metadata.annotations, { keep: 'y' })
  assert.is('managedFields' in (kept?.metadata ?? {}), false)
  assert.is(kept?.spec, undefined)
})

test('goes on from a bookmark, so that an old version is not too old', async () => {
  put('a')
  const reflector = start()
  await reflector.synced()
  await until('the watch is open', () => server.openWatches === 1)
  server.world.version += 500
  server.bookmark()
  await until('the bookmark is in', () => count('watchEvent') === 1)
  server.world.compact()
  server.dropAll()
  await until('a second watch is open', () => server.requests.filter(isWatch).length === 2)
  assert.is(server.requests.filter(isWatch)[1]?.query.get('resourceVersion'), String(server.world.version))
  assert.is(server.requests.filter(isList).length, 1)
  assert.ok(agrees(reflector)())
})

test('a watch that the server ends is opened again at once, without a list', async () => {
  const clock = new ManualClock()
  const reflector = start({ clock })
  await reflector.synced()
  await until('the watch is open', () => server.openWatches === 1)
  clock.advance(100_000)
  server.endWatches()
  await until('a second watch is open', () => server.requests.filter(isWatch).length === 2)
  assert.equal(ends(), ['timeout'])
  assert.is(server.requests.filter(isList).length, 1)
})

test('a socket dropped in the middle of a line loses nothing', async () => {
  const reflector = start()
  await reflector.synced()
  await until('the watch is open', () => server.openWatches === 1)
  const whole = JSON.stringify({
    type: 'ADDED',
    object: thing('half', { uid: 'h', resourceVersion: '9999' }),
  })
  server.writeToWatches(whole.slice(0, 40))
  put('a')
  server.dropAll()
  put('b')
  await until('the store agrees', agrees(reflector))
  assert.is(reflector.store.get('lab', 'half'), undefined)
})

test("a whole event without its line's end does not count", async () => {
  const reflector = start()
  await reflector.synced()
  await until('the watch is open', () => server.openWatches === 1)
  const event = { type: 'ADDED', object: thing('half', { uid: 'h', resourceVersion: '9999' }) }
  server.writeToWatches(JSON.stringify(event))
  server.endWatches()
  await until('a second watch is open', () => server.requests.filter(isWatch).length === 2)
  assert.is(reflector.store.size, 0)
})

test('500s, dropped sockets and refused lists are tried again, and waited for longer each time', async () => {
  put('a')
  server.fault(isList, { status: 500 }, 3)
  server.fault(isList, 'drop', 4)
  server.fault(isList, { status: 403, body: statusBody(403, 'Forbidden') }, 2)
  const reflector = start()
  await reflector.synced()
  assert.ok(agrees(reflector)())
  const waits = told.flatMap((one) => (one.type === 'listFailed' ? [one.waitSeconds] : []))
  assert.equal(waits.slice(0, 3), [0.2, 0.4, 0.8])
  assert.ok(waits.every((wait, at) => wait >= (waits[at - 1] ?? 0)))
})

test('a watch that fails is opened again where it stood', async () => {
  server.fault(isWatch, { status: 500 }, 5)
  server.fault(isWatch, 'drop', 5)
  const reflector = start()
  await reflector.synced()
  put('a')
  await until('the store agrees', agrees(reflector))
  assert.is(server.requests.filter(isList).length, 1)
  assert.is(reflector.state.failures, 0)
})

test('a storm of 410 leads to lists with growing waits, never to a hot loop', async () => {
  const gone = (_: Seen, response: { end(text: string): unknown }) =>
    response.end(
      `${JSON.stringify({ type: 'ERROR', object: { code: 410, reason: 'Expired', message: 'old' } })}\n`,
    )
  server.fault(isWatch, { handle: gone }, 8)
  const clock = new ImpatientClock(60_000)
  const reflector = start({ clock })
  await until('the storm is over', () => server.openWatches === 1)
  assert.equal(ends(), Array(8).fill('expired'))
  assert.is(server.requests.filter(isList).length, 9)
  assert.ok(clock.waitedMs >= 200 * (2 ** 7 - 1), `waited ${clock.waitedMs} ms only`)
  put('a')
  await until('the store agrees', agrees(reflector))
})

test('one event before each 410 does not make it a hot loop either', async () => {
  const gone = (_: Seen, response: { write(text: string): unknown; end(text: string): unknown }) => {
    const object = { metadata: { resourceVersion: String(server.world.version) } }
    response.write(`${JSON.stringify({ type: 'BOOKMARK', object })}\n`)
    response.end(`${JSON.stringify({ type: 'ERROR', object: { code: 410, reason: 'Gone' } })}\n`)
  }
  server.fault(isWatch, { handle: gone }, 8)
  const clock = new ImpatientClock(60_000)
  start({ clock })
  await until('the storm is over', () => server.openWatches === 1)
  assert.ok(clock.waitedMs >= 200 * (2 ** 7 - 1), `waited ${clock.waitedMs} ms only`)
})

test('a server that ends each watch as it begins is not asked in a hot loop', async () => {
  server.fault(isWatch, { handle: (_, response) => response.end() }, 6)
  const clock = new ImpatientClock(60_000)
  start({ clock })
  await until('it is over', () => server.openWatches === 1)
  assert.equal(ends(), Array(6).fill('failed'))
  assert.ok(clock.waitedMs >= 200 * (2 ** 5 - 1), `waited ${clock.waitedMs} ms only`)
})

test('429 is obeyed as long as it asks', async () => {
  const clock = new ImpatientClock(60_000)
  server.fault(isWatch, { status: 429, headers: { 'retry-after': '17' } })
  start({ clock })
  await until('the watch is open', () => server.openWatches === 1)
  assert.is(clock.waitedMs, 17_000)
})

test('pages that expire while they are read are taken all at once', async () => {
  for (let i = 0; i < 5; i++) put(`t${i}`)
  const expired = { status: 410, body: statusBody(410, 'Expired') }
  server.fault((seen) => seen.query.has('continue'), expired, 100)
  const reflector = start({ pageSize: 2 })
  await reflector.synced()
  assert.is(reflector.store.size, 5)
  assert.is(server.requests.filter(isList).at(-1)?.query.has('limit'), false)
})

test('a list that comes slowly, in small pieces, is taken whole', async () => {
  for (let i = 0; i < 5; i++) put(`t${i}`, i)
  server.fault(isList, {
    handle: (seen, response) => {
      const items = server.world.list(seen.path)
      const metadata = { resourceVersion: String(server.world.version) }
      const text = JSON.stringify({ kind: 'List', metadata, items })
      response.writeHead(200)
      const drip = (from: number) => {
        if (from >= text.length) response.end()
        else response.write(text.slice(from, from + 7), () => setImmediate(drip, from + 7))
      }
      drip(0)
    },
  })
  const reflector = start()
  await reflector.synced()
  assert.ok(agrees(reflector)())
})

test('a list that never comes is given up after a minute, and asked for again', async () => {
  put('a')
  const clock = new ManualClock()
  const patient = new KubeClient({ connection: fixedConnection(server.url), clock })
  server.fault(isList, 'hang')
  const reflector = start({ client: patient, clock })
  await until('the list is asked for', () => server.requests.some(isList))
  clock.advance(60_000)
  await until('it is given up', () => count('listFailed') === 1)
  await until('the wait has begun', () => clock.untilNext === 200)
  clock.advance(200)
  await reflector.synced()
  assert.ok(agrees(reflector)())
  stop.abort()
  await running
  await patient.close()
})

test('a watch that falls silent is taken for dead', async () => {
  const clock = new ManualClock()
  const reflector = start({ clock, stallSeconds: 30 })
  await reflector.synced()
  await until('the watch is open', () => server.openWatches === 1)
  clock.advance(30_000)
  await until('the watch ended', () => count('watchEnded') === 1)
  assert.equal(ends(), ['stalled'])
  await until('the wait has begun', () => clock.untilNext === 200)
  clock.advance(200)
  await until('a second watch is open', () => server.requests.filter(isWatch).length === 2)
})

test('a watch that never answers is taken for dead', async () => {
  const clock = new ManualClock()
  server.fault(isWatch, 'hang')
  const reflector = start({ clock, stallSeconds: 30 })
  await reflector.synced()
  await until('the watch was asked for', () => server.requests.some(isWatch))
  clock.advance(30_000)
  await until('the watch ended', () => count('watchEnded') === 1)
  assert.equal(ends(), ['stalled'])
})

test('events that come twice or late change nothing', async () => {
  const first = put('a', 1)
  const reflector = start()
  await reflector.synced()
  await until('the watch is open', () => server.openWatches === 1)
  const second = put('a', 2)
  const replay = (object: unknown) =>
    server.writeToWatches(`${JSON.stringify({ type: 'MODIFIED', object })}\n`)
  await until('the store agrees', agrees(reflector))
  let changes = -1
  reflector.store.onChange(() => changes++)
  replay(second)
  replay(first)
  await until('both were ignored', () => count('watchEventIgnored') === 2)
  assert.is(changes, 0)
  assert.equal(reflector.store.get('lab', 'a')?.spec, { n: 2 })
})

test('the periodic list finds, mends and counts what the watch missed', async () => {
  put('a', 1)
  const clock = new ManualClock()
  const reflector = start({ clock, relistSeconds: 60 })
  await reflector.synced()
  await until('the watch is open', () => server.openWatches === 1)
  server.world.changeSilently(thingsPath, thing('a', {}, { spec: { n: 2 } }))
  put('b')
  await until('the second one is in', () => reflector.store.get('lab', 'b') !== undefined)
  assert.equal(reflector.store.get('lab', 'a')?.spec, { n: 1 })
  clock.advance(60_000)
  await until('it listed', () => count('listed') === 2)
  assert.ok(agrees(reflector)())
  assert.equal(
    told.flatMap((one) => (one.type === 'listed' ? [one.missed] : [])),
    [0, 1],
  )
})

test('what happens around a periodic list is not taken for missed', async () => {
  put('a', 1)
  const clock = new ManualClock()
  const reflector = start({ clock, relistSeconds: 60 })
  await reflector.synced()
  await until('the watch is open', () => server.openWatches === 1)
  server.fault(isList, {
    handle: (seen, response) => {
      put('a', 2)
      const version = seen.query.get('resourceVersion')
      const items = server.world.list(thingsPath, Number(version))
      response.end(JSON.stringify({ metadata: { resourceVersion: version }, items }))
    },
  })
  clock.advance(60_000)
  await until('it listed', () => count('listed') === 2)
  await until('the store agrees', agrees(reflector))
  assert.equal(
    told.flatMap((one) => (one.type === 'listed' ? [one.missed] : [])),
    [0, 0],
  )
})

test("a store from before a restore of the server's past is replaced", async () => {
  put('a', 1)
  const reflector = start()
  await reflector.synced()
  await until('the watch is open', () => server.openWatches === 1)
  server.world.rewind(50)
  put('a', 0)
  server.fault(isWatch, { status: 410, body: statusBody(410, 'Expired') })
  server.dropAll()
  await until('the store agrees', agrees(reflector))
  assert.equal(reflector.store.get('lab', 'a')?.spec, { n: 0 })
})

test('a handler that throws ends nothing', async () => {
  const reflector = start()
  await reflector.synced()
  await until('the watch is open', () => server.openWatches === 1)
  reflector.store.onChange(() => {
    throw new Error('boom')
  })
  put('a')
  put('b')
  await until('the store agrees', agrees(reflector))
  assert.is(count('handlerFailed'), 2)
})

test('stopping ends the loop at once, in a watch and in a wait', async () => {
  const watching = start()
  await watching.synced()
  await until('the watch is open', () => server.openWatches === 1)
  stop.abort()
  await running
  stop = new AbortController()
  server.fault(isList, { status: 500 }, 100)
  const waiting = start({ clock: new ManualClock() })
  await until('it waits', () => count('listFailed') === 1)
  stop.abort()
  await running
  assert.is(waiting.store.hasSynced, false)
})

/** `make test` goes for 10,000. */
const reconnects = Number(process.env.EPHEMERA_RECONNECTS ?? 300)

test(`${reconnects} dropped watches: no event is lost, and sockets and memory stay flat`, async () => {
  const reflector = start({ emit: () => {}, relistSeconds: 0 })
  await reflector.synced()
  let heap = 0
  for (let i = 1; i <= reconnects; i++) {
    await until('the next watch is open', () => server.watchesBegun >= i)
    put(`t${i % 50}`, i)
    server.dropAll()
    put(`u${i % 50}`, i)
    if (i === Math.floor(reconnects / 2)) {
      globalThis.gc?.()
      heap = process.memoryUsage().heapUsed
    }
  }
  await until('the store agrees', agrees(reflector))
  assert.is(server.requests.filter(isList).length, 1)
  assert.ok(server.watchesBegun > reconnects)
  assert.ok(server.openSockets <= 3, `${server.openSockets} sockets`)
  globalThis.gc?.()
  const grownMiB = (process.memoryUsage().heapUsed - heap) / 2 ** 20
  assert.ok(grownMiB < 8, `the heap grew by ${grownMiB.toFixed(1)} MiB, the fake server's history included`)
})

test.run()
