import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { KubeClient } from './client.ts'
import { fixedConnection } from './connection.ts'
import { cutNote, EventRecorder } from './events.ts'
import type { Event } from './object.ts'
import type { KubeTelemetry } from './telemetry.ts'
import { ManualClock } from './testing/clocks.ts'
import { FakeApiServer, statusBody } from './testing/fake-apiserver.ts'
import { thing } from './testing/objects.ts'

const path = '/apis/events.k8s.io/v1/events'
const booted = { type: 'Normal', reason: 'GuestReady', action: 'Boot', note: 'the guest answered' } as const
const web1 = thing('web1', { uid: 'u1' })

let server: FakeApiServer
let client: KubeClient
let clock: ManualClock
let told: KubeTelemetry[]
let recorder: EventRecorder

test.before.each(async () => {
  server = new FakeApiServer()
  clock = new ManualClock()
  told = []
  client = new KubeClient({ connection: fixedConnection(await server.listen()) })
  let id = 0
  recorder = new EventRecorder({
    client,
    reportingController: 'ephemera.dev/operator',
    reportingInstance: 'operator-0',
    clock,
    newId: () => `id${++id}`,
    emit: (one) => told.push(one),
  })
})
test.after.each(async () => {
  await client.close()
  await server.close()
})

const stored = () => server.world.list(path) as Event[]

test('an event says what, about whom, by whom and when', async () => {
  recorder.record(web1, booted)
  await recorder.flush(1000)
  const [event] = stored()
  assert.match(event?.metadata.name ?? '', /^web1\.[0-9a-f]{14}id1$/)
  assert.is(event?.metadata.namespace, 'lab')
  assert.is(event?.eventTime, '2026-01-01T00:00:00.000000Z')
  assert.is(event?.reportingController, 'ephemera.dev/operator')
  assert.is(event?.reportingInstance, 'operator-0')
  assert.equal(event?.regarding, {
    apiVersion: 'test.ephemera.dev/v1',
    kind: 'Thing',
    name: 'web1',
    namespace: 'lab',
    uid: 'u1',
  })
})

test('the names of events are in the order in which things happened, even within a millisecond', async () => {
  const reasons = ['PodCreated', 'Scheduled', 'QEMUStarted', 'GuestReady']
  for (const reason of reasons) recorder.record(web1, { ...booted, reason })
  clock.advance(1)
  recorder.record(web1, { ...booted, reason: 'GuestSilent' })
  await recorder.flush(1000)
  const byName = [...stored()].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
  assert.equal(
    byName.map((event) => event.reason),
    [...reasons, 'GuestSilent'],
  )
})

test('events about objects of the cluster are kept in the namespace default', async () => {
  const { namespace: _, ...metadata } = web1.metadata
  recorder.record({ ...web1, metadata }, booted)
  await recorder.flush(1000)
  assert.is(stored()[0]?.metadata.namespace, 'default')
})

test('the same again becomes a series, told at once and then once a minute', async () => {
  for (let i = 0; i < 5; i++) {
    recorder.record(web1, booted)
    await recorder.flush(1000)
    clock.advance(1000)
  }
  assert.is(stored().length, 1)
  assert.is(stored()[0]?.series?.count, 5)
  const calls = server.requests.length
  for (let i = 0; i < 50; i++) {
    recorder.record(web1, booted)
    clock.advance(1000)
  }
  await new Promise((resolve) => setImmediate(resolve))
  assert.ok(server.requests.length - calls <= 1, 'a busy series is not written each time')
  await recorder.flush(1000)
  assert.is(stored()[0]?.series?.count, 55)
})

test('another note, and the same after a quiet time, are events of their own', async () => {
  recorder.record(web1, booted)
  recorder.record(web1, { ...booted, note: 'the guest answered again' })
  clock.advance(10 * 60_000)
  recorder.record(web1, booted)
  await recorder.flush(1000)
  assert.is(stored().length, 3)
  assert.ok(stored().every((event) => event.series === undefined))
})

test('a series whose event expired is made again', async () => {
  recorder.record(web1, booted)
  await recorder.flush(1000)
  server.world.delete(path, 'lab', 'web1.id1')
  recorder.record(web1, booted)
  await recorder.flush(1000)
  assert.is(stored()[0]?.series?.count, 2)
})

test('an object that has too much to tell is cut short, others are not', async () => {
  for (let i = 0; i < 100; i++) recorder.record(web1, { ...booted, note: `note ${i}` })
  recorder.record(thing('web2', { uid: 'u2' }), booted)
  await recorder.flush(1000)
  assert.is(stored().length, 26)
  assert.is(told.filter((one) => one.type === 'eventDropped').length, 75)
})

test('an event that can not be sent is dropped and counted, and nothing fails', async () => {
  server.fault(() => true, { status: 500, body: statusBody(500, 'InternalError') })
  recorder.record(web1, booted)
  recorder.record(web1, { ...booted, reason: 'GuestBooted' })
  await recorder.flush(1000)
  assert.is(stored().length, 1)
  assert.is(told.filter((one) => one.type === 'eventDropped').length, 1)
})

test('a flush ends in time when the server hangs', async () => {
  server.fault(() => true, 'hang')
  recorder.record(web1, booted)
  const flushed = recorder.flush(3000)
  clock.advance(3000)
  await flushed
})

test('notes are cut to 1 kB at a whole character', () => {
  assert.is(cutNote('short'), 'short')
  const cut = cutNote('€'.repeat(1000))
  assert.ok(Buffer.byteLength(cut) <= 1024)
  assert.match(cut, /^€+\.\.\.$/)
})

test.run()
