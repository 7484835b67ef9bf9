import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { timeOf } from './time-of.ts'

test('the time that stat prints is read to the millisecond', () => {
  const at = Date.parse('2026-01-02T03:04:05.678Z')
  assert.is(timeOf('2026-01-02 03:04:05.678901234 +0000\n'), at)
  assert.is(timeOf('2026-01-02 03:04:05.678901234'), at)
})

test.run()
