import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { InstanceSetSpec } from '../api/instance-set-spec.ts'
import { labels } from '../api/labels.ts'
import { instance } from '../instance/testing/build.ts'
import { seeded } from '../instance/testing/lives.ts'
import { SetCast } from './testing/cast.ts'

/** One way of a set, from a settled state to the next. */
type Way = Readonly<{
  name: string
  spec: Partial<InstanceSetSpec>
  act: (cast: SetCast) => void
  /** What is there at the end. */
  want: readonly string[]
  /** It may be over before a cache that lags behind shows it. */
  passes?: true
}>

const another = { spec: { ...instance().spec, boot: { claim: 'another' } } }
const claim = (cast: SetCast, name: string) => {
  const { metadata, ...rest } = cast.instance(name)
  const { [labels.set]: _, ...others } = metadata.labels ?? {}
  cast.cluster.put(cast.cluster.instances, { ...rest, metadata: { ...metadata, labels: others } })
}

const ways: readonly Way[] = [
  {
    name: 'create',
    spec: { warm: 1 },
    act: () => {},
    want: ['0 replica', '1 replica', '2 replica', '3 spare'],
  },
  {
    name: 'scale up',
    spec: { replicas: 1 },
    act: (cast) => cast.change({ replicas: 4 }),
    want: ['0 replica', '1 replica', '2 replica', '3 replica'],
  },
  {
    name: 'scale down',
    spec: { replicas: 4, warm: 1 },
    act: (cast) => cast.change({ replicas: 1 }),
    want: ['0 replica', '4 spare'],
  },
  {
    name: 'lose one',
    spec: {},
    act: (cast) => cast.delete('web-1'),
    want: ['0 replica', '1 replica', '2 replica'],
  },
  {
    name: 'lose one that a spare stands in for',
    spec: { replicas: 2, warm: 1 },
    act: (cast) => cast.delete('web-0'),
    want: ['0 spare', '1 replica', '2 replica'],
  },
  {
    name: 'lose a VM that a spare stands in for',
    spec: { replicas: 2, warm: 1 },
    act: (cast) => cast.lose('web-1'),
    passes: true,
    want: ['0 replica', '1 spare', '2 replica'],
  },
  {
    name: 'replace all',
    spec: { replicas: 3 },
    act: (cast) => cast.change({ template: another }),
    want: ['0 replica', '1 replica', '2 replica'],
  },
  {
    name: 'more replicas and fewer spares at once',
    spec: { replicas: 2, warm: 3 },
    act: (cast) => cast.change({ replicas: 4, warm: 1 }),
    want: ['0 replica', '1 replica', '2 replica', '3 replica', '4 spare'],
  },
]

async function begun({ spec, act }: Way): Promise<SetCast> {
  const cast = new SetCast(spec)
  await cast.until('a settled set', () => cast.isSettled)
  act(cast)
  return cast
}

async function ended(way: Way, change: (cast: SetCast) => void): Promise<SetCast> {
  const cast = way.name === 'create' ? new SetCast(way.spec) : await begun(way)
  change(cast)
  await cast.until(way.name, () => cast.isSettled)
  return cast
}

for (const way of ways) {
  test(`the end of: ${way.name}`, async () => {
    const cast = await ended(way, () => {})
    const roles = cast.instances.map(({ metadata }) => {
      return `${metadata.name.replace('web-', '')} ${metadata.labels?.[labels.setRole]}`
    })
    assert.equal(roles, way.want)
  })

  test(`a crash after any write does not change the end of: ${way.name}`, async () => {
    const baseline = await ended(way, () => {})
    let k = 0
    for (let isOver = false; !isOver; ) {
      k++
      const cast = await ended(way, (one) => {
        one.crashAt = one.writes + k
      })
      assert.equal(cast.print(), baseline.print(), `killed after write ${k}`)
      isOver = cast.writes < cast.crashAt
    }
    assert.ok(k > 1)
  })

  test(`a cache that lags behind makes nothing twice: ${way.name}`, async () => {
    const baseline = await ended(way, () => {})
    for (let seed = 1; seed <= 20; seed++) {
      const random = seeded(seed * 7919)
      const cast = await ended(way, (one) => {
        one.hears = () => random() < 0.3
      })
      if (way.passes === true && cast.made < baseline.made) continue
      assert.equal(cast.print(), baseline.print(), `seed ${seed}`)
    }
  })
}

test('one that is taken out of the set works on, and a spare takes its place', async () => {
  for (let k = 1; k < 8; k++) {
    const cast = new SetCast({ replicas: 2, warm: 1 })
    await cast.until('a settled set', () => cast.isSettled)
    const before = cast.instance('web-0').metadata.uid
    cast.crashAt = cast.writes + k
    claim(cast, 'web-0')
    await cast.until('another spare', () => cast.instances.length === 4)
    await cast.until(
      'it to be let go of',
      () => cast.instance('web-0').metadata.ownerReferences?.length === 0,
    )
    assert.is(cast.instance('web-0').metadata.uid, before)
    assert.equal(
      cast.instances.slice(1).map(({ metadata }) => `${metadata.name} ${metadata.labels?.[labels.setRole]}`),
      ['web-1 replica', 'web-2 replica', 'web-3 spare'],
    )
  }
})

test('a settled set costs no write', async () => {
  const cast = new SetCast({ warm: 1 })
  await cast.until('a settled set', () => cast.isSettled)
  const { writes } = cast
  for (let turn = 0; turn < 10; turn++) await cast.turn()
  assert.is(cast.writes, writes)
})

test.run()
