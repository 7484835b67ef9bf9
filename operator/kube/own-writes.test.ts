import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { KubeObject } from './object.ts'
import { OwnWrites } from './own-writes.ts'

const at = (resourceVersion: string, uid = 'u-1'): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace: 'lab', name: 'web1', uid, resourceVersion },
})

test('what was written counts for as long as the store shows what was before', () => {
  const writes = new OwnWrites()
  const written = at('10')
  writes.note(written)
  assert.is(writes.latest(at('9')), written)
  assert.is(writes.latest(at('9')), written)
})

test('a store that has caught up is believed from then on', () => {
  const writes = new OwnWrites()
  writes.note(at('10'))
  const stored = at('11')
  assert.is(writes.latest(stored), stored)
  const older = at('9')
  assert.is(writes.latest(older), older)
})

test('to ask about the written object itself makes a store that lags behind no newer', () => {
  const writes = new OwnWrites()
  const written = at('10')
  writes.note(written)
  const copy = { ...written }
  assert.is(writes.newer(copy), copy)
  assert.is(writes.latest(at('9')), written)
})

test('an object of the same name that was made anew is another one', () => {
  const writes = new OwnWrites()
  writes.note(at('10'))
  const other = at('9', 'u-2')
  assert.is(writes.latest(other), other)
})

test.run()
