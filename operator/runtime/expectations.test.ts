import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { ManualClock } from '../kube/testing/clocks.ts'
import { Expectations } from './expectations.ts'

test('what was done is pending until it is seen', () => {
  const expectations = new Expectations({ clock: new ManualClock() })
  expectations.expect('lab/web1', 'create pod')
  assert.is(expectations.isPending('lab/web1', 'create pod'), true)
  assert.is(expectations.isPending('lab/web2', 'create pod'), false)
  expectations.fulfil('lab/web1', 'create pod')
  assert.is(expectations.isPending('lab/web1', 'create pod'), false)
})

test('what is never seen is forgotten after a while', () => {
  const clock = new ManualClock()
  const expectations = new Expectations({ clock, ttlMs: 1000 })
  expectations.expect('a', 'create pod')
  clock.advance(999)
  assert.is(expectations.isPending('a', 'create pod'), true)
  clock.advance(1)
  assert.is(expectations.isPending('a', 'create pod'), false)
})

test('a key that is gone takes all with it', () => {
  const expectations = new Expectations({ clock: new ManualClock() })
  expectations.expect('a', 'x')
  expectations.forget('a')
  assert.is(expectations.isPending('a', 'x'), false)
})

test.run()
