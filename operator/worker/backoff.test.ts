import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { rareRetryDelaySeconds, retryDelaySeconds } from './backoff.ts'

for (const [failures, want] of [
  [1, 5],
  [2, 10],
  [6, 160],
  [7, 300],
  [100, 300],
] as const) {
  test(`after ${failures} failures that may heal, the next try is ${want} s later`, () =>
    assert.is(retryDelaySeconds(failures), want))
}

test('what only somebody can mend is tried after 1, 1, 2, 4, 8, 16, 24 and again 24 hours', () => {
  const hours: number[] = []
  for (let tried = 0; hours.length < 8; tried += (hours.at(-1) ?? 0) * 3600)
    hours.push(rareRetryDelaySeconds(tried) / 3600)
  assert.equal(hours, [1, 1, 2, 4, 8, 16, 24, 24])
})

test.run()
