import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { InstanceStatus } from '../api/instance-status.ts'
import type { Snapshot } from '../api/snapshot.ts'
import { blockingBudget } from '../companion/budget.ts'
import { findCondition } from '../kube/conditions.ts'
import type { Node, Pod } from '../kube/object.ts'
import { awaitingPause, over, pinned, ready, snapshot, taken } from '../snapshot/testing/build.ts'
import { decide } from './decide.ts'
import { travelling } from './draining.ts'
import type { Observed } from './observed.ts'
import { saidFirst } from './said-first.ts'
import { bootOf } from './shelved.ts'
import { statusOf } from './status.ts'
import {
  ago,
  answering,
  booted,
  booting,
  instance,
  now,
  observed,
  onNode,
  podOf,
  preparing,
  terminating,
} from './testing/build.ts'

const node = (spec: Node['spec']): Node => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'worker-1' },
  ...(spec === undefined ? {} : { spec }),
})
const cordoned = node({ unschedulable: true })
const open = node({})
const gone = node({
  unschedulable: true,
  taints: [{ key: 'node.kubernetes.io/unreachable', effect: 'NoExecute' }],
})

type Given = Readonly<{
  spec?: object
  pod?: Parameters<typeof podOf>[1] | 'none' | 'terminating' | 'writing'
  /** The reason of Active until now, and for how many seconds. */
  active?: string
  since?: number
  shelved?: string
  /** Since when it has been held, and since when its pod may go. */
  drain?: InstanceStatus['drain']
  kept?: Snapshot
  leftovers?: readonly Snapshot[]
  /** A rescue of it is under way. */
  rescued?: true
  on?: Node
}>

const expired = (onExpiry: string) => ({ onExpiry, expiry: { deadline: '2020-01-01T00:00:00Z' } })

function given({
  spec,
  pod = answering,
  active = 'Running',
  since = 1,
  shelved,
  drain,
  kept,
  leftovers = [],
  rescued,
  on = cordoned,
}: Given): Observed {
  const condition = {
    type: 'Active',
    status: 'True' as const,
    reason: active,
    message: 'As it was.',
    lastTransitionTime: ago(since),
  }
  const status: InstanceStatus = {
    podUID: 'uid-pod',
    rebuildGeneration: 0,
    restarts: 2,
    conditions: [condition],
    ...(drain === undefined ? {} : { drain }),
    ...(rescued
      ? { rescue: { kind: 'PersistentVolumeClaim', name: 'tools', podUID: 'uid-pod', restarts: 2 } }
      : {}),
    ...(shelved === undefined ? {} : { shelved: { snapshot: shelved, rebuildGeneration: 0 } }),
  }
  const one = instance({ eviction: 'SnapshotThenRecreate', ...spec }, status)
  const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }]
  const podAs = (): Pod | undefined => {
    if (pod === 'none') return undefined
    if (pod === 'terminating') return terminating(onNode(podOf(one, answering, 2)))
    if (pod !== 'writing') return onNode(podOf(one, pod, 2))
    const writing = onNode(podOf(one, answering, 2))
    return { ...writing, spec: { ...writing.spec, volumes: [...(writing.spec.volumes ?? []), ...volumes] } }
  }
  return observed({ instance: one, pod: podAs(), node: on, kept, leftovers })
}

/** As the status tells it afterwards. */
function told(observed: Observed) {
  const verdict = decide(observed)
  const status = statusOf(observed, verdict)
  const reason = (type: string) => findCondition(status.conditions, type)?.reason
  return {
    verdict,
    status,
    seen: {
      phase: status.phase,
      active: reason('Active'),
      action: verdict.action?.kind,
      blocked: reason('DrainBlocked'),
      stalled: reason('Stalled'),
      kept: status.shelved?.snapshot.replace(/-\w{8}$/, '-HASH'),
    },
  }
}

