import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { instanceOfPod } from './sources.ts'
import { instance, podOf } from './testing/build.ts'

const pod = podOf(instance())

test('a pod concerns the instance that it is named after', () =>
  assert.equal(instanceOfPod(pod), ['lab/web1']))

test('also when somebody else owns it, or nobody', () => {
  const { labels: _, ownerReferences: __, ...bare } = pod.metadata
  const taken = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'x', uid: 'y', controller: true }
  assert.equal(instanceOfPod({ ...pod, metadata: bare }), ['lab/web1'])
  assert.equal(instanceOfPod({ ...pod, metadata: { ...bare, ownerReferences: [taken] } }), ['lab/web1'])
})

test('a pod of another name concerns nobody', () =>
  assert.equal(instanceOfPod({ ...pod, metadata: { ...pod.metadata, name: 'web1' } }), []))

test.run()
