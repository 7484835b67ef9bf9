import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { InstanceSetSpec } from '../api/instance-set-spec.ts'
import { seeded } from '../instance/testing/lives.ts'
import { decide, type Plan } from './decide.ts'
import type { Member } from './member.ts'
import type { Observed } from './observed.ts'
import { member, observed } from './testing/build.ts'

/** A plan in words: `+0 +s3` makes, `^3` becomes a replica, `-2` is removed, `!1` was passed over. */
function inWords({ create, assign, remove, passedOver }: Plan): string {
  return [
    ...assign.map(({ member: { ordinal }, role }) => `${role === 'replica' ? '^' : 'v'}${ordinal}`),
    ...remove.map(({ member: { ordinal }, why }) => `-${ordinal} ${why}`),
    ...create.map(({ ordinal, role }) => `+${role === 'spare' ? 's' : ''}${ordinal}`),
    ...passedOver.map((ordinal) => `!${ordinal}`),
  ].join(', ')
}

const some = (...ordinals: number[]) => ordinals.map((ordinal) => member(ordinal))
const spare = (ordinal: number, change: Partial<Member> = {}) => member(ordinal, { role: 'spare', ...change })
const booting = (ordinal: number) => member(ordinal, { isReady: false })
const old = (ordinal: number, change: Partial<Member> = {}) =>
  member(ordinal, { isUpdated: false, ...change })
const lost = (ordinal: number) => member(ordinal, { isReady: false, isLost: true })

