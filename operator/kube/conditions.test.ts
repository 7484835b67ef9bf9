import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { findCondition, isTrue, longestMessage, removeCondition, setCondition } from './conditions.ts'

const noon = Date.UTC(2026, 0, 1, 12)
const later = noon + 60_000
const ready = {
  type: 'Ready',
  status: 'False',
  reason: 'Booting',
  message: 'the guest boots',
  observedGeneration: 1,
} as const

test('a new condition gets the time of now', () => {
  assert.equal(setCondition(undefined, ready, noon), [
    { ...ready, lastTransitionTime: '2026-01-01T12:00:00Z' },
  ])
})

test('the transition time moves only when the status changes', () => {
  const first = setCondition([], ready, noon)
  const other = setCondition(first, { ...ready, reason: 'Waiting' }, later)
  assert.is(findCondition(other, 'Ready')?.lastTransitionTime, '2026-01-01T12:00:00Z')
  const changed = setCondition(other, { ...ready, status: 'True' }, later)
  assert.is(findCondition(changed, 'Ready')?.lastTransitionTime, '2026-01-01T12:01:00Z')
})

test('setting what is set already gives the very same list', () => {
  const list = setCondition([], ready, noon)
  assert.is(setCondition(list, ready, later), list)
})

test('other conditions and their order stay', () => {
  const list = setCondition(setCondition([], ready, noon), { ...ready, type: 'Active' }, noon)
  const next = setCondition(list, { ...ready, status: 'True' }, later)
  assert.equal(
    next.map((condition) => condition.type),
    ['Ready', 'Active'],
  )
  assert.is(next[1], list[1])
  assert.is(isTrue(next, 'Ready'), true)
  assert.is(isTrue(next, 'Active'), false)
})

test('a long message is cut, and cut the same way each time', () => {
  const long = { ...ready, message: 'x'.repeat(5000) }
  const list = setCondition([], long, noon)
  assert.is(list[0]?.message.length, longestMessage)
  assert.is(setCondition(list, long, later), list)
})

test('removing what is not there gives the very same list', () => {
  const list = setCondition([], ready, noon)
  assert.is(removeCondition(list, 'Active'), list)
  assert.equal(removeCondition(list, 'Ready'), [])
})

test.run()
