import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { ManualClock } from '../kube/testing/clocks.ts'
import { type Priority, WorkQueue } from './queue.ts'

function make() {
  const clock = new ManualClock()
  return { clock, queue: new WorkQueue({ name: 'test', clock }) }
}

/** What `take` gives right now, or undefined where it would wait. */
async function takeNow(queue: WorkQueue): Promise<string | undefined> {
  return queue.state.ready.fresh + queue.state.ready.bulk > 0 ? queue.take() : undefined
}

async function drain(queue: WorkQueue): Promise<string[]> {
  const keys: string[] = []
  for (let key = await takeNow(queue); key !== undefined; key = await takeNow(queue)) {
    keys.push(key)
    queue.done(key)
  }
  return keys
}

test('keys come in the order of their adding, each once', async () => {
  const { queue } = make()
  for (const key of ['a', 'b', 'a', 'c', 'b']) queue.add(key)
  assert.equal(await drain(queue), ['a', 'b', 'c'])
})

test('a key that is worked on is not given out, and comes again when it was added meanwhile', async () => {
  const { queue } = make()
  queue.add('a')
  assert.is(await queue.take(), 'a')
  queue.add('a')
  queue.add('a')
  assert.is(await takeNow(queue), undefined)
  queue.done('a')
  assert.equal(await drain(queue), ['a'])
})

test('a worker that waits gets the next key', async () => {
  const { queue } = make()
  const [first, second] = [queue.take(), queue.take()]
  queue.add('a')
  queue.add('b')
  assert.equal(await Promise.all([first, second]), ['a', 'b'])
})

test('a delayed key comes when it is due, and the earlier of two times counts', async () => {
  const { queue, clock } = make()
  queue.add('a', { afterMs: 500 })
  queue.add('a', { afterMs: 1000 })
  queue.add('b', { afterMs: 200 })
  clock.advance(199)
  assert.equal(await drain(queue), [])
  clock.advance(301)
  assert.equal(await drain(queue), ['b', 'a'])
  clock.advance(10_000)
  assert.equal(await drain(queue), [])
})

test('adding a delayed key at once takes the delay away', async () => {
  const { queue, clock } = make()
  queue.add('a', { afterMs: 500 })
  queue.add('a')
  assert.equal(await drain(queue), ['a'])
  clock.advance(1000)
  assert.equal(await drain(queue), [])
})

test('a delay that ends while the key is worked on brings it again after that', async () => {
  const { queue, clock } = make()
  queue.add('a')
  await queue.take()
  queue.add('a', { afterMs: 100 })
  clock.advance(200)
  assert.is(await takeNow(queue), undefined)
  queue.done('a')
  assert.equal(await drain(queue), ['a'])
})

test('fresh work goes before bulk work, and a key keeps the higher of its priorities', async () => {
  const { queue } = make()
  queue.add('bulk1', { priority: 'bulk' })
  queue.add('both', { priority: 'bulk' })
  queue.add('fresh1')
  queue.add('both')
  queue.add('fresh1', { priority: 'bulk' })
  assert.equal(await drain(queue), ['fresh1', 'both', 'bulk1'])
})

test('bulk work gets each eighth turn, so that it never starves', async () => {
  const { queue } = make()
  queue.add('bulk', { priority: 'bulk' })
  for (let i = 0; i < 20; i++) queue.add(`fresh${i}`)
  assert.is((await drain(queue)).indexOf('bulk'), 7)
})

test('failures make a key wait from 5 ms to five minutes, and a success makes it forget', () => {
  const { queue } = make()
  const waits = Array.from({ length: 20 }, () => queue.retry('a'))
  assert.equal(waits.slice(0, 5), [5, 10, 20, 40, 80])
  assert.is(waits.at(-1), 300_000)
  assert.is(queue.failures('a'), 20)
  queue.forget('a')
  assert.is(queue.retry('a'), 5)
})