type Seen = ReturnType<typeof told>['seen']
const running: Seen = {
  phase: 'Ready',
  active: 'Running',
  action: undefined,
  blocked: undefined,
  stalled: undefined,
  kept: undefined,
}
const keeping: Seen = { ...running, phase: 'Draining', blocked: 'Keeping' }
const leaving: Seen = { ...running, phase: 'Draining', active: 'Relocating', kept: 'web1-HASH' }

const rows: readonly (Given & { name: string; want: Seen })[] = [
  { name: 'a VM whose node is not cordoned is left alone', on: open, want: running },
  { name: 'so is one with another eviction', spec: { eviction: 'Recreate' }, want: running },
  {
    name: 'one that may be placed on cordoned nodes is not sent round, and says so',
    spec: { placement: { tolerations: [{ operator: 'Exists' }] } },
    want: { ...running, blocked: 'NodeCordoned' },
  },
  {
    name: 'so does one that tolerates every taint by an empty key',
    spec: { placement: { tolerations: [{ key: '', operator: 'Exists' }] } },
    want: { ...running, blocked: 'NodeCordoned' },
  },
  { name: 'on a cordoned node it is asked to be kept', want: { ...keeping, action: 'keep' } },
  { name: 'until all is ready for the moment it runs on', kept: snapshot({}, pinned), want: keeping },
  {
    name: 'then its pause is written down, before the moment',
    kept: snapshot({}, awaitingPause),
    want: { ...keeping, active: 'Pausing' },
  },
  {
    name: 'and it is held until all is copied',
    kept: snapshot({}, awaitingPause),
    active: 'Pausing',
    want: { ...keeping, active: 'Paused', action: 'hold' },
  },
  {
    name: 'it is held again where the moment does not come: somebody let it go on, or the status is not true',
    kept: snapshot({}, awaitingPause),
    active: 'Paused',
    want: { ...keeping, active: 'Paused', action: 'hold' },
  },
  {
    name: 'so it is where an operator died before the pause was known to be done',
    kept: snapshot({}, taken),
    active: 'Pausing',
    want: { ...keeping, active: 'Paused', action: 'hold' },
  },
  {
    name: 'so is one that writes a volume: its pod lets it go on to power down in order',
    kept: snapshot({}, awaitingPause),
    pod: 'writing',
    active: 'Pausing',
    want: { ...keeping, active: 'Paused', action: 'hold' },
  },
  {
    name: 'a drain that is called off meanwhile resumes it',
    kept: snapshot({}, taken),
    active: 'Paused',
    on: open,
    want: { ...running, phase: 'Booting', action: 'resume' },
  },
  {
    name: 'when all is copied, its disk is there, and whoever drains may take it',
    kept: snapshot({}, ready),
    active: 'Paused',
    want: leaving,
  },
  {
    name: 'it goes also if the node is uncordoned by then: there is one way only',
    shelved: 'web1-1a2b3c4d',
    active: 'Relocating',
    on: open,
    want: leaving,
  },
  {
    name: 'where nobody takes it, the operator does',
    shelved: 'web1-1a2b3c4d',
    active: 'Relocating',
    drain: { since: ago(60), releasedAt: ago(21) },
    want: { ...leaving, action: 'delete' },
  },
  {
    name: 'while it goes it is on its way, and not lost',
    shelved: 'web1-1a2b3c4d',
    active: 'Relocating',
    pod: 'terminating',
    want: leaving,
  },
  {
    name: 'a VM that does not run yet has nothing to be kept',
    pod: preparing,
    want: { ...leaving, kept: undefined },
  },
  {
    name: 'a Snapshot that fails keeps the VM where it is',
    kept: snapshot({}, over),
    active: 'Paused',
    want: { ...running, phase: 'Stalled', action: 'resume', blocked: 'NotKept', stalled: 'NotKept' },
  },
  {
    name: 'a node of which nothing is heard is no drain',
    on: gone,
    want: { ...running, phase: 'Pending', active: 'NodeUnreachable' },
  },
  {
    name: 'one that is to be shelved is kept for that, and the drain waits as long',
    spec: { powerState: 'Shelved' },
    want: { ...running, phase: 'Shelving', action: 'keep', blocked: 'NodeCordoned' },
  },
  {
    name: 'one that is paused is kept as it is',
    spec: { powerState: 'Paused' },
    active: 'Paused',
    want: { ...keeping, active: 'Paused', action: 'keep' },
  },
  {
    name: 'and stays paused where the drain is called off',
    spec: { powerState: 'Paused' },
    kept: snapshot({}, taken),
    active: 'Paused',
    on: open,
    want: { ...running, phase: 'Paused', active: 'Paused' },
  },
  {
    name: 'one that is locked leaves: a lock keeps people off, not the node',
    spec: { locked: { reason: 'the exam runs on it' } },
    want: { ...keeping, action: 'keep' },
  },
  {
    name: 'one that expired and is to be stopped is stopped: nobody wants its disk',
    spec: expired('Stop'),
    want: { ...running, phase: 'Stopping', active: 'Expired', action: 'delete' },
  },
  {
    name: 'one that expired and is to be kept for that is kept once, and the drain waits as long',
    spec: expired('SnapshotThenDelete'),
    want: { ...running, action: 'keep', blocked: 'NodeCordoned' },
  },
  {
    name: 'one that is stopped has nothing to leave',
    spec: { powerState: 'Stopped' },
    pod: 'none',
    want: { ...running, phase: 'Stopped', active: 'Stopped' },
  },
  {
    name: 'one that is being rescued stays until that is over, and says so',
    spec: { rescue: { claim: 'tools' } },
    rescued: true,
    want: { ...running, blocked: 'NodeCordoned' },
  },
  {
    name: 'so does one that is to be',
    spec: { rescue: { claim: 'tools' } },
    kept: snapshot(),
    want: { ...running, blocked: 'NodeCordoned' },
  },
  {
    name: 'one that is brought back from a rescue stays until it is back',
    rescued: true,
    want: { ...running, blocked: 'NodeCordoned' },
  },
  {
    name: 'a rescue that is asked for after a pause for the drain lets the guest go on',
    spec: { rescue: { claim: 'tools' } },
    active: 'Paused',
    want: { ...running, phase: 'Booting', action: 'resume', blocked: 'NodeCordoned' },
  },
  {
    name: 'what former drains left is taken away once the VM runs',
    on: open,
    leftovers: [snapshot({}, ready)],
    want: { ...running, action: 'discard' },
  },
  {
    name: 'also where its guest does not answer',
    on: open,
    leftovers: [snapshot({}, ready)],
    pod: booting,
    want: { ...running, phase: 'Booting', action: 'discard' },
  },
  {
    name: 'and while it is held for the next drain',
    kept: snapshot(),
    leftovers: [snapshot({}, ready)],
    want: { ...keeping, action: 'discard' },
  },
  {
    name: 'but not before it runs',
    on: open,
    leftovers: [snapshot({}, ready)],
    pod: preparing,
    want: { ...running, phase: 'Starting', active: 'Preparing' },
  },
]
for (const { name, want, ...rest } of rows) test(name, () => assert.equal(told(given(rest)).seen, want))

