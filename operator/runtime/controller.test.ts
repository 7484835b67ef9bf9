import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { KubeError } from '../kube/errors.ts'
import { ObjectStore } from '../kube/store.ts'
import { ManualClock } from '../kube/testing/clocks.ts'
import { type Thing, thing } from '../kube/testing/objects.ts'
import { until } from '../kube/testing/until.ts'
import { Controller, type ControllerOptions, type Reconcile } from './controller.ts'
import { memoryLogger } from './logger.ts'
import { Stalled, Waiting } from './outcome.ts'
import type { RuntimeTelemetry } from './telemetry.ts'

let clock: ManualClock
let stop: AbortController
let kill: AbortController
let told: RuntimeTelemetry[]
let log: ReturnType<typeof memoryLogger>
let running: Promise<void>

test.before.each(() => {
  clock = new ManualClock()
  stop = new AbortController()
  kill = new AbortController()
  told = []
  log = memoryLogger()
  running = Promise.resolve()
})
test.after.each(async () => {
  stop.abort()
  kill.abort()
  await running
})

function start(reconcile: Reconcile, options: Partial<ControllerOptions> = {}): Controller {
  let id = 0
  const controller = new Controller({
    name: 'instance',
    reconcile,
    clock,
    log,
    newId: () => `r${++id}`,
    emit: (one) => told.push(one),
    ...options,
  })
  running = controller.run(stop.signal, kill.signal)
  return controller
}

const reconciled = () => told.flatMap((one) => (one.type === 'reconciled' ? [one] : []))
const ended = (count: number) => until(`${count} reconciles`, () => reconciled().length === count)

test('a key that is asked for is reconciled, and its log lines say which', async () => {
  const controller = start(async (key, context) => {
    context.log.info('Hello', { got: key })
    return {}
  })
  controller.enqueue('lab/web1')
  await ended(1)
  assert.is(reconciled()[0]?.result, 'success')
  assert.equal(log.lines[0]?.fields, {
    controller: 'instance',
    namespace: 'lab',
    name: 'web1',
    reconcileID: 'r1',
    got: 'lab/web1',
  })
})

test('an outcome may ask for another look later', async () => {
  let runs = 0
  const controller = start(async () => (++runs === 1 ? { requeueAfterSeconds: 30 } : {}))
  controller.enqueue('a')
  await ended(1)
  assert.is(reconciled()[0]?.result, 'requeue_after')
  clock.advance(29_999)
  assert.is(runs, 1)
  clock.advance(1)
  await ended(2)
  assert.is(reconciled()[1]?.result, 'success')
})

const cases: {
  name: string
  error: unknown
  result: string
  waitMs: number | undefined
  failures: number
  level: string
  terminal?: boolean
  panicked?: boolean
}[] = [
  {
    name: 'a stalled one waits for a change',
    error: new Stalled('R', 'm'),
    result: 'error',
    waitMs: undefined,
    failures: 0,
    level: 'info',
    terminal: true,
  },
  {
    name: 'a waiting one comes again when it said',
    error: new Waiting('R', 'm', 7),
    result: 'requeue_after',
    waitMs: 7000,
    failures: 0,
    level: 'debug',
  },
  {
    name: 'a conflict comes again at once and is no error',
    error: new KubeError({ status: 409, reason: 'Conflict', message: 'm' }),
    result: 'requeue',
    waitMs: 5,
    failures: 1,
    level: 'info',
  },
  {
    name: 'a failed one comes again after its backoff',
    error: new Error('m'),
    result: 'error',
    waitMs: 5,
    failures: 1,
    level: 'error',
  },
  {
    name: 'a mistake in the code ends nothing but its reconcile',
    error: new TypeError('m'),
    result: 'error',
    waitMs: 5,
    failures: 1,
    level: 'error',
    panicked: true,
  },
]
for (const one of cases)
  test(one.name, async () => {
    const controller = start(async () => {
      throw one.error
    })
    controller.enqueue('a')
    await ended(1)
    assert.is(reconciled()[0]?.result, one.result)
    assert.is(reconciled()[0]?.terminal, one.terminal ?? false)
    assert.is(reconciled()[0]?.panicked, one.panicked ?? false)
    assert.is(clock.untilNext, one.waitMs)
    assert.is(controller.failures('a'), one.failures)
    assert.is(log.lines.at(-1)?.level, one.level)
  })