test('a queue that is shut down gives nothing more, and lets what is worked on end', async () => {
  const { queue, clock } = make()
  queue.add('a')
  await queue.take()
  const waiting = queue.take()
  queue.add('a')
  queue.add('b', { afterMs: 10 })
  queue.shutDown()
  assert.is(await waiting, undefined)
  queue.done('a')
  queue.add('c')
  clock.advance(100)
  assert.is(await queue.take(), undefined)
  assert.is(clock.timers, 0)
})

test('its state tells what waits and what is worked on', async () => {
  const { queue, clock } = make()
  for (const key of ['a', 'b', 'c']) queue.add(key)
  queue.add('d', { priority: 'bulk' })
  queue.add('e', { afterMs: 100_000 })
  await queue.take()
  clock.advance(2000)
  await queue.take()
  clock.advance(1000)
  assert.equal(queue.state, {
    name: 'test',
    ready: { fresh: 1, bulk: 1 },
    delayed: 1,
    running: 2,
    unfinishedSeconds: 4,
    longestRunningSeconds: 3,
  })
})

const key = fc.constantFrom('a', 'b', 'c', 'd')
const priority = fc.constantFrom<Priority>('fresh', 'bulk')
const step = fc.oneof(
  fc.record({ do: fc.constant('add' as const), key, priority, afterMs: fc.constantFrom(0, 0, 5, 50, 500) }),
  fc.record({ do: fc.constant('retry' as const), key }),
  fc.record({ do: fc.constant('take' as const) }),
  fc.record({ do: fc.constant('done' as const), key }),
  fc.record({ do: fc.constant('pass' as const), ms: fc.nat(100) }),
)

test('whatever is done to it: no key twice at once, none lost, none invented, and it ends empty', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 200 }), async (steps) => {
      const { queue, clock } = make()
      const running = new Set<string>()
      /** Keys that were asked for since they were last given out. */
      const owed = new Set<string>()
      const give = (given: string | undefined) => {
        if (given === undefined) return
        assert.not(running.has(given), `${given} is worked on twice`)
        assert.ok(owed.has(given), `${given} was not asked for`)
        owed.delete(given)
        running.add(given)
      }
      for (const one of steps) {
        if (one.do === 'add') {
          queue.add(one.key, one)
          owed.add(one.key)
        } else if (one.do === 'retry') {
          queue.retry(one.key)
          owed.add(one.key)
        } else if (one.do === 'take') give(await takeNow(queue))
        else if (one.do === 'pass') clock.advance(one.ms)
        else if (running.delete(one.key)) queue.done(one.key)
      }
      clock.advance(1_000_000)
      for (const each of running) queue.done(each)
      running.clear()
      for (let next = await takeNow(queue); next !== undefined; next = await takeNow(queue)) {
        give(next)
        running.delete(next)
        queue.done(next)
      }
      assert.is(owed.size, 0, 'something was lost')
      assert.is(queue.state.delayed, 0)
      assert.is(clock.timers, 0)
    }),
    { numRuns: 300 },
  )
})

test('ten thousand keys added by many and worked on by eight are each done after their last adding', async () => {
  const { queue } = make()
  const version = new Map<string, number>()
  const done = new Map<string, number>()
  const active = new Set<string>()
  const worker = async () => {
    for (let next = await queue.take(); next !== undefined; next = await queue.take()) {
      assert.not(active.has(next))
      active.add(next)
      const seen = version.get(next) ?? 0
      if (seen % 3 === 0) await Promise.resolve()
      done.set(next, seen)
      active.delete(next)
      queue.done(next)
    }
  }
  const workers = Promise.all(Array.from({ length: 8 }, worker))
  for (let i = 0; i < 10_000; i++) {
    const name = `k${(i * 7919) % 997}`
    version.set(name, i)
    queue.add(name, { priority: i % 5 === 0 ? 'bulk' : 'fresh' })
    if (i % 100 === 0) await Promise.resolve()
  }
  while (queue.state.ready.fresh + queue.state.ready.bulk + queue.state.running > 0)
    await new Promise((resolve) => setImmediate(resolve))
  queue.shutDown()
  await workers
  assert.equal(done, version)
})

test.run()
