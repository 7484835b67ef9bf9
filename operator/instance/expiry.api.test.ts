import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { InstanceSpec } from '../api/instance-spec.ts'
import { ephemeralInstances, snapshots } from '../api/types.ts'
import { findCondition } from '../kube/conditions.ts'
import { splitKey } from '../kube/object.ts'
import { events, pods } from '../kube/resource.ts'
import { qemuOf, wentOnAfter } from '../snapshot/testing/paths.ts'
import { type ActDependencies, act } from './act.ts'
import { observed } from './testing/build.ts'
import { fastClock } from './testing/fast-clock.ts'
import type { Lab } from './testing/lab.ts'
import type { TestOperator } from './testing/operator.ts'
import { World } from './testing/world.ts'

let world: World
let lab: Lab
test.before(async () => {
  world = await World.start()
})
test.after(() => world?.stop())

async function running(spec: Partial<InstanceSpec> = {}): Promise<TestOperator> {
  lab = await world.freshLab('expiry')
  const operator = await lab.operator()
  await lab.create('web1', spec)
  await lab.phase('web1', 'Ready')
  return operator
}
/** RFC 3339 of so many seconds from now, by the clock that the operator goes by. */
const inSeconds = (seconds: number) => new Date(world.clock.now() + seconds * 1000).toISOString()
const past = '2020-01-01T00:00:00Z'
const set = (spec: Record<string, unknown>) => lab.change('web1', { spec })
const isGone = () => lab.until('web1 to be gone', async () => (await lab.get('web1')) === undefined)

test('a VM is told to expire, stopped when it does, kept so by a rebuild, and started by more time', async () => {
  const first = await running()
  await set({ expiry: { deadline: new Date(Date.now() + 10_000_000).toISOString() } })
  await first.crash()
  // An operator that comes minutes before the end of that time, and one that comes seconds before it.
  const second = await lab.operator({}, { clock: fastClock(1, 9_700) })
  const soon = await lab.reason('web1', 'Expiring', 'ExpiresSoon')
  assert.is(soon.status?.phase, 'Ready')
  await second.crash()
  await lab.operator({}, { clock: fastClock(1, 9_990) })
  const after = await lab.phase('web1', 'Expired')
  assert.is(await lab.client.find(pods, splitKey(lab.pod('web1'))), undefined)
  assert.is(findCondition(after.status?.conditions, 'Ready'), undefined)
  await set({ rebuildGeneration: 1 })
  await lab.phase('web1', 'Expired')
  await set({ expiry: { deadline: inSeconds(100_000) } })
  const again = await lab.phase('web1', 'Ready')
  assert.is(again.status?.restarts, 0)
  assert.is(again.metadata.generation, 4, 'the operator wrote to the spec')
})

test('a VM under Never that its expiry stopped starts when it gets more time', async () => {
  await running({ restartPolicy: 'Never' })
  await set({ expiry: { deadline: past } })
  await lab.phase('web1', 'Expired')
  await set({ expiry: null })
  assert.is((await lab.phase('web1', 'Ready')).status?.expiresAt, undefined)
})

test('a VM under Never that was stopped starts again under the same operator', async () => {
  await running({ restartPolicy: 'Never' })
  await set({ powerState: 'Stopped' })
  await lab.phase('web1', 'Stopped')
  await set({ powerState: 'Running' })
  assert.is((await lab.phase('web1', 'Ready')).status?.restarts, 0)
})

test('the ttl counts from the creation', async () => {
  await running({ expiry: { ttlSeconds: 1_000_000 } })
  const { metadata, status } = (await lab.get('web1')) ?? {}
  assert.is(Date.parse(status?.expiresAt ?? '') - Date.parse(metadata?.creationTimestamp ?? ''), 1e9)
})

test('an instance that expires is deleted with its VM, and the story tells why', async () => {
  await running({ onExpiry: 'Delete', expiry: { ttlSeconds: 1_000_000 } })
  await set({ expiry: { deadline: past } })
  await isGone()
  await lab.podGone('web1')
  const told = await lab.until('the event', async () => {
    const { items } = await lab.client.list(events, { namespace: lab.name })
    return items.find(({ reason }) => reason === 'Expired')
  })
  assert.match(told.note ?? '', /2020-01-01T00:00:00Z; the instance is deleted/)
})

test('an instance that was given more time since it was looked at is not deleted', async () => {
  await running()
  const seen = await lab.client.get(ephemeralInstances, { namespace: lab.name, name: 'web1' })
  await set({ expiry: { ttlSeconds: 1_000_000 } })
  const dependencies = { client: lab.client } as ActDependencies
  const { signal } = new AbortController()
  await act({ kind: 'expire' }, observed({ instance: seen }), dependencies, signal)
  assert.is((await lab.get('web1'))?.metadata.deletionTimestamp, undefined)
})

test('a VM is kept in a Snapshot before its instance goes', async () => {
  await running({ onExpiry: 'SnapshotThenDelete', expiry: { ttlSeconds: 1_000_000 } })
  await set({ expiry: { deadline: past } })
  await isGone()
  const { items } = await lab.client.list(snapshots, { namespace: lab.name })
  assert.equal(
    items.map(({ status }) => status?.phase),
    ['Ready'],
  )
  assert.equal(
    items.map((one) => wentOnAfter(lab, one)),
    [false],
    'the guest ran after the moment that is kept',
  )
})

test('a VM whose Snapshot fails runs on and says why; without that Snapshot it is tried again', async () => {
  await running({ onExpiry: 'SnapshotThenDelete', expiry: { ttlSeconds: 1_000_000 } })
  const qemu = qemuOf(lab)
  if (qemu !== undefined) qemu.isBroken = true
  await set({ expiry: { deadline: past } })
  await lab.reason('web1', 'Stalled', 'NotKept')
  await lab.until('the guest to go on and answer', async () => {
    const { status } = (await lab.get('web1')) ?? {}
    const isReady = findCondition(status?.conditions, 'Ready')?.status === 'True'
    return isReady && !lab.isPaused(world.kubelet.store.getByKey(lab.pod('web1')))
  })
  if (qemu !== undefined) qemu.isBroken = false
  const { items } = await lab.client.list(snapshots, { namespace: lab.name })
  assert.is(items.length, 1)
  const [failed] = items
  await lab.client.delete(snapshots, { namespace: lab.name, name: failed?.metadata.name ?? '' })
  await isGone()
})

test.run()
