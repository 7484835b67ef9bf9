import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { ReflectorState } from '../kube/reflector.ts'
import { ManualClock } from '../kube/testing/clocks.ts'
import { HealthServer, loopCheck, reflectorsAlive, reflectorsSynced } from './health.ts'
import { LoopLag } from './loop-lag.ts'

let wrong: string | undefined
let base: string
const server = new HealthServer({
  port: 0,
  host: '127.0.0.1',
  livez: [{ name: 'loop', check: () => undefined }],
  readyz: [
    { name: 'caches', check: () => wrong },
    { name: 'other', check: () => undefined },
  ],
  metrics: async () => ({ contentType: 'text/plain; version=0.0.4', body: 'up 1\n' }),
})
test.before(async () => {
  base = `http://127.0.0.1:${await server.listen()}`
})
test.after(() => server.close())
test.before.each(() => {
  wrong = undefined
})

async function get(path: string): Promise<string> {
  const response = await fetch(base + path)
  return `${response.status} ${await response.text()}`
}

test('well is 200, and says what was looked at when asked', async () => {
  assert.is(await get('/livez'), '200 ok\n')
  assert.is(await get('/healthz'), '200 ok\n')
  assert.is(await get('/readyz?verbose'), '200 [+]caches ok\n[+]other ok\nok\n')
})

test('not well is 500 with the reason', async () => {
  wrong = 'pods not synced'
  assert.match(await get('/readyz'), /^500 \[-\]caches failed: pods not synced/)
  assert.match(await get('/readyz/caches'), /^500/)
  assert.is(await get('/readyz/other'), '200 ok\n')
})

test('metrics are served, and nothing else', async () => {
  assert.is(await get('/metrics'), '200 up 1\n')
  assert.is(await get('/'), '404 not found\n')
  assert.is(await get('/readyz/nothing'), '404 not found\n')
})

const reflector = (state: Partial<ReflectorState>) => ({
  state: { name: 'pods', synced: true, silentSeconds: 0, failures: 0, lastError: undefined, ...state },
})

test('a reflector that hangs fails, one whose server is away does not', () => {
  assert.match(reflectorsAlive([reflector({ silentSeconds: 700 })]).check() ?? '', /pods is silent for 700 s/)
  assert.is(reflectorsAlive([reflector({ silentSeconds: 20, failures: 40 })]).check(), undefined)
})

test('a cache that was not filled yet says why', () => {
  const check = reflectorsSynced([reflector({ synced: false, lastError: 'forbidden' }), reflector({})])
  assert.is(check.check(), 'pods not synced (forbidden)')
})

test('one long block of the event loop is no failure, being blocked most of the time is', () => {
  const clock = new ManualClock()
  const lag = new LoopLag({ clock })
  lag.note(6000)
  assert.is(loopCheck(lag).check(), undefined)
  clock.advance(5000)
  lag.note(12_000)
  assert.match(loopCheck(lag).check() ?? '', /blocked for 60 % of the time, 12000 ms at the worst/)
  clock.advance(31_000)
  lag.note(0)
  assert.is(loopCheck(lag).check(), undefined)
})

test('the lag is what a timer is late', () => {
  const clock = new ManualClock()
  const lag = new LoopLag({ clock })
  lag.start()
  clock.advance(500)
  assert.is(lag.worstMs, 0)
  lag.stop()
  assert.is(clock.timers, 0)
})

test.run()
