import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { findCondition } from '../kube/conditions.ts'
import type { Node, Pod } from '../kube/object.ts'
import { slimNode } from '../slim-node.ts'
import { decide } from './decide.ts'
import type { Observed } from './observed.ts'
import { statusOf } from './status.ts'
import { ago, answering, instance, observed, onNode, podOf, terminating } from './testing/build.ts'

const node = (spec: Node['spec'] = {}): Node =>
  slimNode({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'worker-1' }, spec })
const lostNode = node({
  taints: [
    { key: 'node.kubernetes.io/unreachable', effect: 'NoSchedule' },
    { key: 'node.kubernetes.io/unreachable', effect: 'NoExecute' },
  ],
})
const tired = node({ taints: [{ key: 'node.kubernetes.io/not-ready', effect: 'NoExecute' }] })
const one = instance()
const running = onNode(podOf(one, answering))
const going = terminating(running)
const sentAwayBy = (cause: string): Pod => ({
  ...going,
  status: {
    ...going.status,
    conditions: [
      ...(going.status?.conditions ?? []),
      { type: 'DisruptionTarget', status: 'True', reason: cause },
    ],
  },
})
const withVolume = (pod: Pod, readOnly: boolean): Pod => ({
  ...pod,
  spec: {
    ...pod.spec,
    volumes: [
      ...(pod.spec.volumes ?? []),
      { name: 'data', persistentVolumeClaim: { claimName: 'data', readOnly } },
    ],
  },
})
const theirs = (pod: Pod): Pod => ({
  ...pod,
  metadata: {
    ...pod.metadata,
    ownerReferences: pod.metadata.ownerReferences?.map((owner) => ({ ...owner, uid: 'uid-former' })) ?? [],
  },
})

const rows: readonly {
  name: string
  given: Partial<Observed>
  want: Readonly<{ phase: string; reason: string; action?: string; stalled?: string }>
}[] = [
  {
    name: 'a VM on a node of which nothing is heard is not called ready, and is left alone at first',
    given: { pod: running, node: lostNode },
    want: { phase: 'Pending', reason: 'NodeUnreachable' },
  },
  {
    name: 'a VM that Kubernetes sends away from such a node is given up at once',
    given: { pod: going, node: lostNode },
    want: { phase: 'Pending', reason: 'NodeLost', action: 'abandon' },
  },
  {
    name: 'also where it is the taint of the lost node that Kubernetes gives as its reason',
    given: { pod: sentAwayBy('DeletionByTaintManager'), node: lostNode },
    want: { phase: 'Pending', reason: 'NodeLost', action: 'abandon' },
  },
  {
    name: 'a VM that was evicted before its node was lost stays a drained one',
    given: { pod: sentAwayBy('EvictionByEvictionAPI'), node: lostNode },
    want: { phase: 'Stopping', reason: 'Drained', action: 'abandon' },
  },
  {
    name: 'a VM that may still write a volume holds back the next one, and says what to do',
    given: { pod: withVolume(going, false), node: lostNode },
    want: { phase: 'Stalled', reason: 'NodeUnreachable', stalled: 'NodeUnreachable' },
  },
  {
    name: 'a volume that it only reads does not',
    given: { pod: withVolume(going, true), node: lostNode },
    want: { phase: 'Pending', reason: 'NodeLost', action: 'abandon' },
  },
  {
    name: 'a kubelet that says itself that it is not ready ends the pod itself',
    given: { pod: going, node: tired },
    want: { phase: 'Stopping', reason: 'PodLost' },
  },
  {
    name: 'a node that is gone is left to the garbage collector of pods',
    given: { pod: going, node: undefined },
    want: { phase: 'Stopping', reason: 'PodLost' },
  },
  {
    name: 'a VM that is stopped there is given up, too',
    given: { instance: instance({ powerState: 'Stopped' }), pod: going, node: lostNode },
    want: { phase: 'Stopping', reason: 'Stopping', action: 'abandon' },
  },
  {
    name: 'a VM that is to be stopped there is told to go first',
    given: { instance: instance({ powerState: 'Stopped' }), pod: running, node: lostNode },
    want: { phase: 'Stopping', reason: 'Stopping', action: 'delete' },
  },
  {
    name: 'the pod of a former instance of the name is given up, too',
    given: { pod: theirs(going), node: lostNode },
    want: { phase: 'Pending', reason: 'Pending', action: 'abandon' },
  },
]
for (const { name, given, want } of rows) {
  test(name, () => {
    const { phase, active, action, stalled } = decide(observed({ instance: one, ...given }))
    const found = {
      phase,
      reason: active.reason,
      ...(action === undefined ? {} : { action: action.kind }),
      ...(stalled === undefined ? {} : { stalled: stalled.reason }),
    }
    assert.equal(found, want)
  })
}

test('that a guest stands still stays known while nothing is heard of its node: whoever wants it to go on by then has it resumed', () => {
  const active = {
    type: 'Active',
    status: 'True',
    reason: 'Paused',
    message: '',
    lastTransitionTime: ago(9),
  } as const
  const status = { podUID: 'uid-pod', restarts: 0, conditions: [active] }
  const paused = observed({
    instance: instance({ powerState: 'Paused' }, status),
    pod: running,
    node: lostNode,
  })
  const during = statusOf(paused, decide(paused))
  assert.is(findCondition(during.conditions, 'Active')?.status, 'False')
  assert.is(findCondition(during.conditions, 'GuestReady')?.reason, 'NodeUnreachable')
  const back = observed({ instance: instance({}, during), pod: running, node: node() })
  assert.is(decide(back).action?.kind, 'resume')
})

const causes: readonly [cause: string, reason: string][] = [
  ['EvictionByEvictionAPI', 'Drained'],
  ['DeletionByTaintManager', 'Drained'],
  ['PreemptionByScheduler', 'Preempted'],
  ['SomethingNew', 'PodLost'],
]
for (const [cause, reason] of causes) {
  test(`a pod that goes because of ${cause} is ${reason}`, () => {
    const pod = sentAwayBy(cause)
    assert.is(decide(observed({ instance: one, pod, node: node() })).active.reason, reason)
  })
}

for (const reason of ['Terminated', 'NodeShutdown']) {
  test(`a pod that a node ended at its own shutdown (${reason}) makes room for a fresh VM`, () => {
    const message = 'Pod was terminated in response to imminent node shutdown.'
    const pod = onNode(podOf(one, { phase: 'Failed', reason, message }))
    const verdict = decide(observed({ instance: one, pod, node: tired }))
    assert.equal([verdict.action?.kind, verdict.active.reason], ['delete', 'NodeShutdown'])
    assert.match(verdict.active.message, /imminent node shutdown/)
  })
}

const cordoned = node({ unschedulable: true })
const drains: readonly { name: string; eviction?: 'Block'; on: Node; want: boolean }[] = [
  { name: 'a VM that blocks says so on a cordoned node', eviction: 'Block', on: cordoned, want: true },
  { name: 'and on no other', eviction: 'Block', on: node(), want: false },
  { name: 'a VM that does not block says nothing there', on: cordoned, want: false },
]
for (const { name, eviction, on, want } of drains) {
  test(name, () => {
    const given = observed({ instance: instance({ eviction }), pod: running, node: on })
    const found = findCondition(statusOf(given, decide(given)).conditions, 'DrainBlocked')
    assert.is(found?.status, want ? 'True' : undefined)
    if (want) assert.match(found?.message ?? '', /spec\.eviction to Recreate/)
  })
}

test.run()