test('the next VM is no restart, and begins from the disk that was kept', () => {
  const after = given({ pod: 'none', shelved: 'web1-1a2b3c4d', active: 'Relocating' })
  assert.equal(bootOf(after.instance), { snapshot: 'web1-1a2b3c4d' })
  const { action } = decide({ ...after, source: { kind: 'ready', boot: booted } })
  assert.is(action?.kind === 'create' && action.restartsBefore, 2)
})

test('its Snapshot is its own, is not the one of an expiry or a shelf, and another one for the next drain', () => {
  const name = (of: Given) => {
    const { action } = decide(given(of))
    if (action?.kind !== 'keep') throw new Error('no Snapshot is asked for')
    return action.snapshot.metadata
  }
  const first = name({})
  assert.is(first.ownerReferences?.[0]?.uid, 'uid-web1')
  const shelf = name({ spec: { powerState: 'Shelved' } })
  assert.is(shelf.ownerReferences, undefined)
  assert.is(new Set([first.name, shelf.name, name({ shelved: first.name }).name]).size, 3)
})

/** The instance as the status tells it, some seconds later. */
const later = (seen: Observed, seconds: number, change: Partial<Observed> = {}): Observed => ({
  ...seen,
  instance: { ...seen.instance, status: told(seen).status },
  now: new Date(seen.now.getTime() + seconds * 1000),
  ...change,
})

