import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { percentile } from './percentile.ts'

const hundred = Array.from({ length: 100 }, (_, at) => 100 - at)
const rows: ReadonlyArray<[figures: readonly number[], share: number, want: number]> = [
  [[7], 0.95, 7],
  [[10, 9, 100], 0.5, 10],
  [hundred, 0.5, 50],
  [hundred, 0.95, 95],
  [hundred, 1, 100],
  [hundred, 0, 1],
]
for (const [figures, share, want] of rows) {
  test(`${share} of ${figures.length} figures are not above ${want}`, () =>
    assert.is(percentile(figures, share), want))
}

test('there is no percentile of nothing', () => assert.throws(() => percentile([], 0.5), /no figures/))

test.run()