const cases: readonly {
  name: string
  spec?: Partial<InstanceSetSpec>
  members?: readonly Member[]
  more?: Partial<Observed>
  want: string
}[] = [
  { name: 'a new set gets its replicas', want: '+0, +1, +2' },
  { name: 'and its spares', spec: { warm: 2 }, want: '+0, +1, +2, +s3, +s4' },
  { name: 'a whole set needs nothing', members: some(0, 1, 2), want: '' },
  { name: 'one that is not Ready is waited for', members: [...some(0, 1), booting(2)], want: '' },
  { name: 'one that was deleted comes back under its name', members: some(0, 2), want: '+1' },
  {
    name: 'a name that is not free yet is waited for',
    members: some(0, 2),
    more: { going: new Set([1]) },
    want: '',
  },
  {
    name: 'a name that somebody else has is passed over',
    members: some(0, 2),
    more: { taken: new Set([1]) },
    want: '+3, !1',
  },
  { name: 'scaling up', spec: { replicas: 5 }, members: some(0, 1, 2), want: '+3, +4' },
  {
    name: 'scaling down takes the highest',
    spec: { replicas: 2 },
    members: some(0, 1, 2),
    want: '-2 scaledDown',
  },
  {
    name: 'scaling down takes first what is not Ready',
    spec: { replicas: 2 },
    members: [...some(0, 2), booting(1)],
    want: '-1 scaledDown',
  },
  {
    name: 'scaling down takes an outdated one rather than one that is not',
    spec: { replicas: 2 },
    members: [old(0), ...some(1, 2)],
    want: '-0 scaledDown',
  },
  {
    name: 'scaling to none keeps the spares',
    spec: { replicas: 0, warm: 1 },
    members: [...some(0), spare(1)],
    want: '-0 scaledDown',
  },
  { name: 'a set may have no instance at all', spec: { replicas: 0 }, want: '' },

  {
    name: 'a spare takes the place of a replica that was deleted, and is replaced itself',
    spec: { warm: 1 },
    members: [...some(0, 2), spare(3)],
    want: '^3, +s1',
  },
  {
    name: 'the Ready spare takes over, not the first',
    spec: { warm: 2 },
    members: [...some(0, 1), spare(2, { isReady: false }), spare(3)],
    want: '^3, +s4',
  },
  {
    name: 'a booting spare is nearer than a new one',
    spec: { warm: 1 },
    members: [...some(0, 1), spare(3, { isReady: false })],
    want: '^3, +s2',
  },
  {
    name: 'the spare of the template as it is takes over before an outdated one',
    spec: { warm: 2, updateStrategy: { type: 'OnDelete' } },
    members: [...some(0, 1), spare(2, { isUpdated: false }), spare(3)],
    want: '^3, +s4',
  },
  {
    name: 'a replica whose VM is lost is replaced by a Ready spare',
    spec: { warm: 1 },
    members: [...some(0, 1), lost(2), spare(3)],
    want: '^3, -2 lost',
  },
  {
    name: 'without a Ready spare it is left to come back by itself',
    spec: { warm: 1 },
    members: [...some(0, 1), lost(2), spare(3, { isReady: false })],
    want: '',
  },
  {
    name: 'scaling up takes the spares first',
    spec: { replicas: 4, warm: 1 },
    members: [...some(0, 1, 2), spare(3)],
    want: '^3, +s4',
  },
  {
    name: 'who was a replica never becomes a spare',
    spec: { replicas: 2, warm: 1 },
    members: some(0, 1, 2),
    want: '-2 scaledDown',
  },
  {
    name: 'fewer spares are asked for',
    spec: { warm: 1 },
    members: [...some(0, 1, 2), spare(3, { isReady: false }), spare(4)],
    want: '-3 scaledDown',
  },
  {
    name: 'a role that somebody took off is put back',
    members: [...some(0, 1), member(2, { isLabelled: false })],
    want: '^2',
  },

  {
    name: 'one outdated instance at a time, the highest first',
    members: [old(0), old(1), old(2)],
    want: '-2 outdated',
  },
  { name: 'the next one waits for the one before', members: [old(0), old(1), booting(2)], want: '' },
  { name: 'and goes when that is Ready', members: [old(0), old(1), member(2)], want: '-1 outdated' },
  { name: 'one that is being made anew is waited for', members: [old(0), old(1)], want: '+2' },
  {
    name: 'as many at a time as may be missing',
    spec: { replicas: 4, updateStrategy: { maxUnavailable: '50%' } },
    members: [old(0), old(1), old(2), old(3)],
    want: '-3 outdated, -2 outdated',
  },
  {
    name: 'a small share is at least one',
    spec: { updateStrategy: { maxUnavailable: '10%' } },
    members: [old(0), old(1), old(2)],
    want: '-2 outdated',
  },
  {
    name: 'outdated ones that are not Ready go at once, and nothing that is',
    members: [old(0), old(1, { isReady: false }), old(2, { isReady: false })],
    want: '-1 outdated, -2 outdated',
  },
  {
    name: 'spares try a new template out first',
    spec: { warm: 1 },
    members: [old(0), old(1), old(2), spare(3, { isUpdated: false })],
    want: '-3 outdated',
  },
  {
    name: 'a bad template gets no further than the spares',
    spec: { warm: 1 },
    members: [old(0), old(1), old(2), spare(3, { isReady: false })],
    want: '',
  },
  {
    name: 'a spare of the template as it is takes the place of a replica that is not',
    spec: { warm: 1 },
    members: [old(0), old(1), old(2), spare(3)],
    want: '^3, -2 outdated',
  },
  {
    name: 'one that is locked stays as it is, and the others are replaced',
    members: [old(0), old(1), old(2, { isLocked: true })],
    want: '-1 outdated',
  },
  {
    name: 'scaling down spares what is locked',
    spec: { replicas: 1 },
    members: [...some(0, 1), member(2, { isLocked: true, isReady: false })],
    want: '-1 scaledDown, -0 scaledDown',
  },
  {
    name: 'OnDelete leaves them',
    spec: { updateStrategy: { type: 'OnDelete' } },
    members: [old(0), old(1, { isReady: false }), old(2)],
    want: '',
  },
]
for (const { name, spec = {}, members = [], more = {}, want } of cases) {
  test(name, () => assert.is(inWords(decide(observed(spec, members, more))), want))
}