test('a drain after one that was called off has a Snapshot of its own: what was written in between is in no other', () => {
  const first = given({})
  const nameOf = (of: Observed) => travelling(of)?.metadata.name
  const held = later(first, 30)
  assert.is(nameOf(held), nameOf(first))
  const calledOff = later(held, 1, { node: open })
  const again = later(calledOff, 1, { node: cordoned })
  assert.is.not(nameOf(again), nameOf(first))
  const { status } = told(calledOff)
  assert.is(status.drain, undefined)
})

test('a node of which nothing is heard for a while ends the hold', () => {
  const held = later(given({}), 1)
  const blip = later(held, 60, { node: gone })
  const again = later(blip, 60, { node: cordoned })
  assert.is.not(travelling(again)?.metadata.name, travelling(held)?.metadata.name)
})

test('a Snapshot that failed is taken again under the name of the hold, once somebody deleted it', () => {
  const held = later(given({}), 1)
  const failed = later(held, 60, { kept: snapshot({}, over) })
  assert.is(told(failed).seen.blocked, 'NotKept')
  const again = later(failed, 60, { kept: undefined })
  assert.is(told(again).seen.action, 'keep')
  assert.is(travelling(again)?.metadata.name, travelling(held)?.metadata.name)
})

test('whoever drains the node has his 20 s from when the pod may go, also where QEMU never ran', () => {
  const starting = given({ pod: preparing, active: 'Preparing', since: 600 })
  const [condition] = starting.instance.status?.conditions ?? []
  const conditions = condition === undefined ? [] : [{ ...condition, status: 'False' as const }]
  const instance = { ...starting.instance, status: { ...starting.instance.status, conditions } }
  const released = later({ ...starting, instance }, 1)
  assert.equal([told(released).seen.active, told(released).seen.action], ['Relocating', undefined])
  const waited = later(released, 18)
  assert.is(told(waited).seen.action, undefined)
  assert.is(told(later(waited, 2)).seen.action, 'delete')
})

test('the hold is written down before its Snapshot is asked for, and its end before the guest goes on', () => {
  const first = given({})
  const begun = saidFirst(first, told(first).verdict)
  assert.is(begun?.drain?.since, now.toISOString())
  assert.is(saidFirst(later(first, 1), told(later(first, 1)).verdict), undefined)
  const paused = given({ drain: { since: ago(60) }, active: 'Paused', on: open })
  const ended = saidFirst(paused, told(paused).verdict)
  assert.is(told(paused).seen.action, 'resume')
  assert.is(ended?.drain, undefined)
  assert.is(findCondition(ended?.conditions, 'Active')?.reason, 'Pausing')
})

test('a budget keeps the VM until its disk is kept', () => {
  const held = (of: Given) => blockingBudget({ ...given(of).instance, status: told(given(of)).status })
  assert.is(held({})?.spec?.minAvailable, 1)
  assert.is(held({ kept: snapshot({}, taken) })?.spec?.minAvailable, 1)
  assert.is(held({ kept: snapshot({}, ready) }), undefined)
})

test.run()
