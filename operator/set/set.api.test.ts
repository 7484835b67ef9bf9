import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { annotations } from '../api/annotations.ts'
import { labels } from '../api/labels.ts'
import { ephemeralInstances } from '../api/types.ts'
import { fastClock } from '../instance/testing/fast-clock.ts'
import type { Lab } from '../instance/testing/lab.ts'
import { World } from '../instance/testing/world.ts'
import { findCondition } from '../kube/conditions.ts'
import type { KubeObject } from '../kube/object.ts'
import { pods, resourceType } from '../kube/resource.ts'
import { changeSet, createSet, deleteSet, findSet, instancesOf, untilSettled } from './testing/paths.ts'

let world: World
test.before(async () => {
  world = await World.start()
})
test.after(() => world?.stop())

const inLab = (body: (lab: Lab) => Promise<void>) => world.inLab('sets', body)

const namesIn = async (lab: Lab) => (await instancesOf(lab)).map(({ metadata }) => metadata.name)
const reasonOf = async (lab: Lab, type: string) =>
  findCondition((await findSet(lab))?.status?.conditions, type)?.reason
const eventsOf = async (lab: Lab) => {
  const { items } = await lab.client.list(
    resourceType<KubeObject & { reason?: string; note?: string; regarding?: { kind?: string } }>({
      group: 'events.k8s.io',
      version: 'v1',
      kind: 'Event',
      plural: 'events',
      namespaced: true,
    }),
    { namespace: lab.name },
  )
  return items.filter(({ regarding }) => regarding?.kind === 'InstanceSet')
}

test('fifty VMs by one apply are all Ready on a node with room for them, with few events and each name once', async () => {
  const lab = await world.lab('fifty')
  // The scheduler: one node that takes fifty VMs and not one more.
  world.kubelet.place = async (pod) => {
    const others = world.kubelet.store.list().filter(({ metadata, spec }) => {
      return metadata.namespace === pod.metadata.namespace && spec.nodeName !== undefined
    })
    return others.length < 50
      ? { node: 'node-1' }
      : { refusal: '0/1 nodes are available: 1 Insufficient memory.' }
  }
  // The clock goes slowly here, or a busy machine would have the operator gather less before it writes.
  const operator = await lab.operator({}, { clock: fastClock(0.05) })
  const before = operator.client.writes.length
  await createSet(lab, { replicas: 50 })
  await untilSettled(lab)
  await lab.until('the operator to be idle', () => operator.isIdle)
  assert.equal(
    await namesIn(lab),
    Array.from({ length: 50 }, (_, at) => `web-${at}`),
  )
  const writes = operator.client.writes.slice(before)
  const ofSet = writes.filter(({ path }) => path.includes('/instancesets/')).length
  const made = writes.filter(
    ({ method, path }) => method === 'POST' && path.includes('/ephemeralinstances'),
  ).length
  console.log(`50 VMs: ${writes.length} writes, ${ofSet} of them of the set's status`)
  assert.is(made, 50)
  assert.ok(ofSet <= 25, `${ofSet} writes of the set's status`)

  // One more finds no room: the set says so in the scheduler's words, and is whole again when it is not asked for any more.
  await changeSet(lab, { replicas: 51 })
  await lab.until('the set to wait', async () => (await reasonOf(lab, 'Ready')) === 'ReplicasNotReady')
  assert.is((await findSet(lab))?.status?.readyReplicas, 50)
  await changeSet(lab, { replicas: 50 })
  await untilSettled(lab)
  assert.is((await namesIn(lab)).at(-1), 'web-49')
  await operator.stop()
  assert.ok((await eventsOf(lab)).length <= 4)
})

test('labels and annotations of the template are on the instances, and roles on the pods', () =>
  inLab(async (lab) => {
    await createSet(lab, { replicas: 1, warm: 1, template: { labels: { tier: 'web' } } })
    await untilSettled(lab)
    const { items } = await lab.client.list(pods, {
      namespace: lab.name,
      labelSelector: (await findSet(lab))?.status?.selector,
    })
    assert.equal(
      items.map(({ metadata }) => [metadata.name, metadata.labels?.tier]),
      [['web-0-vm', 'web']],
    )
  }))

test('a spare takes over without a new VM, and its pod says so', () =>
  inLab(async (lab) => {
    await createSet(lab, { replicas: 1, warm: 1 })
    await untilSettled(lab)
    const standingBy = await lab.get('web-1')
    const spare = standingBy?.status?.podUID
    assert.is(standingBy?.metadata.annotations?.[annotations.takenAt], undefined)
    // What comes after gets no node: were it waited for, nothing would become Ready.
    lab.world.kubelet.holdAt(lab.pod('web-0'), 'pending')
    await lab.delete('web-0')
    await lab.until('the spare to take over', async () => {
      const { items } = await lab.client.list(pods, {
        namespace: lab.name,
        labelSelector: `${labels.set}=web,${labels.setRole}=replica`,
      })
      return items.length === 1 && items[0]?.metadata.uid === spare
    })
    await lab.until('the set to say so', async () => (await findSet(lab))?.status?.readyReplicas === 1)
    lab.world.kubelet.holdAt(lab.pod('web-0'), 'ready')
    await untilSettled(lab)
    const members = await instancesOf(lab)
    assert.equal(
      members.map(({ metadata }) => metadata.labels?.[labels.setRole]),
      ['spare', 'replica'],
    )
    assert.equal(
      members.map(({ metadata }) => Date.parse(metadata.annotations?.[annotations.takenAt] ?? '') > 0),
      [false, true],
      'who took over has been in use since then',
    )
  }))

