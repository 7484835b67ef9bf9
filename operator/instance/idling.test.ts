import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { annotations } from '../api/annotations.ts'
import type { InstanceSpec } from '../api/instance-spec.ts'
import type { InstanceStatus } from '../api/instance-status.ts'
import { labels } from '../api/labels.ts'
import type { Reason } from '../api/reasons.ts'
import { findCondition } from '../kube/conditions.ts'
import type { Pod } from '../kube/object.ts'
import { ready, snapshot } from '../snapshot/testing/build.ts'
import { decide } from './decide.ts'
import { statusOf } from './status.ts'
import { ago, answering, booting, instance, now, observed, onNode, podOf } from './testing/build.ts'

const limit = 1000
const answered = {
  podUID: 'uid-pod',
  rebuildGeneration: 0,
  restarts: 0,
  conditions: [
    {
      type: 'GuestReady',
      status: 'True' as const,
      reason: 'GuestAnswered',
      message: '',
      lastTransitionTime: ago(86_400),
    },
  ],
}
const found = { since: ago(limit + 5), idleSeconds: limit, rebuildGeneration: 0 }
const condition = (type: string, reason: string, message = 'as before') => ({
  type,
  status: 'True' as const,
  reason,
  message,
  lastTransitionTime: ago(30),
})
const warned = { ...answered, conditions: [...answered.conditions, condition('Expiring', 'IdleSoon')] }
/** That it is over was found, and told. */
const said = {
  ...answered,
  idle: found,
  conditions: [...answered.conditions, condition('Expiring', 'Expired')],
}
const off = {
  ...answered,
  idle: found,
  conditions: [{ ...condition('Active', 'Expired'), status: 'False' as const }],
}

type Row = Readonly<{
  name: string
  /** What the pod says; undefined: it was not asked. */
  idle?: number
  spec?: Partial<InstanceSpec>
  status?: InstanceStatus
  metadata?: object
  pod?: 'none' | 'booting' | 'older'
  kept?: boolean
  phase?: string
  expiring?: Reason
  action?: string
  /** Whether it is written down, after this look, that it expired as idle. */
  found?: boolean
}>

const rows: readonly Row[] = [
  { name: 'a VM in use is left alone', idle: 0 },
  { name: 'and so is one that has not been used for less than nine tenths of the time', idle: 899 },
  { name: 'then it is told', idle: 900, expiring: 'IdleSoon' },
  { name: 'which stays until it is asked again', status: warned, expiring: 'IdleSoon' },
  { name: 'and is taken back when somebody uses it again', idle: 3, status: warned },
  { name: 'that its time is over is written down first', idle: limit, expiring: 'IdleSoon', found: true },
  {
    name: 'then the VM is stopped',
    status: { ...answered, idle: found },
    phase: 'Stopping',
    action: 'delete',
    found: true,
  },
  { name: 'and stays stopped', status: off, pod: 'none', phase: 'Expired', found: true },
  {
    name: 'also when it is locked after that',
    status: off,
    spec: { locked: { reason: 'exam' } },
    pod: 'none',
    phase: 'Expired',
    found: true,
  },
  {
    name: 'a rebuild starts a fresh one',
    status: off,
    spec: { rebuildGeneration: 1 },
    pod: 'none',
    phase: 'Pending',
    action: 'create',
  },
  {
    name: 'and so does another limit',
    status: off,
    spec: { expiry: { idleSeconds: 2000 } },
    pod: 'none',
    phase: 'Pending',
    action: 'create',
  },
  {
    name: 'and none at all',
    status: off,
    spec: { expiry: undefined },
    pod: 'none',
    phase: 'Pending',
    action: 'create',
  },
  {
    name: 'Stopped forgets it, so that Running starts a fresh one',
    status: off,
    spec: { powerState: 'Stopped' },
    pod: 'none',
    phase: 'Stopped',
  },
  {
    name: 'a counter of reboots starts nothing',
    status: off,
    spec: { rebootGeneration: 1 },
    pod: 'none',
    phase: 'Expired',
    found: true,
  },
  {
    name: 'with Delete it is said that the instance goes',
    status: { ...answered, idle: found },
    spec: { onExpiry: 'Delete' },
    expiring: 'Expired',
    found: true,
  },
  {
    name: 'and it goes',
    status: said,
    spec: { onExpiry: 'Delete' },
    expiring: 'Expired',
    action: 'expire',
    found: true,
  },
  {
    name: 'it is kept before that if asked for, whatever the copying makes the pod say',
    idle: 0,
    status: { ...answered, idle: found },
    spec: { onExpiry: 'SnapshotThenDelete' },
    expiring: 'Keeping',
    action: 'keep',
    found: true,
  },
  {
    name: 'and goes when it is kept, having stood still for it',
    status: { ...said, conditions: [...said.conditions, condition('Active', 'Pausing')] },
    spec: { onExpiry: 'SnapshotThenDelete' },
    kept: true,
    phase: 'Paused',
    expiring: 'Expired',
    action: 'expire',
    found: true,
  },
  { name: 'one that is locked does not expire', idle: 5000, spec: { locked: { reason: 'exam' } } },
  {
    name: 'nor one that is locked before its VM went',
    status: { ...answered, idle: found },
    spec: { locked: { reason: 'exam' } },
  },
  { name: 'nor one whose guest does not answer', idle: 5000, pod: 'booting', phase: 'Booting' },
  {
    name: 'nor one that nobody has seen answer yet',
    idle: 5000,
    status: { podUID: 'uid-pod', rebuildGeneration: 0, restarts: 0 },
  },
  {
    name: 'nor one that is rescued',
    idle: 5000,
    status: { ...answered, rescue: { kind: 'BaseImage', name: 'fix', podUID: 'uid-pod', restarts: 0 } },
  },
  {
    name: 'nor a spare of a set',
    idle: 5000,
    metadata: { labels: { [labels.set]: 'web', [labels.setRole]: 'spare' } },
  },
  {
    name: 'nor one that took over a moment ago',
    idle: 5000,
    metadata: {
      labels: { [labels.setRole]: 'replica' },
      annotations: { [annotations.takenAt]: ago(100) },
    },
  },
  {
    name: 'one that took over long ago does',
    idle: 5000,
    metadata: { annotations: { [annotations.takenAt]: ago(1000) } },
    expiring: 'IdleSoon',
    found: true,
  },
  { name: 'a VM of an older version, whose pod cannot tell, is left alone', pod: 'older' },
  {
    name: 'the end of its life comes first',
    idle: 950,
    spec: { expiry: { idleSeconds: limit, deadline: ago(-60) } },
    expiring: 'ExpiresSoon',
  },
]

