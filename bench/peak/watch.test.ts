import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { peakOf } from './watch.ts'

test('the peak of the overhead is not that of the whole: the guest has its own', () => {
  const looks = [
    { held: 200, guest: 100 },
    { held: 190, guest: 80 },
    { held: 230, guest: 128 },
  ]
  assert.equal(peakOf(looks), { overhead: 110, held: 230, looks: 3 })
})

test.run()
