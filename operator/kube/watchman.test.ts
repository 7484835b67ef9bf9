import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { ManualClock } from './testing/clocks.ts'
import { Watchman } from './watchman.ts'

const limits = { stallMs: 100, deadlineMs: 1000, relistInMs: 500 }

test('a watch that falls silent is ended', () => {
  const clock = new ManualClock()
  const watchman = new Watchman(clock, new AbortController().signal, limits)
  clock.advance(90)
  watchman.alive()
  clock.advance(90)
  assert.is(watchman.why, undefined)
  clock.advance(10)
  assert.is(watchman.why, 'stalled')
  assert.is(watchman.signal.aborted, true)
})

test('a list that is due ends a lively watch', () => {
  const clock = new ManualClock()
  const watchman = new Watchman(clock, new AbortController().signal, limits)
  for (let i = 0; i < 10; i++) {
    clock.advance(50)
    watchman.alive()
  }
  assert.is(watchman.why, 'relist')
})

test('a server that does not end a watch in time is not waited for', () => {
  const clock = new ManualClock()
  const never = { ...limits, stallMs: 5000, relistInMs: Number.POSITIVE_INFINITY }
  const watchman = new Watchman(clock, new AbortController().signal, never)
  clock.advance(1000)
  assert.is(watchman.why, 'stalled')
})

test('stopping leaves no timer behind', () => {
  const clock = new ManualClock()
  const stop = new AbortController()
  const watchman = new Watchman(clock, stop.signal, limits)
  watchman.stop()
  assert.is(clock.timers, 0)
  stop.abort()
  assert.is(watchman.why, undefined)
})

test("the parent's end is the watch's end", () => {
  const stop = new AbortController()
  const watchman = new Watchman(new ManualClock(), stop.signal, limits)
  stop.abort()
  assert.is(watchman.why, 'stopped')
})

test.run()