test('a reconcile that throws before it awaits anything is an error like any other', async () => {
  const controller = start((() => {
    throw new Error('at once')
  }) as Reconcile)
  controller.enqueue('a')
  await ended(1)
  assert.is(reconciled()[0]?.result, 'error')
})

test('failures back off further each time, and a success makes them forgotten', async () => {
  let fail = true
  const controller = start(async () => {
    if (fail) throw new Error('m')
    return {}
  })
  controller.enqueue('a')
  for (const waitMs of [5, 10, 20, 40]) {
    await until('it waits', () => clock.untilNext === waitMs)
    fail = waitMs < 40
    clock.advance(waitMs)
  }
  await ended(5)
  assert.is(controller.failures('a'), 0)
})

test('as many run at once as there are workers, and never one key twice', async () => {
  const active: string[] = []
  let most = 0
  const gates: (() => void)[] = []
  const controller = start(
    async (key) => {
      assert.not(active.includes(key))
      active.push(key)
      most = Math.max(most, active.length)
      await new Promise<void>((resolve) => gates.push(resolve))
      active.splice(active.indexOf(key), 1)
      return {}
    },
    { workers: 3 },
  )
  for (const key of ['a', 'b', 'c', 'd', 'a']) controller.enqueue(key)
  await until('three run', () => active.length === 3)
  controller.enqueue('a')
  for (let i = 0; i < 5; i++) {
    await until('one can be let go', () => gates.length > 0)
    gates.shift()?.()
  }
  await ended(5)
  assert.is(most, 3)
})

test('a reconcile that takes too long is aborted, and its key is kept until it really ends', async () => {
  let aborted = false
  let runs = 0
  const gate = Promise.withResolvers<void>()
  const controller = start(
    async (key, { signal }) => {
      runs++
      if (key === 'other') return {}
      signal.addEventListener('abort', () => {
        aborted = true
      })
      if (runs === 1) await gate.promise
      return {}
    },
    { timeoutMs: 1000 },
  )
  controller.enqueue('slow')
  await until('it runs', () => runs === 1)
  clock.advance(1000)
  await ended(1)
  assert.is(aborted, true)
  assert.is(reconciled()[0]?.timedOut, true)
  controller.enqueue('slow')
  controller.enqueue('other')
  await ended(2)
  assert.is(runs, 2, 'the worker is free for others, the key is not')
  gate.resolve()
  await ended(3)
})

test('stopping takes no more keys and waits for what is under way', async () => {
  const gate = Promise.withResolvers<void>()
  let runs = 0
  const controller = start(async () => {
    runs++
    await gate.promise
    return {}
  })
  controller.enqueue('a')
  controller.enqueue('b')
  await until('one runs', () => runs === 1)
  stop.abort()
  let over = false
  void running.then(() => {
    over = true
  })
  await Promise.resolve()
  assert.is(over, false)
  gate.resolve()
  await running
  assert.is(runs, 1)
})

test('killing aborts what is under way, and nobody calls that an error', async () => {
  const controller = start(
    (_, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () =>
          reject(new KubeError({ status: 0, reason: 'Aborted', message: 'm' })),
        )
      }),
  )
  controller.enqueue('a')
  await until('it runs', () => controller.queueState.running === 1)
  stop.abort()
  kill.abort()
  await running
  assert.is(reconciled()[0]?.result, 'requeue')
  assert.is(log.lines.at(-1)?.level, 'debug')
})

test('changes of a store ask for the keys of the object as it was and as it is; lists are bulk work', () => {
  const store = new ObjectStore<Thing>()
  store.replaceAll([thing('x', { labels: { of: 'web0' } })])
  const controller = new Controller({ name: 'instance', reconcile: async () => ({}), clock })
  controller.watch(store, (object) => [`lab/${object.metadata.labels?.of}`])
  assert.equal(controller.queueState.ready, { fresh: 0, bulk: 1 })
  store.set(thing('y', { labels: { of: 'web1' } }))
  store.set(thing('y', { labels: { of: 'web2' } }))
  assert.equal(controller.queueState.ready, { fresh: 2, bulk: 1 })
})

test.run()
