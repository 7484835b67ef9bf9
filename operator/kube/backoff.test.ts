import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Backoff } from './backoff.ts'
import { ManualClock } from './testing/clocks.ts'

function waits(random: number, clock = new ManualClock()) {
  return { clock, backoff: new Backoff({ clock, random: () => random }) }
}

test('waits double up to the cap', () => {
  const { backoff } = waits(0)
  const all = Array.from({ length: 9 }, () => backoff.next())
  assert.equal(all, [200, 400, 800, 1600, 3200, 6400, 12800, 15000, 15000])
})

test('the random part makes a wait up to twice as long', () => {
  assert.is(waits(1).backoff.next(), 400)
})

test('a success in between changes nothing, two quiet minutes do', () => {
  const { backoff, clock } = waits(0)
  backoff.next()
  backoff.next()
  clock.advance(60_000)
  assert.is(backoff.next(), 800)
  clock.advance(120_801)
  assert.is(backoff.next(), 200)
})

test.run()
