import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { KubeClient } from './client.ts'
import { fixedConnection } from './connection.ts'
import { LeaderElection } from './lease.ts'
import type { Lease } from './object.ts'
import { ManualClock } from './testing/clocks.ts'
import { FakeApiServer } from './testing/fake-apiserver.ts'
import { until } from './testing/until.ts'

const path = '/apis/coordination.k8s.io/v1/leases'

let server: FakeApiServer
let client: KubeClient
let clock: ManualClock
let stop: AbortController
/** Calls without an answer yet. */
let underWay: number

test.before.each(async () => {
  server = new FakeApiServer()
  clock = new ManualClock()
  stop = new AbortController()
  underWay = 0
  client = counted(new KubeClient({ connection: fixedConnection(await server.listen()), clock }))
})
test.after.each(async () => {
  stop.abort()
  await client.close()
  await server.close()
})

const candidate = (identity: string) =>
  new LeaderElection({ client, namespace: 'lab', name: 'operator', identity, clock, random: () => 0 })
const lease = () => server.world.get(path, 'lab', 'operator') as Lease | undefined
const holder = () => lease()?.spec?.holderIdentity

/** The client, with its calls counted while they are under way. */
function counted(one: KubeClient): KubeClient {
  const call = <A extends unknown[], R>(method: (...args: A) => Promise<R>) => {
    return async (...args: A): Promise<R> => {
      underWay++
      return method.apply(one, args).finally(() => underWay--)
    }
  }
  return Object.assign(Object.create(one) as KubeClient, {
    find: call(one.find as never),
    create: call(one.create as never),
    mergePatch: call(one.mergePatch as never),
    close: () => one.close(),
  })
}

/** Moves time in small steps. Time stands still until each call has its answer, but for one that the server leaves hanging. */
async function pass(seconds: number): Promise<void> {
  for (let step = 0; step < seconds * 2; step++) {
    clock.advance(500)
    await turn()
    while (underWay > server.hanging) await turn()
  }
}

/** Lets what is due in the event loop happen, several promises deep. */
async function turn(): Promise<void> {
  for (let round = 0; round < 3; round++) await new Promise((resolve) => setImmediate(resolve))
}

/** Keeps track of a pending promise. */
function watch<T>(promise: Promise<T>): { value: T | undefined } {
  const box: { value: T | undefined } = { value: undefined }
  void promise.then((value) => {
    box.value = value
  })
  return box
}

test('the first candidate leads, and renews', async () => {
  const first = candidate('a')
  assert.is(await first.acquire(stop.signal), true)
  assert.is(holder(), 'a')
  const renewed = lease()?.spec?.renewTime
  await pass(30)
  assert.is(first.isLeading, true)
  assert.is.not(lease()?.spec?.renewTime, renewed)
  assert.is(lease()?.spec?.leaseTransitions, 0)
  await first.release()
})

test('a second candidate waits as long as the lease is renewed', async () => {
  const first = candidate('a')
  await first.acquire(stop.signal)
  const second = watch(candidate('b').acquire(stop.signal))
  await pass(40)
  assert.is(second.value, undefined)
  assert.is(holder(), 'a')
  await first.release()
})

test('a released lease is taken within three seconds', async () => {
  const first = candidate('a')
  await first.acquire(stop.signal)
  const next = candidate('b')
  const second = watch(next.acquire(stop.signal))
  await pass(5)
  await first.release()
  assert.is(holder(), '')
  await pass(3)
  assert.is(second.value, true)
  assert.is(holder(), 'b')
  assert.is(first.isLeading, false)
  await next.release()
})

test('the lease of a leader that vanished is taken over after its duration, whatever its timestamps say', async () => {
  server.world.set(path, {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: 'operator', namespace: 'lab' },
    spec: { holderIdentity: 'dead', leaseDurationSeconds: 15, renewTime: '2001-01-01T00:00:00.000000Z' },
  } as Lease)
  const next = candidate('b')
  const second = watch(next.acquire(stop.signal))
  await pass(14)
  assert.is(second.value, undefined)
  await pass(4)
  assert.is(second.value, true)
  assert.is(lease()?.spec?.leaseTransitions, 1)
  await next.release()
})

test('a leader that can not renew may not act before anyone else may lead, and goes on where nobody did', async () => {
  const first = candidate('a')
  await first.acquire(stop.signal)
  const lost = watch(first.lost.then(() => true))
  let isAway = true
  server.fault(() => isAway, { status: 500 }, 10_000)
  await pass(9)
  assert.is(first.isLeading, true)
  await pass(60)
  assert.is(first.isLeading, false)
  assert.is(lost.value, undefined)
  isAway = false
  await pass(3)
  assert.is(first.isLeading, true)
  assert.is(lease()?.spec?.leaseTransitions, 0)
  await first.release()
})

test('a leader that was cut off has lost where another one leads by then', async () => {
  const first = candidate('a')
  await first.acquire(stop.signal)
  const lost = watch(first.lost.then(() => true))
  let isAway = true
  server.fault(() => isAway, { status: 500 }, 10_000)
  await pass(20)
  isAway = false
  const spec = { holderIdentity: 'b', leaseDurationSeconds: 15 }
  server.world.set(path, { ...lease(), spec } as Lease)
  await pass(3)
  assert.is(lost.value, true)
  assert.is(first.isLeading, false)
  assert.is(holder(), 'b')
})

test('one that could not look for long lets the leader renew first', async () => {
  server.world.set(path, {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: 'operator', namespace: 'lab' },
    spec: { holderIdentity: 'a', leaseDurationSeconds: 15 },
  } as Lease)
  const second = watch(candidate('b').acquire(stop.signal))
  await pass(3)
  let isAway = true
  server.fault(() => isAway, { status: 500 }, 10_000)
  await pass(600)
  isAway = false
  await pass(13)
  assert.is(second.value, undefined)
  await pass(5)
  assert.is(second.value, true)
})

test('a call that hangs does not cost the lead', async () => {
  const first = candidate('a')
  await first.acquire(stop.signal)
  server.fault(() => true, 'hang')
  await pass(20)
  assert.is(first.isLeading, true)
  await first.release()
})

test('a leader whose event loop was blocked knows at once that it does not lead', async () => {
  const first = candidate('a')
  await first.acquire(stop.signal)
  assert.is(first.isLeading, true)
  clock.advance(11_000)
  assert.is(first.isLeading, false)
  await pass(3)
  assert.is(first.isLeading, true)
  await first.release()
})

test('of two that find the lease free at once, one leads', async () => {
  const candidates = [candidate('a'), candidate('b')]
  const boxes = candidates.map((one) => watch(one.acquire(stop.signal)))
  await until('one leads', () => boxes.some((box) => box.value === true))
  await pass(10)
  assert.is(boxes.filter((box) => box.value === true).length, 1)
  await Promise.all(candidates.map((one) => one.release()))
})

test('a lease that someone deleted is made again by its leader', async () => {
  const first = candidate('a')
  await first.acquire(stop.signal)
  server.world.delete(path, 'lab', 'operator')
  await pass(4)
  assert.is(holder(), 'a')
  assert.is(first.isLeading, true)
  await first.release()
})

test('waiting ends with the signal', async () => {
  server.fault(() => true, { status: 500 }, 1000)
  const waiting = candidate('a').acquire(stop.signal)
  await until('it tried', () => server.requests.length === 1)
  stop.abort()
  assert.is(await waiting, false)
})

test.run()
