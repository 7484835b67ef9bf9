import { EventEmitter } from 'node:events'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { ManualClock } from '../kube/testing/clocks.ts'
import { until } from '../kube/testing/until.ts'
import { memoryLogger } from './logger.ts'
import { Manager, type ManagerOptions } from './manager.ts'
import { onTermination } from './shutdown.ts'

let story: string[]
let clock: ManualClock
let stop: AbortController

test.before.each(() => {
  story = []
  clock = new ManualClock()
  stop = new AbortController()
})

const aborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve())
  })

function cache(synced: Promise<void> = Promise.resolve()) {
  let done = false
  void synced.then(() => {
    done = true
  })
  return {
    name: 'pods',
    get state() {
      return {
        name: 'pods',
        synced: done,
        silentSeconds: 0,
        failures: 0,
        lastError: done ? undefined : 'forbidden',
      }
    },
    synced: () => synced,
    async run(signal: AbortSignal) {
      story.push('caches start')
      await aborted(signal)
      story.push('caches stop')
    },
  }
}

/** Work that ends `until` after it was told to stop. */
const work = (drained: Promise<void> = Promise.resolve()) => ({
  name: 'instance',
  async run(halt: AbortSignal, kill: AbortSignal) {
    story.push('workers start')
    await aborted(halt)
    story.push(await Promise.race([drained.then(() => 'drained'), aborted(kill).then(() => 'cut off')]))
  },
})

function start(options: Partial<ManagerOptions> = {}) {
  const log = memoryLogger()
  const manager = new Manager({ reflectors: [cache()], controllers: [work()], clock, log, ...options })
  return { manager, log, running: manager.run(stop.signal) }
}

test('caches are filled before workers start, and all stops in order', async () => {
  const filled = Promise.withResolvers<void>()
  const leadership = {
    acquire: async () => true,
    lost: new Promise<void>(() => {}),
    release: async () => {
      story.push('released')
    },
  }
  const onStopped = [async () => void story.push('events sent')]
  const { manager, running } = start({ reflectors: [cache(filled.promise)], leadership, onStopped })
  await until('it started', () => story.length === 1)
  assert.equal(story, ['caches start'])
  filled.resolve()
  await until('workers run', () => story.includes('workers start'))
  assert.is(manager.notStopping.check(), undefined)
  stop.abort()
  assert.is(manager.notStopping.check(), 'the operator is stopping')
  assert.is(await running, 0)
  assert.equal(story, ['caches start', 'workers start', 'drained', 'caches stop', 'events sent', 'released'])
})

test('work that does not end in time is cut off, and the stop is clean all the same', async () => {
  const { running } = start({ controllers: [work(new Promise(() => {}))], drainMs: 20_000 })
  await until('workers run', () => story.includes('workers start'))
  stop.abort()
  await until('it drains', () => clock.untilNext === 20_000)
  clock.advance(20_000)
  assert.is(await running, 0)
  assert.ok(story.includes('cut off'))
})

test('a lost lead ends everything at once, with an exit code that says so', async () => {
  const lost = Promise.withResolvers<void>()
  const leadership = {
    acquire: async () => true,
    lost: lost.promise,
    release: async () => {
      story.push('released')
    },
  }
  const { running } = start({ leadership, controllers: [work(new Promise(() => {}))] })
  await until('workers run', () => story.includes('workers start'))
  lost.resolve()
  assert.is(await running, 1)
  assert.equal(story.slice(2).sort(), ['caches stop', 'cut off'])
})

test('caches that can not be filled are waited for, and the log says for which', async () => {
  const { running, log } = start({ reflectors: [cache(new Promise(() => {}))] })
  await until('it waits', () => clock.untilNext === 30_000)
  clock.advance(30_000)
  await until('it says so', () => log.lines.some((line) => line.level === 'warn'))
  assert.equal(log.lines.find((line) => line.level === 'warn')?.fields, {
    reflector: 'pods',
    error: 'forbidden',
  })
  stop.abort()
  assert.is(await running, 0)
  assert.not(story.includes('workers start'))
})

test('stopping while waiting for the lead starts no worker', async () => {
  const leadership = {
    acquire: async (signal: AbortSignal) => {
      await aborted(signal)
      return false
    },
    lost: new Promise<void>(() => {}),
    release: async () => {},
  }
  const { running } = start({ leadership })
  await until('caches run', () => story.length === 1)
  stop.abort()
  assert.is(await running, 0)
  assert.equal(story, ['caches start', 'caches stop'])
})

test('something that hangs at the very end is not waited for', async () => {
  const { running } = start({ onStopped: [() => new Promise(() => {})] })
  await until('workers run', () => story.includes('workers start'))
  stop.abort()
  await until('the last words are spoken', () => story.includes('caches stop') && clock.untilNext === 3000)
  clock.advance(3000)
  assert.is(await running, 0)
})

test('with everything hanging, it has stopped within 25 s', async () => {
  const never = new Promise<never>(() => {})
  const leadership = { acquire: async () => true, lost: never, release: () => never }
  const stubborn = { name: 'stubborn', run: () => never }
  const { running } = start({ controllers: [stubborn], leadership, onStopped: [() => never] })
  await until('it works', () => story.includes('caches start'))
  await new Promise((resolve) => setImmediate(resolve))
  stop.abort()
  const told = clock.monotonic()
  let code: number | undefined
  void running.then((ended) => {
    code = ended
  })
  for (const next of [17_000, 1_000, 3_000, 3_000]) {
    await until(`the wait of ${next} ms`, () => clock.untilNext === next)
    clock.advance(next)
  }
  await until('it has ended', () => code === 0)
  assert.ok(clock.monotonic() - told < 25_000)
})

test('the first signal stops, the second one is in a hurry', () => {
  const source = new EventEmitter()
  let exits = 0
  const signal = onTermination(source, () => exits++)
  source.emit('SIGTERM')
  assert.is(signal.aborted, true)
  assert.is(exits, 0)
  source.emit('SIGINT')
  assert.is(exits, 1)
})

test.run()
