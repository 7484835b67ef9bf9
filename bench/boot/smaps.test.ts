import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { pssKib, residentKib } from './smaps.ts'

const mapping = (range: string, size: number, rss: number) =>
  `${range} rw-p 00000000 00:00 0 \nSize:          ${size} kB\nKernelPageSize:        4 kB\nRss:          ${rss} kB\nPss:      1 kB\nVmFlags: rd wr mr\n`

test('the proportional set size is taken, not its parts', () => {
  assert.is(
    pssKib(
      '55d1-7ffd ---p 0 00:00 0 [rollup]\nRss:    900 kB\nPss:     700 kB\nPss_Dirty:   5 kB\nPss_Anon: 4 kB\n',
    ),
    700,
  )
})

test("a guest's memory is known by its size", () => {
  const smaps = [
    mapping('55d1-55d2', 1024, 512),
    mapping('7f55-7f56', 131072, 114688),
    mapping('7f57-7f58', 131076, 8),
  ]
  assert.is(residentKib(smaps.join(''), 131072), 114688)
})

test('without such a mapping nothing of it is resident', () => {
  assert.is(residentKib(mapping('1-2', 4, 4), 131072), 0)
})

test.run()
