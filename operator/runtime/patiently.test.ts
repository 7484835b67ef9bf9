import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { KubeError } from '../kube/errors.ts'
import { ImpatientClock } from '../kube/testing/clocks.ts'
import { patiently } from './patiently.ts'

const away = new KubeError({ status: 0, reason: 'ConnectionFailed', message: 'nobody there' })
const forbidden = new KubeError({ status: 403, reason: 'Forbidden', message: 'no' })
const stop = new AbortController()
const options = (clock = new ImpatientClock(60_000)) => ({
  what: 'it',
  signal: stop.signal,
  clock,
  random: () => 0,
})

function failing(times: number, error: Error) {
  let left = times
  return async () => {
    if (left-- > 0) throw error
    return 'done'
  }
}

test('an API server that is away is waited for', async () => {
  const clock = new ImpatientClock(60_000)
  assert.is(await patiently(failing(40, away), options(clock)), 'done')
  assert.ok(clock.waitedMs > 10 * 60_000 * 0.5)
})

test('what a further try cannot mend is thrown', async () => {
  await patiently(failing(1, forbidden), options()).then(
    () => assert.unreachable(),
    (error) => assert.is(error, forbidden),
  )
})

test('nobody waits who is told to stop', async () => {
  const stopped = AbortSignal.abort()
  await patiently(failing(1, away), { ...options(), signal: stopped }).then(
    () => assert.unreachable(),
    (error) => assert.is(error, away),
  )
})

test.run()
