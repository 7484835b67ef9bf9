import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { GuestAsks } from './guest-asks.ts'
import { ago, now } from './testing/build.ts'

const seconds = (asks: GuestAsks, machine: string, ready: string, at = now) =>
  asks.millisecondsLeft('lab/web1', machine, ready, true, at) / 1000
const later = (by: number) => new Date(now.getTime() + by * 1000)

test('a guest is asked when its agent has had time to start, and once an hour from then on', async () => {
  const asks = new GuestAsks()
  assert.is(seconds(asks, 'one', ago(0)), 20)
  assert.is(seconds(asks, 'one', ago(0), later(25)), 0)
  assert.is(await asks.ask('lab/web1', 'one', later(25), async () => 'hello'), 'hello')
  assert.is(seconds(asks, 'one', ago(0), later(25)), 3600)
})

test('a guest that has not told yet is asked again, ever more seldom, and one that tells at last once an hour', async () => {
  const asks = new GuestAsks()
  const untold = (at: Date) => asks.millisecondsLeft('lab/web1', 'one', ago(0), false, at) / 1000
  let at = later(untold(now))
  const waits: number[] = []
  for (let n = 0; n < 5; n++) {
    await asks.ask('lab/web1', 'one', at, () => Promise.reject(new Error('no answer'))).catch(() => undefined)
    waits.push(untold(at))
    at = new Date(at.getTime() + untold(at) * 1000)
  }
  assert.equal(waits, [30, 120, 600, 3600, 3600])
  await asks.ask('lab/web1', 'one', at, async () => 'hello')
  assert.is(seconds(asks, 'one', ago(0), at), 3600)
})

test('a fresh start is asked as soon and as often as the first', async () => {
  const asks = new GuestAsks()
  for (let n = 0; n < 5; n++) await asks.ask('lab/web1', 'one', now, async () => undefined)
  await asks.ask('lab/web1', 'two', now, async () => undefined)
  assert.is(asks.millisecondsLeft('lab/web1', 'two', ago(0), false, now), 30_000)
})

test('another start of the VM is another guest', async () => {
  const asks = new GuestAsks()
  await asks.ask('lab/web1', 'one', now, async () => undefined)
  assert.is(seconds(asks, 'two', ago(5)), 15)
})

test('a guest that hangs holds up no more than the next question, by seconds', async () => {
  const asks = new GuestAsks()
  const { promise, resolve } = Promise.withResolvers<string>()
  const first = asks.ask('lab/web2', 'hangs', now, () => promise)
  assert.is(await asks.ask('lab/web1', 'one', now, async () => 'hello'), undefined)
  assert.is(seconds(asks, 'one', ago(60)), 5)
  resolve('at last')
  assert.is(await first, 'at last')
  assert.is(await asks.ask('lab/web1', 'one', later(5), async () => 'hello'), 'hello')
})

test('a fresh operator asks guests that have long been ready one after the other', () => {
  const waits = Array.from({ length: 50 }, (_, n) =>
    seconds(new GuestAsks(), `machine-${n * 7919}`, ago(9999)),
  )
  assert.ok(waits.every((wait) => wait >= 0 && wait <= 600))
  assert.ok(new Set(waits).size > 25)
})

test('a fresh operator asks guests that got ready just before it began within as long again', () => {
  const waits = Array.from({ length: 50 }, (_, n) => seconds(new GuestAsks(), `machine-${n * 7919}`, ago(30)))
  assert.ok(
    waits.every((wait) => wait <= 30),
    waits.join(),
  )
})

test('a wait is not begun anew by looking again', () => {
  const asks = new GuestAsks()
  const wait = seconds(asks, 'machine-7', ago(9999))
  assert.is(seconds(asks, 'machine-7', ago(9999), later(wait)), 0)
})

test.run()
