import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { snapshotStatus } from '../api/snapshot.ts'
import { findCondition } from '../kube/conditions.ts'
import { completeWords } from '../worker/testing/pods.ts'
import { decide } from './decide.ts'
import type { Observed } from './observed.ts'
import { statusOf } from './status.ts'
import { storyOf } from './story.ts'
import {
  ago,
  claim,
  disk,
  endedWorker,
  observed,
  over,
  ready,
  snapshot,
  taken,
  unclean,
  working,
} from './testing/build.ts'

const statusFor = (of: Partial<Observed> & Pick<Observed, 'snapshot'>) => {
  const all = observed(of)
  return statusOf(all, decide(all))
}
const made = endedWorker(0, completeWords)

test('a ready snapshot says what can be booted, and by which VMs', () => {
  const status = statusFor({ snapshot: snapshot({}, taken), worker: made, inheritedMemory: '512Mi' })
  assert.is(status.claim, claim.metadata.name)
  assert.is(status.sha256, completeWords.sha256)
  assert.is(status.minDisk, '1Gi')
  assert.is(status.minMemory, '512Mi')
  assert.is(status.progress, 100)
  assert.is(status.durationMs, 30_000)
  snapshotStatus.parse(status)
})

test('copies of the image on other nodes are listed', () => {
  const copies = [{ namespace: 'lab', claim: 'golden-snap-c1', node: 'two', phase: 'Ready' as const }]
  const status = statusFor({ snapshot: snapshot({}, taken), worker: made, copies })
  assert.equal(status.copies, copies)
  snapshotStatus.parse(status)
})

test('minDisk and minMemory can be raised and not lowered', () => {
  const spec = { minDisk: '20Gi', minMemory: '64Mi' }
  const status = statusFor({ snapshot: snapshot(spec, taken), worker: made, inheritedMemory: '512Mi' })
  assert.equal([status.minDisk, status.minMemory], ['20Gi', '512Mi'])
  const small = statusFor({ snapshot: snapshot({ minDisk: '1Mi' }, taken), worker: made })
  assert.equal([small.minDisk, small.minMemory], ['1Gi', undefined])
})

test('nothing that can be booted is shown before it is Ready', () => {
  const status = statusFor({ snapshot: snapshot({}, taken), worker: working })
  assert.equal([status.sha256, status.size, status.minDisk], [undefined, undefined, undefined])
  assert.is(findCondition(status.conditions, 'Ready')?.status, 'False')
  assert.is(findCondition(status.conditions, 'Reconciling')?.status, 'True')
})

test('the end is said at once, and that something is left to take away until it is not', () => {
  const first = statusFor({ snapshot: snapshot({}, taken), worker: made })
  assert.is(findCondition(first.conditions, 'Ready')?.status, 'True')
  assert.is(findCondition(first.conditions, 'Reconciling')?.reason, 'CleaningUp')
  const then = statusFor({ snapshot: snapshot({}, first), worker: made })
  assert.is(findCondition(then.conditions, 'Reconciling'), undefined)
})

test('a failed snapshot is stalled and shows no claim once it is cleaned up', () => {
  const status = statusFor({ snapshot: snapshot({}, unclean(over)) })
  assert.is(findCondition(status.conditions, 'Stalled')?.reason, 'SourceLost')
  assert.is(findCondition(status.conditions, 'Reconciling'), undefined)
  assert.is(status.claim, undefined)
})

test('a snapshot that waits for its users can still be booted', () => {
  const users = [{ kind: 'EphemeralInstance', name: 'child' }]
  const status = statusFor({ snapshot: snapshot({}, ready, { deletionTimestamp: ago(5) }), users })
  const before = findCondition(ready.conditions, 'Ready')
  const now = findCondition(status.conditions, 'Ready')
  assert.equal(
    [now?.status, now?.reason, now?.lastTransitionTime],
    ['True', 'Taken', before?.lastTransitionTime],
  )
  assert.match(
    now?.message ?? '',
    /EphemeralInstance child/,
    'and says, where tables look, what it waits for',
  )
  assert.is(findCondition(status.conditions, 'Reconciling')?.reason, 'InUse')
  assert.equal(status.usedBy, users)
})

test('a new display name changes nothing but the generation that was seen', () => {
  const before = statusFor({ snapshot: snapshot({}, ready) })
  const renamed = snapshot({ displayName: 'golden.old' }, before, { generation: 2 })
  const after = statusFor({ snapshot: renamed })
  const { conditions, observedGeneration, ...rest } = after
  const { conditions: _, observedGeneration: __, ...restBefore } = before
  assert.equal(rest, restBefore)
  assert.is(observedGeneration, 2)
  assert.is(conditions?.length, 1)
})

test('a steady state is written no more', () => {
  for (const status of [ready, over]) {
    const once = statusFor({ snapshot: snapshot({}, status) })
    assert.equal(statusFor({ snapshot: snapshot({}, once) }), once)
  }
})

test('progress is written in strides, and never goes back', () => {
  const state = { phase: 'Downloading', reason: '', message: '', bytes: 0, totalBytes: null } as const
  const at = (progress: number, before: number) =>
    statusFor({
      snapshot: snapshot({}, { ...taken, progress: before }),
      worker: working,
      state: { ...state, progress },
    }).progress
  assert.is(at(50, 0), 30)
  assert.is(at(50, 28), 28)
  assert.is(at(10, 30), 30)
})

const told = (before: Parameters<typeof storyOf>[0], of: Parameters<typeof statusFor>[0]) =>
  storyOf(before, statusFor(of)).map(({ type, reason }) => `${type} ${reason}`)

test('the story is told once: the moment, the end, and what went wrong', () => {
  assert.equal(told(undefined, { snapshot: snapshot({}, taken), worker: working }), ['Normal MomentFixed'])
  assert.equal(told(taken, { snapshot: snapshot({}, taken), worker: made }), ['Normal Taken'])
  assert.equal(told(taken, { snapshot: snapshot({}, taken), worker: made, vm: undefined }), ['Normal Taken'])
  const full = {
    snapshot: snapshot({}, taken),
    worker: endedWorker(1, { reason: 'SourceLost', message: '' }),
  }
  assert.equal(told(taken, { ...full, disk: disk({}, true) }), ['Warning FleeceFull'])
  assert.equal(told(ready, { snapshot: snapshot({}, ready) }), [])
})

test.run()