const ofOlder = (pod: Pod): Pod => JSON.parse(JSON.stringify(pod).replace(/\\"metersUse\\":true,/, ''))

function given({ idle, spec, status = answered, metadata, pod, kept }: Row) {
  const one = instance({ expiry: { idleSeconds: limit }, ...spec }, status)
  const owner = { ...one, metadata: { ...one.metadata, creationTimestamp: ago(90_000), ...metadata } }
  const there = onNode(podOf(owner, pod === 'booting' ? booting : answering))
  const runner =
    idle === undefined
      ? undefined
      : ({ phase: 'Running', reason: '', message: '', idleSeconds: idle } as const)
  return observed({
    instance: owner,
    pod: pod === 'none' ? undefined : pod === 'older' ? ofOlder(there) : there,
    runner,
    kept: kept === true ? snapshot({}, ready) : undefined,
  })
}

for (const row of rows) {
  test(row.name, () => {
    const world = given(row)
    const verdict = decide(world)
    assert.is(verdict.phase, row.phase ?? 'Ready')
    assert.is(verdict.expiring?.reason, row.expiring)
    assert.is(verdict.action?.kind, row.action)
    assert.is(statusOf(world, verdict).idle !== undefined, row.found === true)
  })
}

test('a VM of an older version says that idleSeconds waits for a rebuild', () => {
  const world = given({ name: '', pod: 'older' })
  const change = findCondition(statusOf(world, decide(world)).conditions, 'RestartRequired')
  assert.match(change?.message ?? '', /expiry\.idleSeconds takes effect at its next rebuild/)
})

test('what is told says since when, when, what then, and what to do', () => {
  const { expiring } = decide(given({ name: '', idle: 950 }))
  assert.is(
    expiring?.message,
    'Nobody has used the VM since 2026-01-01T11:44:10Z. At 2026-01-01T12:00:50Z the VM is stopped, and what was written in it is gone, as expiry.idleSeconds (1000) and onExpiry ask: connect to the VM, or raise expiry.idleSeconds, to keep it longer.',
  )
})

test('one that was stopped says why, and how there will be another VM', () => {
  const { active } = decide(given({ name: '', status: off, pod: 'none' }))
  assert.match(
    active.message,
    /nobody had used the VM since 2026-01-01T11:43:15\S*, for the 1000 s of expiry\.idleSeconds/,
  )
  assert.match(
    active.message,
    /raise spec\.rebuildGeneration, or change expiry\.idleSeconds, or set powerState to Stopped/,
  )
})

test('a fresh VM after that is none in place of a lost one', () => {
  const { action } = decide(given({ name: '', status: off, spec: { rebuildGeneration: 1 }, pod: 'none' }))
  assert.is(action?.kind === 'create' && action.restartsBefore, 0)
})

test('that it is idle is written once, and nothing more until it is asked again', () => {
  const told = given({ name: '', idle: 950 })
  const first = statusOf(told, decide(told))
  const later = {
    ...told,
    instance: { ...told.instance, status: first },
    runner: undefined,
    now: new Date(now.getTime() + 20_000),
  }
  assert.equal(statusOf(later, decide(later)), first)
})

test.run()
