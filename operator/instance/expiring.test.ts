import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { OnExpiry } from '../api/expiry.ts'
import type { Reason } from '../api/reasons.ts'
import type { Snapshot } from '../api/snapshot.ts'
import type { Pod } from '../kube/object.ts'
import { awaitingPause, over, pinned, ready, snapshot, taken } from '../snapshot/testing/build.ts'
import { decide } from './decide.ts'
import { statusOf } from './status.ts'
import {
  ago,
  answering,
  instance,
  now,
  observed,
  onNode,
  podOf,
  preparing,
  terminating,
} from './testing/build.ts'

type Given = Readonly<{
  onExpiry?: OnExpiry
  /** Seconds from now until the deadline; negative: it is over. */
  left?: number
  secondsOld?: number
  status?: object
  pod?: Parameters<typeof podOf>[1] | 'none' | 'terminating'
  kept?: Snapshot
  spec?: object
}>

function given({ onExpiry, left = -1, secondsOld = 86_400, status, pod = answering, kept, spec }: Given) {
  const deadline = new Date(now.getTime() + left * 1000).toISOString()
  const asked = onExpiry === undefined ? {} : { onExpiry }
  const one = instance({ expiry: { deadline }, ...asked, ...spec }, status)
  const dated = { ...one, metadata: { ...one.metadata, creationTimestamp: ago(secondsOld) } }
  const podAs = (): Pod | undefined => {
    if (pod === 'none') return undefined
    return pod === 'terminating' ? terminating(onNode(podOf(dated, answering))) : onNode(podOf(dated, pod))
  }
  return observed({ instance: dated, pod: podAs(), kept })
}

const said = {
  podUID: 'uid-pod',
  rebuildGeneration: 0,
  restarts: 0,
  conditions: [
    {
      type: 'Expiring',
      status: 'True' as const,
      reason: 'Expired',
      message: 'as before',
      lastTransitionTime: ago(5),
    },
  ],
}

const pausing = {
  ...said,
  conditions: [
    { type: 'Active', status: 'True' as const, reason: 'Pausing', message: '', lastTransitionTime: ago(5) },
  ],
}

const stopped = {
  conditions: [
    { type: 'Active', status: 'False' as const, reason: 'Expired', message: '', lastTransitionTime: ago(5) },
  ],
}

type Row = Given &
  Readonly<{
    name: string
    phase: string
    expiring?: Reason
    stalled?: Reason
    action?: string
    requeue?: number
  }>

