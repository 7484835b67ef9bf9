import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { EphemeralInstance } from '../api/ephemeral-instance.ts'
import { byOwner, ObjectStore } from '../kube/store.ts'
import { ManualClock } from '../kube/testing/clocks.ts'
import { KnownInstances } from './known.ts'
import { memberObject } from './testing/build.ts'

function setting() {
  const store = new ObjectStore<EphemeralInstance>({ indexes: { owner: byOwner } })
  const clock = new ManualClock()
  const known = new KnownInstances(store, clock)
  const names = () => known.ofOwner('uid-web').map(({ metadata }) => metadata.name)
  return { store, clock, known, names }
}

test('what was made is known before the cache shows it', () => {
  const { known, names } = setting()
  known.note(memberObject(0))
  assert.equal(names(), ['web-0'])
  assert.is(known.get('lab', 'web-0')?.metadata.uid, 'uid-web-0')
})

test('what the cache showed and is gone is gone', () => {
  const { store, known, names } = setting()
  known.note(memberObject(0))
  store.set(memberObject(0))
  store.delete('lab/web-0')
  assert.equal(names(), [])
})

test('what the cache never showed is believed for half a minute', () => {
  const { clock, known, names } = setting()
  known.note(memberObject(0))
  clock.advance(29_000)
  assert.equal(names(), ['web-0'])
  clock.advance(2_000)
  assert.equal(names(), [])
})

test('a label that was written is known before the cache shows it, and not longer', () => {
  const { store, known } = setting()
  const role = () => known.get('lab', 'web-0')?.metadata.labels?.role
  store.set(memberObject(0))
  known.note(memberObject(0, { resourceVersion: '2', labels: { role: 'replica' } }))
  assert.is(role(), 'replica')
  store.set(memberObject(0, { resourceVersion: '3', labels: { role: 'spare' } }))
  assert.is(role(), 'spare')
})

test('one that was let go of is not of the owner any more', () => {
  const { store, known, names } = setting()
  store.set(memberObject(0))
  known.note(memberObject(0, { resourceVersion: '2', ownerReferences: [] }))
  assert.equal(names(), [])
})

test('a successor is known while the cache still shows the one before', () => {
  const { store, known } = setting()
  store.set(memberObject(0))
  known.note(memberObject(0, { uid: 'uid-next', resourceVersion: '2' }))
  assert.is(known.get('lab', 'web-0')?.metadata.uid, 'uid-next')
})

test('what was told to go counts as going, for half a minute or until it is gone', () => {
  const { store, clock, known } = setting()
  const object = memberObject(0)
  store.set(object)
  assert.not(known.isGoing(object))
  known.noteGoing('uid-web-0')
  assert.ok(known.isGoing(object))
  clock.advance(31_000)
  assert.not(known.isGoing(object))
  assert.ok(known.isGoing(memberObject(0, { deletionTimestamp: '2026-01-01T00:00:00Z' })))
})

test.run()
