import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { ControlError } from './connect.ts'
import { parseSwitched } from './switched.ts'

const said =
  '{"switched":true,"reason":"","takenAt":"2026-11-22T20:43:15.352Z","quiesced":true,"thawed":true,"pauseMs":117.9,"switchMs":0.9}'

test('the answer to a switch is read', () => {
  const answer = parseSwitched(`${said}\n`)
  assert.is(answer.switched && answer.pauseMs, 117.9)
  assert.is(answer.switched && answer.takenAt, '2026-11-22T20:43:15.352Z')
})

test('a refusal is read', () => {
  const answer = parseSwitched('{"switched":false,"reason":"AgentSilent","message":"no"}')
  assert.equal(answer, { switched: false, reason: 'AgentSilent', message: 'no' })
})

for (const [name, line] of [
  ['nothing', ''],
  ['half a line', said.slice(0, 40)],
  ['something else', '{"phase":"Running"}'],
]) {
  test(`${name} is no answer`, () =>
    assert.throws(
      () => parseSwitched(line ?? ''),
      (e: Error) => e instanceof ControlError,
    ))
}

test.run()
