import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { restorationOf } from './instance/ownership.ts'
import { viewPod } from './instance/pod-view.ts'
import {
  booting,
  container,
  instance,
  onNode,
  podOf,
  preparing,
  terminating,
} from './instance/testing/build.ts'
import type { Pod } from './kube/object.ts'
import { slimPod } from './slim-pod.ts'

const owner = instance()
const ended = container({
  state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off' } },
  lastState: { terminated: { exitCode: 3, reason: 'Error', message: '{"reason":"Failed","message":"x"}' } },
  restartCount: 4,
})
const unschedulable = {
  conditions: [
    { type: 'PodScheduled', status: 'False', message: 'no node' },
    { type: 'ContainersReady', status: 'False' },
  ],
}
const rows: ReadonlyArray<[what: string, pod: Pod]> = [
  ['was just made', podOf(owner)],
  ['has no status', { ...podOf(owner), status: undefined } as unknown as Pod],
  ['finds no node', podOf(owner, unschedulable)],
  ['gets ready', onNode(podOf(owner, preparing))],
  ['boots', onNode(podOf(owner, booting, 2))],
  ['ended again and again', onNode(podOf(owner, ended))],
  ['was evicted', podOf(owner, { phase: 'Failed', reason: 'Evicted', message: 'low on memory' })],
  ['goes', terminating(onNode(podOf(owner, booting)))],
  [
    'has no name in DNS',
    { ...podOf(owner), spec: { ...podOf(owner).spec, subdomain: undefined } } as unknown as Pod,
  ],
  ['lost its labels', { ...podOf(owner), metadata: { ...podOf(owner).metadata, labels: {} } }],
]
for (const [what, pod] of rows) {
  test(`of a pod that ${what}, all that decisions rest on is kept`, () => {
    const slim = slimPod(pod)
    assert.equal(viewPod(slim), viewPod(pod))
    assert.equal(restorationOf(owner, slim), restorationOf(owner, pod))
    assert.is(slim.spec.restartPolicy, pod.spec.restartPolicy)
  })
}

test('claims are kept, for the index by claim', () => {
  const claims = (pod: Pod) => pod.spec.volumes?.flatMap(({ persistentVolumeClaim: claim }) => claim ?? [])
  const pod = podOf(owner)
  assert.equal(claims(slimPod(pod)), claims(pod))
})

test('most of a pod is dropped', () => {
  const pod = onNode(podOf(owner, booting))
  assert.ok(JSON.stringify(slimPod(pod)).length < JSON.stringify(pod).length / 2)
})

test.run()
