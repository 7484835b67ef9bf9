import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { InstanceStatus } from '../api/instance-status.ts'
import { findCondition } from '../kube/conditions.ts'
import { decide } from './decide.ts'
import type { Observed } from './observed.ts'
import { statusOf } from './status.ts'
import {
  ago,
  answering,
  booting,
  container,
  instance,
  now,
  observed,
  onNode,
  podOf,
} from './testing/build.ts'

const statusAfter = (given: Observed) => statusOf(given, decide(given))
const conditionOf = (status: InstanceStatus, type: string) => findCondition(status.conditions, type)

const plain = instance()
const ready = observed({ instance: plain, pod: onNode(podOf(plain, answering)) })

test('a ready VM shows its address, node, pod and size', () => {
  const status = statusAfter(ready)
  assert.is(status.ip, '10.244.1.5')
  assert.equal(status.ips, [{ ip: '10.244.1.5' }])
  assert.is(status.nodeName, 'worker-1')
  assert.is(status.podName, 'web1-vm')
  assert.equal(status.resources, { cpus: 1, memory: '128Mi', disk: '1Gi' })
  assert.is(status.flavor, '1/128Mi/1Gi')
  assert.is(status.accelerator, 'TCG')
})

type Health = Readonly<{ Ready?: string; Reconciling?: string; Stalled?: string }>
const healths: ReadonlyArray<{ name: string; given: Observed; want: Health }> = [
  { name: 'a ready VM is current to kstatus', given: ready, want: { Ready: 'True' } },
  {
    name: 'a booting VM is in progress to kstatus',
    given: observed({ instance: plain, pod: onNode(podOf(plain, booting)) }),
    want: { Ready: 'False', Reconciling: 'True' },
  },
  {
    name: 'a stopped VM is current to kstatus, and not ready to kubectl wait',
    given: observed({ instance: instance({ powerState: 'Stopped' }) }),
    want: {},
  },
  {
    name: 'a stalled VM is failed to kstatus',
    given: observed({ instance: plain, claim: 'none' }),
    want: { Ready: 'False', Stalled: 'True' },
  },
]
for (const { name, given, want } of healths) {
  test(name, () => {
    const status = statusAfter(given)
    const found = ['Ready', 'Reconciling', 'Stalled'].flatMap((type) => {
      const condition = conditionOf(status, type)
      return condition === undefined ? [] : [[type, condition.status]]
    })
    assert.equal(Object.fromEntries(found), want)
  })
}

test('every condition carries the generation that it was found for', () => {
  const given = observed({ instance: { ...plain, metadata: { ...plain.metadata, generation: 7 } } })
  const status = statusAfter(given)
  assert.is(status.observedGeneration, 7)
  for (const condition of status.conditions ?? []) assert.is(condition.observedGeneration, 7)
})

test('looking again at the same world changes nothing, not even a time', () => {
  const status = statusAfter(ready)
  const later = new Date(now.getTime() + 90_000)
  assert.equal(statusAfter({ ...ready, instance: { ...plain, status }, now: later }), status)
})

test('a change that waits for a rebuild is told, and what runs stays shown', () => {
  const changed = instance({ resources: { cpus: 4, memory: '4Gi', disk: '9Gi' } })
  const status = statusAfter(observed({ instance: changed, pod: onNode(podOf(plain, answering)) }))
  assert.is(conditionOf(status, 'RestartRequired')?.status, 'True')
  assert.is(status.resources?.cpus, 1)
  assert.is(
    statusAfter(ready).conditions?.some(({ type }) => type === 'RestartRequired'),
    false,
  )
})

test('power and rebuilds are no change that waits', () => {
  const paused = instance({ powerState: 'Paused', rebuildGeneration: 0 })
  const status = statusAfter(observed({ instance: paused, pod: onNode(podOf(plain, answering)) }))
  assert.is(conditionOf(status, 'RestartRequired'), undefined)
})

test('timings count from the creation of the pod, in ms, and stay as first seen', () => {
  const pod = onNode(podOf(plain, booting))
  const first = statusAfter(observed({ instance: plain, pod }))
  assert.equal(first.timings, { scheduled: 20_000, qemuStarted: 20_000 })
  const later = new Date(now.getTime() + 3_000)
  const second = statusAfter(
    observed({ instance: { ...plain, status: first }, pod: onNode(podOf(plain, answering)), now: later }),
  )
  assert.equal(second.timings, { scheduled: 20_000, qemuStarted: 20_000, guestReady: 23_000 })
})

test('a pod without a node yet has no timings, not an empty set of them', () => {
  assert.not('timings' in statusAfter(observed({ instance: plain, pod: podOf(plain) })))
})

test('restarts of the container and of former pods add up', () => {
  const status = { state: { running: { startedAt: ago(3) } }, started: true, restartCount: 2 }
  const pod = onNode(podOf(plain, container(status), 3))
  assert.is(statusAfter(observed({ instance: plain, pod })).restarts, 5)
})

test('what a lost status told of a VM that has answered for long is found again, roughly', () => {
  const conditions = [{ type: 'Ready', status: 'True', lastTransitionTime: ago(15) }]
  const pod = onNode(podOf(plain, { ...answering, conditions }))
  const status = statusAfter(observed({ instance: plain, pod }))
  assert.is(status.startedAt, ago(15).replace('.000Z', 'Z'))
  assert.equal(status.timings, { scheduled: 20_000, qemuStarted: 5_000, guestReady: 5_000 })
})

test('a pod that no status told of before it was gone is remembered all the same', () => {
  const made = { podUID: 'uid-made', rebuildGeneration: 0, restarts: 4, at: new Date(ago(1)), isSeen: true }
  const status = statusAfter(observed({ instance: plain, made }))
  assert.is(status.podUID, 'uid-made')
  assert.is(status.restarts, 4)
})

test('a stopped instance keeps nothing of the VM in its status', () => {
  const status = statusAfter(
    observed({ instance: instance({ powerState: 'Stopped' }, statusAfter(ready)), pod: undefined }),
  )
  for (const field of ['ip', 'ips', 'nodeName', 'podName', 'podUID', 'timings', 'restarts'] as const) {
    assert.is(status[field], undefined, field)
  }
})

test.run()
