import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { longestSnapshotName } from '../api/snapshot.ts'
import { instance } from '../instance/testing/build.ts'
import { lastSnapshotOf, standingOf } from './keep.ts'
import { ago, over, ready, snapshot, taken } from './testing/build.ts'

const nameOf = (podUID: string, name = 'web1') => {
  const one = instance({}, { podUID })
  return lastSnapshotOf({ ...one, metadata: { ...one.metadata, name } }, 'It expired.').metadata.name
}

test('the same VM gives the same snapshot, another VM of the instance another one', () => {
  assert.is(nameOf('a'), nameOf('a'))
  assert.is.not(nameOf('a'), nameOf('b'))
})

test('another start of the same pod is another VM', () => {
  const named = (restarts: number) =>
    lastSnapshotOf(instance({}, { podUID: 'a', restarts }), '').metadata.name
  assert.is.not(named(0), named(1))
})

test('the same VM asked for under another spec gives another one: what it wrote since is not in the first', () => {
  const one = instance({}, { podUID: 'a' })
  const later = { ...one, metadata: { ...one.metadata, generation: 2 } }
  assert.is.not(lastSnapshotOf(one, '').metadata.name, lastSnapshotOf(later, '').metadata.name)
})

test('the name is one that a Snapshot may have, however long the instance is called', () => {
  for (const name of ['w', 'a'.repeat(60), `${'a'.repeat(47)}-${'b'.repeat(12)}`]) {
    assert.ok(nameOf('a', name).length <= longestSnapshotName)
    assert.match(nameOf('a', name), /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/)
  }
})

test('nobody owns it: it is there when the instance is gone', () => {
  const { metadata, spec } = lastSnapshotOf(instance(), 'It expired.')
  assert.is(metadata.ownerReferences, undefined)
  assert.is(spec?.instance, 'web1')
})

const rows = [
  { name: 'none was asked for', of: undefined, want: 'absent' },
  { name: 'it waits', of: snapshot(), want: 'underWay' },
  { name: 'it is being copied', of: snapshot({}, taken), want: 'underWay' },
  { name: 'it is ready', of: snapshot({}, ready), want: 'kept' },
  { name: 'it failed', of: snapshot({}, over), want: 'lost' },
  { name: 'it is being cancelled', of: snapshot({}, taken, { deletionTimestamp: ago(1) }), want: 'lost' },
  {
    name: 'it is ready, and being deleted',
    of: snapshot({}, ready, { deletionTimestamp: ago(1) }),
    want: 'lost',
  },
] as const
for (const { name, of, want } of rows) test(`${name}: ${want}`, () => assert.is(standingOf(of), want))

test.run()