test('with maxUnavailable 1 no more than one replica is away while they are replaced', () =>
  inLab(async (lab) => {
    await createSet(lab, { replicas: 4 })
    await untilSettled(lab)
    let least = 4
    const end = lab.world.kubelet.store.onChange(() => {
      const ready = lab.world.kubelet.store
        .list()
        .filter(
          ({ metadata, status }) => metadata.namespace === lab.name && status?.containerStatuses?.[0]?.ready,
        )
      least = Math.min(least, ready.filter(({ metadata }) => metadata.deletionTimestamp === undefined).length)
    })
    await changeSet(lab, { template: { labels: { version: 'two' } } })
    await lab.until('all to be replaced', async () =>
      (await instancesOf(lab)).every(({ metadata }) => metadata.labels?.version === 'two'),
    )
    await untilSettled(lab)
    end()
    assert.is(least, 3)
  }))

test('a template that cannot work takes one replica, waits, says why, and goes when it is mended', () =>
  inLab(async (lab) => {
    await createSet(lab)
    await untilSettled(lab)
    await changeSet(lab, { template: { spec: { boot: { claim: 'missing' } } } })
    await lab.until('one to be stuck', async () => (await lab.get('web-2'))?.status?.phase === 'Stalled')
    await lab.until('the set to say why', async () => (await reasonOf(lab, 'Stalled')) === 'ReplicasStalled')
    const { status } = (await findSet(lab)) ?? {}
    assert.is(status?.readyReplicas, 2)
    assert.match(findCondition(status?.conditions, 'Ready')?.message ?? '', /web-2: .*missing/)
    await changeSet(lab, { template: {} })
    await untilSettled(lab)
  }))

test('an instance of somebody else that has a name is passed over and left alone', () =>
  inLab(async (lab) => {
    const { metadata } = await lab.create('web-1')
    await createSet(lab, { replicas: 2 })
    await untilSettled(lab)
    assert.equal(await namesIn(lab), ['web-0', 'web-1', 'web-2'])
    const other = await lab.get('web-1')
    assert.is(other?.metadata.uid, metadata.uid)
    assert.is(other?.metadata.labels, undefined)
    assert.is(other?.metadata.ownerReferences, undefined)
    await lab.until('an event that says so', async () =>
      (await eventsOf(lab)).some(({ reason, note }) => reason === 'NameTaken' && note?.includes('web-1')),
    )
  }))

type Quota = KubeObject & Readonly<{ spec: unknown; status?: unknown }>
const quotas = resourceType<Quota>({
  group: '',
  version: 'v1',
  kind: 'ResourceQuota',
  plural: 'resourcequotas',
  namespaced: true,
})

test('a quota stalls the set with a reason, what fits is made, and it goes on when there is room', () =>
  inLab(async (lab) => {
    const count = (most: number) => ({ 'count/ephemeralinstances.ephemera.dev': String(most) })
    const target = { name: 'few', namespace: lab.name }
    // Without a controller-manager nobody counts: the test says what is used.
    await lab.client.create(quotas, { metadata: target, spec: { hard: count(2) } })
    await lab.client.mergePatch(
      quotas,
      target,
      { status: { hard: count(2), used: count(0) } },
      { subresource: 'status' },
    )
    await createSet(lab, { replicas: 4 })
    await lab.until('the set to stall', async () => (await reasonOf(lab, 'Stalled')) === 'QuotaExceeded')
    assert.is((await namesIn(lab)).length, 2)
    assert.match(
      findCondition((await findSet(lab))?.status?.conditions, 'Ready')?.message ?? '',
      /exceeded quota: few/,
    )
    await lab.client.delete(quotas, target)
    await untilSettled(lab)
    await lab.until('the set not to be stalled', async () => (await reasonOf(lab, 'Stalled')) === undefined)
  }))

test('two sets of one namespace do not touch each other, nor a set its namesake of before', () =>
  inLab(async (lab) => {
    await createSet(lab, { replicas: 2 })
    await createSet(lab, { replicas: 1 }, 'web-0')
    await untilSettled(lab)
    await untilSettled(lab, 'web-0')
    assert.equal(await namesIn(lab), ['web-0', 'web-0-0', 'web-1'])
    const former = (await lab.get('web-1'))?.metadata.uid
    await deleteSet(lab)
    await createSet(lab, { replicas: 2 })
    await lab.until('other instances', async () => {
      const live = await lab.get('web-1')
      return live !== undefined && live.metadata.uid !== former
    })
    await untilSettled(lab)
  }))

test('a member that somebody takes the labels off is let go of, and works on', () =>
  inLab(async (lab) => {
    await createSet(lab, { replicas: 2 })
    await untilSettled(lab)
    const pod = (await lab.get('web-0'))?.status?.podUID
    const taken = { metadata: { labels: { [labels.set]: 'mine' } } }
    await lab.client.mergePatch(ephemeralInstances, { namespace: lab.name, name: 'web-0' }, taken)
    await lab.until(
      'it to be let go of',
      async () => (await lab.get('web-0'))?.metadata.ownerReferences === undefined,
    )
    await lab.until('another in its place', async () => (await namesIn(lab)).length === 3)
    await untilSettled(lab)
    assert.equal(await namesIn(lab), ['web-0', 'web-1', 'web-2'])
    assert.is((await lab.get('web-0'))?.status?.podUID, pod)
  }))

test.run()
