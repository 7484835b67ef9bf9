import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { BaseImage } from '../api/base-image.ts'
import type { Snapshot } from '../api/snapshot.ts'
import { ObjectStore } from '../kube/store.ts'
import { blockNames } from './disk/names.ts'
import { inheritedMemoryOf, othersOf, snapshotIndexes } from './sources.ts'
import { ago, over, pinned, ready, snapshot, taken, unclean } from './testing/build.ts'

const images = new ObjectStore<BaseImage>()
const snapshots = new ObjectStore<Snapshot>()
for (const namespace of ['lab', 'images']) {
  const status = { minMemory: namespace === 'lab' ? '512Mi' : '1Gi' }
  images.set({ kind: 'BaseImage', metadata: { name: 'debian', namespace }, status } as never)
}
snapshots.set(snapshot({}, { ...ready, minMemory: '2Gi' }, { name: 'first' }))

const rows = [
  ['an image', { kind: 'BaseImage', name: 'debian' }, '512Mi'],
  ['an image of another namespace', { kind: 'BaseImage', name: 'debian', namespace: 'images' }, '1Gi'],
  ['another snapshot', { kind: 'Snapshot', name: 'first' }, '2Gi'],
  ['a claim', { kind: 'PersistentVolumeClaim', name: 'debian' }, undefined],
] as const

for (const [what, booted, want] of rows) {
  test(`what ${what} asks for in memory is asked for by a snapshot of its VM, which may be gone by then`, () =>
    assert.is(inheritedMemoryOf(snapshot(), [booted], { images, snapshots }), want))
}

const gone = { deletionTimestamp: ago(5) }
const others = [
  ['one whose moment is fixed', snapshot({}, taken), true],
  ['one that is about to fix it', snapshot({}, pinned), true],
  ['one that waits', snapshot(), true],
  ['one that is to be deleted, and may have its moment there', snapshot({}, taken, gone), true],
  ['one that is to be deleted before it began', snapshot({}, undefined, gone), false],
  ['one that failed, and is not cleaned up after', snapshot({}, unclean(over)), true],
  ['one that failed', snapshot({}, over), false],
  ['one that is ready', snapshot({}, ready), false],
  ['one of another VM', snapshot({ instance: 'web2' }, taken), false],
] as const
for (const [what, other, want] of others) {
  test(`of the snapshots of a VM, ${what} ${want ? 'still has' : 'has nothing more'} to do with it`, () => {
    const store = new ObjectStore<Snapshot>({ indexes: snapshotIndexes })
    const mine = snapshot({}, pinned, { name: 'silver', uid: 'uid-silver' })
    store.set(mine)
    store.set(other)
    const found = { name: 'golden', filter: blockNames('uid-golden').filter }
    assert.equal(othersOf(mine, { snapshots: store }), want ? [found] : [])
  })
}

test('nothing is asked for where nothing was booted', () =>
  assert.is(inheritedMemoryOf(snapshot(), [], { images, snapshots }), undefined))

test.run()
