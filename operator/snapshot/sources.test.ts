import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { BaseImage } from '../api/base-image.ts'
import type { Snapshot } from '../api/snapshot.ts'
import { ObjectStore } from '../kube/store.ts'
import { inheritedMemoryOf } from './sources.ts'
import { ready, snapshot } from './testing/build.ts'

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

test('nothing is asked for where nothing was booted', () =>
  assert.is(inheritedMemoryOf(snapshot(), [], { images, snapshots }), undefined))

test.run()
