import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Pod } from '../kube/object.ts'
import { isLeftBehind, isOurs, restorationOf } from './ownership.ts'
import { instance, podOf, terminating } from './testing/build.ts'

const web1 = instance({}, { podUID: 'uid-pod' })
const pod = podOf(web1)
const other = { apiVersion: 'v1', kind: 'ReplicaSet', name: 'rs', uid: 'uid-rs', controller: true }
const withMetadata = (metadata: Partial<Pod['metadata']>): Pod => ({
  ...pod,
  metadata: { ...pod.metadata, ...metadata },
})
const orphan = withMetadata({ ownerReferences: [] })

test('a pod that the instance controls is its own', () =>
  assert.ok(isOurs({ instance: instance(), made: undefined }, pod)))

test('an orphan whose UID the status tells of is its own', () =>
  assert.ok(isOurs({ instance: web1, made: undefined }, orphan)))

test('an orphan that nobody remembers is not, whatever its labels say', () =>
  assert.not(isOurs({ instance: instance(), made: undefined }, orphan)))

test('a pod that somebody else took over is his', () =>
  assert.not(isOurs({ instance: web1, made: undefined }, withMetadata({ ownerReferences: [other] }))))

test('nothing is put back where nothing is missing', () => assert.is(restorationOf(web1, pod), undefined))

test('labels that were taken off or changed are put back, and others are left alone', () => {
  const labels = { ...pod.metadata.labels, mesh: 'x', 'ephemera.dev/instance': 'web2' }
  const { 'app.kubernetes.io/managed-by': _, ...marred } = labels as Record<string, string>
  assert.equal(restorationOf(web1, withMetadata({ labels: marred }))?.labels, {
    'app.kubernetes.io/managed-by': 'ephemera',
    'ephemera.dev/instance': 'web1',
  })
})

test('a label that the instance got reaches its pod', () => {
  const labelled = { ...web1, metadata: { ...web1.metadata, labels: { team: 'blue' } } }
  assert.equal(restorationOf(labelled, pod)?.labels, { team: 'blue' })
})

test('an orphan gets its owner back, beside those that do not control it', () => {
  const friend = { ...other, controller: false }
  const found = restorationOf(web1, withMetadata({ ownerReferences: [friend] }))
  assert.equal(
    found?.ownerReferences?.map(({ uid, controller }) => [uid, controller]),
    [
      ['uid-rs', false],
      ['uid-web1', true],
    ],
  )
})

test('a pod that is going is left in peace', () =>
  assert.is(restorationOf(web1, terminating(orphan)), undefined))

test('only a pod with all of our labels and no owner is one that was left behind', () => {
  assert.ok(isLeftBehind(orphan))
  assert.not(isLeftBehind(pod))
  assert.not(isLeftBehind(withMetadata({ ownerReferences: [], name: 'other' })))
  assert.not(isLeftBehind(withMetadata({ ownerReferences: [], labels: { 'ephemera.dev/instance': 'web1' } })))
})

test.run()
