import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { median } from './median.ts'

const rows: ReadonlyArray<[figures: number[], want: number]> = [
  [[3], 3],
  [[9, 1, 5], 5],
  [[4, 1, 2, 100], 3],
]
for (const [figures, want] of rows) {
  test(`the median of ${figures.join(', ')} is ${want}`, () => assert.is(median(figures), want))
}

test('figures are compared as numbers and left in their order', () => {
  const figures = [10, 9, 100]
  assert.is(median(figures), 10)
  assert.equal(figures, [10, 9, 100])
})

test('there is no median of nothing', () => assert.throws(() => median([]), /no figures/))

test.run()
