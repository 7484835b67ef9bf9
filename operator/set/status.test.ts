import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { InstanceSet } from '../api/instance-set.ts'
import type { InstanceSetSpec } from '../api/instance-set-spec.ts'
import { now } from '../instance/testing/build.ts'
import type { Refusal } from './act.ts'
import type { Member } from './member.ts'
import { statusOf } from './status.ts'
import { storyOf } from './story.ts'
import { member, observed } from './testing/build.ts'

const some = (...ordinals: number[]) => ordinals.map((ordinal) => member(ordinal))
const spare = (ordinal: number, change: Partial<Member> = {}) => member(ordinal, { role: 'spare', ...change })
const booting = (ordinal: number, change: Partial<Member> = {}) =>
  member(ordinal, { isReady: false, ...change })
const old = (ordinal: number) => member(ordinal, { isUpdated: false })
const stuck = { stalled: 'The claim tiny does not exist.' }
const refusal: Refusal = { reason: 'QuotaExceeded', message: 'no more' }

const cases: readonly {
  name: string
  spec?: Partial<InstanceSetSpec>
  members: readonly Member[]
  refusal?: Refusal
  /** replicas, ready, updated, warm */
  counts: readonly number[]
  /** Type, T or F, and reason. */
  want: readonly string[]
  says?: RegExp
}[] = [
  {
    name: 'all well',
    members: some(0, 1, 2),
    counts: [3, 3, 3, 0],
    want: ['Ready T AllReady', 'Available T AllReady'],
  },
  {
    name: 'nothing asked for',
    spec: { replicas: 0 },
    members: [],
    counts: [0, 0, 0, 0],
    want: ['Ready T AllReady', 'Available T AllReady'],
  },
  {
    name: 'too few',
    members: some(0),
    counts: [1, 1, 1, 0],
    want: ['Ready F Scaling', 'Available F Scaling', 'Reconciling T Scaling'],
    says: /1 of 3 replicas are Ready, 1 exist/,
  },
  {
    name: 'one boots',
    members: [...some(0, 1), booting(2)],
    counts: [3, 2, 3, 0],
    want: ['Ready F ReplicasNotReady', 'Available T ReplicasNotReady', 'Reconciling T ReplicasNotReady'],
  },
  {
    name: 'one is stuck while another one boots',
    members: [...some(0), booting(1), booting(2, stuck)],
    counts: [3, 1, 3, 0],
    want: ['Ready F ReplicasNotReady', 'Available F ReplicasNotReady', 'Reconciling T ReplicasNotReady'],
    says: /web-2: The claim tiny does not exist/,
  },
  {
    name: 'all that is waited for is stuck',
    members: [...some(0), booting(1, stuck), booting(2, stuck)],
    counts: [3, 1, 3, 0],
    want: ['Ready F ReplicasStalled', 'Available F ReplicasNotReady', 'Stalled T ReplicasStalled'],
    says: /2 of 3 replicas cannot get Ready. web-1: The claim tiny/,
  },
  {
    name: 'a refusal',
    members: some(0),
    refusal,
    counts: [1, 1, 1, 0],
    want: ['Ready F QuotaExceeded', 'Available F Scaling', 'Stalled T QuotaExceeded'],
  },
  {
    name: 'a refusal of a spare alone',
    spec: { warm: 1 },
    members: some(0, 1, 2),
    refusal,
    counts: [3, 3, 3, 0],
    want: ['Ready T AllReady', 'Available T WarmingUp', 'Stalled T QuotaExceeded'],
  },
  {
    name: 'a rollout',
    members: [old(0), old(1), booting(2)],
    counts: [3, 2, 1, 0],
    want: ['Ready F RollingOut', 'Available T RollingOut', 'Reconciling T RollingOut'],
    says: /1 of 3 replicas are of the template as it is, 2 are Ready/,
  },
  {
    name: 'outdated ones under OnDelete',
    spec: { updateStrategy: { type: 'OnDelete' } },
    members: [old(0), ...some(1, 2)],
    counts: [3, 3, 2, 0],
    want: ['Ready T UpdateWaiting', 'Available T UpdateWaiting'],
    says: /1 of 3 instances are of a former template/,
  },
  {
    name: 'a spare that boots',
    spec: { warm: 2 },
    members: [...some(0, 1, 2), spare(3), spare(4, { isReady: false })],
    counts: [3, 3, 3, 1],
    want: ['Ready T AllReady', 'Available T WarmingUp', 'Reconciling T WarmingUp'],
  },
]
for (const { name, spec = {}, members, refusal: refused, counts, want, says } of cases) {
  const status = statusOf(observed(spec, members), refused, now)
  const { conditions = [], replicas, readyReplicas, updatedReplicas, warmReplicas } = status
  test(`the counts of: ${name}`, () =>
    assert.equal([replicas, readyReplicas, updatedReplicas, warmReplicas], counts))

  test(`the conditions of: ${name}`, () => {
    assert.equal(
      conditions.map(({ type, status, reason }) => `${type} ${status[0]} ${reason}`),
      want,
    )
    assert.match(conditions[0]?.message ?? '', says ?? /./)
  })

  test(`nothing is written again while nothing changes: ${name}`, () => {
    const before = observed(spec, members)
    const again = { ...before, set: { ...before.set, status } as InstanceSet }
    assert.equal(statusOf(again, refused, new Date(now.getTime() + 60_000)), status)
  })
}

test('the selector finds replicas and not spares', () =>
  assert.is(
    statusOf(observed({}, []), undefined, now).selector,
    'ephemera.dev/instance-set=web,ephemera.dev/set-role=replica',
  ))

test('a rollout is told by its beginning and its end', () => {
  const at = (...members: Member[]) => statusOf(observed({}, members), undefined, now)
  const steps = [
    at(...some(0, 1, 2)),
    at(old(0), old(1), old(2)),
    at(old(0), old(1), booting(2)),
    at(old(0), ...some(1, 2)),
    at(...some(0, 1, 2)),
  ]
  const told = steps.slice(1).flatMap((after, at) => storyOf(steps[at], after))
  assert.equal(
    told.map(({ reason }) => reason),
    ['RolloutStarted', 'RolloutDone'],
  )
})

test('what stalls a set is told once', () => {
  const before = statusOf(observed({}, some(0)), undefined, now)
  const after = statusOf(observed({}, some(0)), refusal, now)
  assert.equal(
    storyOf(before, after).map(({ type, reason }) => `${type} ${reason}`),
    ['Warning QuotaExceeded'],
  )
  assert.equal(storyOf(after, after), [])
})

test.run()