/** What there is after a plan was carried out, and what was told to go is gone. */
function applied(before: Observed, { create, assign, remove }: Plan): Observed {
  const roles = new Map(assign.map(({ member: { uid }, role }) => [uid, role]))
  const kept = before.members.filter((one) => !remove.some((gone) => gone.member.uid === one.uid))
  const members = [
    ...kept.map((one) => ({ ...one, isLabelled: true, role: roles.get(one.uid) ?? one.role })),
    ...create.map(({ ordinal, role }) =>
      member(ordinal, { role, uid: `made-${ordinal}-${Math.random()}`, isReady: false }),
    ),
  ]
  return { ...before, members, going: new Set() }
}

const isEmpty = ({ create, assign, remove }: Plan) => create.length + assign.length + remove.length === 0

/** Until there is nothing left to do; throws when that does not come. */
function untilDone(start: Observed, step: (before: Observed, plan: Plan) => void): Observed {
  let world = start
  for (let steps = 0; steps < 50; steps++) {
    const plan = decide(world)
    if (isEmpty(plan)) return world
    step(world, plan)
    world = applied(world, plan)
  }
  throw new Error(`never done: ${JSON.stringify(start)}`)
}

test('from any state a set comes to what was asked for, and never takes more away than it may', () => {
  const random = seeded(7)
  const upTo = (most: number) => Math.floor(random() * (most + 1))
  const maybe = () => random() < 0.5
  for (let round = 0; round < 2000; round++) {
    const numbers = Array.from({ length: 12 }, (_, at) => at)
    const taken = numbers.filter(() => random() < 0.1)
    const present = numbers.filter((at) => !taken.includes(at) && maybe())
    const members = present.map((at) =>
      member(at, {
        role: maybe() ? 'spare' : 'replica',
        isReady: maybe(),
        isUpdated: maybe(),
        isLabelled: random() < 0.9,
        isLost: false,
      }),
    )
    const most = 1 + upTo(2)
    const spec = { replicas: upTo(6), warm: upTo(3), updateStrategy: { maxUnavailable: most } }
    const wanted = spec.replicas + spec.warm
    const going = new Set(
      numbers.filter((at) => !present.includes(at) && !taken.includes(at) && random() < 0.2),
    )
    let world = observed(spec, members, { going, taken: new Set(taken) })
    for (let turns = 0; ; turns++) {
      assert.ok(turns < 60, 'a rollout that never ends')
      world = untilDone(world, (before, { remove }) => {
        const ready = remove.filter(({ member: { isReady }, why }) => isReady && why === 'outdated').length
        const left = before.members.filter(({ isReady }) => isReady).length
        assert.ok(
          ready === 0 || left - ready >= wanted - most,
          'more outdated ones removed than may be missing',
        )
      })
      if (world.members.every(({ isReady }) => isReady)) break
      world = { ...world, members: world.members.map((one) => ({ ...one, isReady: true })) }
    }
    const count = (role: string) => world.members.filter((one) => one.role === role).length
    assert.equal([count('replica'), count('spare')], [spec.replicas, spec.warm])
    assert.ok(world.members.every(({ isUpdated, isLabelled }) => isUpdated && isLabelled))
    const names = world.members.map(({ ordinal }) => ordinal)
    assert.is(new Set(names).size, names.length, 'a name given twice')
    assert.ok(
      world.members.every(({ uid, ordinal }) => !uid.startsWith('made') || !taken.includes(ordinal)),
      'a name of somebody else given',
    )
  }
})

test('the same is decided from the same', () => {
  const members = [old(0), booting(1), spare(3), old(5)]
  const once = decide(observed({ replicas: 4, warm: 2 }, members))
  assert.equal(once, decide(observed({ replicas: 4, warm: 2 }, members)))
})

test.run()
