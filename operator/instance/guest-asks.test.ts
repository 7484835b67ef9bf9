import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { GuestAsks } from './guest-asks.ts'
import { ago, now } from './testing/build.ts'

const seconds = (asks: GuestAsks, machine: string, ready: string, at = now) =>
  asks.millisecondsLeft('lab/web1', machine, ready, at) / 1000
const later = (by: number) => new Date(now.getTime() + by * 1000)

test('a guest is asked when its agent has had time to start, and once an hour from then on', async () => {
  const asks = new GuestAsks()
  assert.is(seconds(asks, 'one', ago(0)), 20)
  assert.is(seconds(asks, 'one', ago(0), later(25)), 0)
  assert.is(await asks.ask('lab/web1', 'one', later(25), async () => 'hello'), 'hello')
  assert.is(seconds(asks, 'one', ago(0), later(25)), 3600)
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

test('a wait is not begun anew by looking again', () => {
  const asks = new GuestAsks()
  const wait = seconds(asks, 'machine-7', ago(9999))
  assert.is(seconds(asks, 'machine-7', ago(9999), later(wait)), 0)
})

test.run()
