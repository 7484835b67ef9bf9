import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { ago, now } from '../instance/testing/build.ts'
import { passingFor } from './passing.ts'

test('a state that has just begun may pass', () => assert.is(passingFor(ago(0.4), 1000, now), 600))
test('one that has lasted does not', () => assert.is(passingFor(ago(2), 1000, now), 0))
test('a clock that is ahead does not make it last for ever', () =>
  assert.is(passingFor(ago(-3600), 1000, now), 0))
test('without a time nothing is passing', () => assert.is(passingFor(undefined, 1000, now), 0))

test.run()
