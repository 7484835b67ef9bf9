import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Node, Pod } from '../kube/object.ts'
import { isGivenUp } from './node-loss.ts'
import { workerPodIn } from './testing/pods.ts'

const node = (taint?: string): Node => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'one' },
  ...(taint === undefined ? {} : { spec: { taints: [{ key: taint, effect: 'NoExecute' }] } }),
})
const lost = node('node.kubernetes.io/unreachable')
const labelled: Pod = workerPodIn('Running')
const worker: Pod = {
  ...labelled,
  metadata: { ...labelled.metadata, labels: { 'app.kubernetes.io/name': 'ephemera-worker' } },
}
const going = (pod: Pod): Pod => ({
  ...pod,
  metadata: { ...pod.metadata, deletionTimestamp: '2026-01-01T12:00:00Z' },
})

const rows: readonly (readonly [name: string, pod: Pod, node: Node | undefined, want: boolean])[] = [
  ['a worker that was told to go from a lost node is given up', going(worker), lost, true],
  ['one that was not told to go may be heard of again', worker, lost, false],
  ['a node that is heard of ends its workers itself', going(worker), node(), false],
  ['and so does a kubelet that is not ready', going(worker), node('node.kubernetes.io/not-ready'), false],
  ['a node that is gone is left to the garbage collector of pods', going(worker), undefined, false],
  ['what is no worker is for others to judge', going(labelled), lost, false],
]
for (const [name, pod, on, want] of rows) test(name, () => assert.is(isGivenUp(pod, on), want))

test.run()
