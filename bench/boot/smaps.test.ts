import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { residentKib, residentOf, togetherKib } from './smaps.ts'

type Mapping = { place?: string; size?: number; rss: number; anonymous?: number; pss?: number }

/** A mapping as smaps shows it; `place` is offset, device and inode. */
function mapping({
  place = '00000000 00:00 0',
  size = 4096,
  rss,
  anonymous = 0,
  pss = rss,
}: Mapping): string {
  return `7f55a9600000-7f55ab5ff000 rw-p ${place}      /usr/lib/x\nSize:    ${size} kB\nRss:     ${rss} kB\nPss:    ${pss} kB\nPss_Dirty:   1 kB\nAnonymous:   ${anonymous} kB\nVmFlags: rd wr\n`
}
const library = '00028000 00:2dc 10694245'

test("a guest's memory is known by its size", () => {
  const smaps = [
    mapping({ size: 1024, rss: 512 }),
    mapping({ size: 131072, rss: 114688 }),
    mapping({ size: 131076, rss: 8 }),
  ]
  assert.is(residentKib(smaps.join(''), 131072), 114688)
  assert.is(residentKib(smaps.join(''), 65536), 0)
})

test('memory of no file is the process own, as far as it is not shared since a fork', () => {
  const { own, files } = residentOf(mapping({ rss: 100, anonymous: 100, pss: 50 }))
  assert.is(own, 50)
  assert.is(files.size, 0)
})

test('a page of a file that was written to is the process own, the others are the file', () => {
  const { own, files } = residentOf(mapping({ place: library, rss: 100, anonymous: 30, pss: 70 }))
  assert.is(own, 30)
  assert.equal([...files.values()], [70])
})

test('a library that two processes have in memory counts once, with the most that one of them has of it', () => {
  const one = residentOf(mapping({ place: library, rss: 1200 }) + mapping({ rss: 10, anonymous: 10 }))
  const other = residentOf(mapping({ place: library, rss: 1400 }) + mapping({ rss: 20, anonymous: 20 }))
  assert.is(togetherKib([one, other]), 1430)
})

test('how many others have the same library in memory makes no difference', () => {
  const alone = residentOf(mapping({ place: library, rss: 1000, pss: 1000 }))
  const crowded = residentOf(mapping({ place: library, rss: 1000, pss: 200 }))
  assert.is(togetherKib([alone]), togetherKib([crowded]))
})

test.run()