const keeps = { onExpiry: 'SnapshotThenDelete' } as const
const rows: readonly Row[] = [
  {
    name: 'far from its end nothing is told, and nobody looks but when it is to be',
    left: 4200,
    phase: 'Ready',
    requeue: 3600,
  },
  { name: 'nobody looks more than a day ahead', left: 1e7, phase: 'Ready', requeue: 86_400 },
  {
    name: 'ten minutes before the end it is told',
    left: 500,
    phase: 'Ready',
    expiring: 'ExpiresSoon',
    requeue: 500,
  },
  {
    name: 'a stopped one is told as well',
    left: 500,
    pod: 'none',
    spec: { powerState: 'Stopped' },
    phase: 'Stopped',
    expiring: 'ExpiresSoon',
    requeue: 500,
  },
  { name: 'at the end the VM is stopped', phase: 'Stopping', action: 'delete' },
  { name: 'a VM that is going is left to go', pod: 'terminating', phase: 'Stopping' },
  { name: 'and stays so', pod: 'none', phase: 'Expired' },
  { name: 'also when it was never made', onExpiry: 'Stop', pod: 'none', phase: 'Expired' },
  {
    name: 'a rebuild starts no VM whose time is over',
    pod: 'none',
    spec: { rebuildGeneration: 3 },
    phase: 'Expired',
  },
  {
    name: 'that the instance goes is said first',
    onExpiry: 'Delete',
    phase: 'Ready',
    expiring: 'Expired',
    requeue: 1,
  },
  {
    name: 'and done then',
    onExpiry: 'Delete',
    status: said,
    phase: 'Ready',
    expiring: 'Expired',
    action: 'expire',
  },
  {
    name: 'an instance that never got its VM is deleted, too',
    onExpiry: 'Delete',
    pod: 'none',
    status: said,
    phase: 'Expired',
    expiring: 'Expired',
    action: 'expire',
  },
  {
    name: 'a Snapshot is asked for before the instance goes',
    ...keeps,
    phase: 'Ready',
    expiring: 'Keeping',
    action: 'keep',
  },
  { name: 'and waited for', ...keeps, kept: snapshot({}, pinned), phase: 'Ready', expiring: 'Keeping' },
  {
    name: 'the VM stands still before its moment',
    ...keeps,
    kept: snapshot({}, awaitingPause),
    status: pausing,
    phase: 'Paused',
    expiring: 'Keeping',
    action: 'hold',
  },
  {
    name: 'the instance goes when it is complete',
    ...keeps,
    kept: snapshot({}, ready),
    status: { ...pausing, conditions: [...pausing.conditions, ...said.conditions] },
    phase: 'Paused',
    expiring: 'Expired',
    action: 'expire',
  },
  {
    name: 'the VM stays when it failed, and somebody has to act',
    ...keeps,
    kept: snapshot({}, over),
    phase: 'Stalled',
    expiring: 'NotKept',
    stalled: 'NotKept',
  },
  {
    name: 'the VM stays even if the status said that it would go',
    ...keeps,
    kept: snapshot({}, over),
    status: said,
    phase: 'Stalled',
    expiring: 'NotKept',
    stalled: 'NotKept',
  },
  {
    name: 'the VM stays when its Snapshot is taken away while it is made',
    ...keeps,
    kept: snapshot({}, taken, { deletionTimestamp: ago(1) }),
    phase: 'Stalled',
    expiring: 'NotKept',
    stalled: 'NotKept',
  },
  {
    name: 'where no VM ran there is nothing to keep',
    ...keeps,
    pod: preparing,
    status: said,
    phase: 'Starting',
    expiring: 'Expired',
    action: 'expire',
    requeue: 2.5,
  },
  {
    name: 'a rebuild that somebody asks for comes before the Snapshot',
    ...keeps,
    spec: { rebuildGeneration: 0, powerState: 'Stopped' },
    phase: 'Stopping',
    expiring: 'Keeping',
    action: 'delete',
  },
  {
    name: 'a locked one does not expire',
    spec: { locked: { reason: 'exam' } },
    phase: 'Ready',
    expiring: 'Locked',
  },
  {
    name: 'a locked one is not deleted',
    onExpiry: 'Delete',
    spec: { locked: { reason: 'exam' } },
    status: said,
    phase: 'Ready',
    expiring: 'Locked',
  },
  {
    name: 'a VM that its expiry stopped does not start by being locked',
    pod: 'none',
    spec: { locked: { reason: 'exam' } },
    status: stopped,
    phase: 'Expired',
  },
]
for (const { name, phase, expiring, stalled, action, ...more } of rows) {
  test(name, () => {
    const world = given(more)
    const verdict = decide(world)
    assert.is(verdict.phase, phase)
    assert.is(verdict.expiring?.reason, expiring)
    assert.is(verdict.stalled?.reason, stalled)
    assert.is(verdict.action?.kind, action)
    if ('requeue' in more) assert.is(verdict.requeueAfterSeconds, more.requeue)
    const told = statusOf(world, verdict).conditions?.find(({ type }) => type === 'Expiring')
    assert.is(told?.reason, expiring)
  })
}

test('a VM that was kept running because its Snapshot failed says what failed and what to do', () => {
  const { stalled } = decide(given({ ...keeps, kept: snapshot({}, over) }))
  assert.match(stalled?.message ?? '', /Snapshot web1-\w{8} failed: .+ Delete the failed Snapshot/)
})

test('an extended VM is as if it had never been about to expire', () => {
  const world = given({ left: 1e6, status: said })
  assert.is(
    statusOf(world, decide(world)).conditions?.find(({ type }) => type === 'Expiring'),
    undefined,
  )
})

test('the status says when it is, also of a VM that runs on for long', () => {
  const world = given({ left: 1e6 })
  assert.is(statusOf(world, decide(world)).expiresAt, '2026-01-13T01:46:40Z')
})

test('a VM that its expiry stopped is none that was lost', () => {
  const world = given({ pod: 'none' })
  const after = { ...world.instance, status: statusOf(world, decide(world)) }
  const { action } = decide({ ...world, instance: { ...after, spec: { ...after.spec, expiry: undefined } } })
  assert.is(action?.kind === 'create' && action.restartsBefore, 0)
})

test.run()
