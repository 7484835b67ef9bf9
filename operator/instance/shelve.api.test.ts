import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { snapshots } from '../api/types.ts'
import { qemuOf, wentOnAfter } from '../snapshot/testing/paths.ts'
import type { Lab } from './testing/lab.ts'
import { World } from './testing/world.ts'

let world: World
let lab: Lab
test.before(async () => {
  world = await World.start()
  lab = await world.lab('shelf')
  await lab.operator()
  await lab.create('web1')
  await lab.phase('web1', 'Ready')
})
test.after(() => world?.stop())

const set = (spec: Record<string, unknown>) => lab.change('web1', { spec })
const goesOn = () => !lab.isPaused(world.kubelet.store.getByKey(lab.pod('web1')))
const kept = async () => (await lab.client.list(snapshots, { namespace: lab.name })).items
const names = async () => (await kept()).map(({ metadata }) => metadata.name).sort()

test('a shelved VM is kept in a Snapshot, and has no pod', async () => {
  await set({ powerState: 'Shelved' })
  const { status } = await lab.phase('web1', 'Shelved')
  await lab.podGone('web1')
  assert.equal(await names(), [status?.shelved?.snapshot])
})

test('its guest did nothing more after the moment that is kept', async () => {
  const [one] = await kept()
  assert.is(one && wentOnAfter(lab, one), false)
})

test('its Snapshot cannot be deleted from under it', async () => {
  const [one] = await kept()
  assert.equal(
    (
      await lab.until('the use to be seen', async () => {
        const [now] = await kept()
        return now?.status?.usedBy !== undefined && now
      })
    ).status?.usedBy,
    [{ kind: 'EphemeralInstance', name: 'web1' }],
  )
  assert.is(one?.metadata.ownerReferences, undefined)
})

test('it starts from that Snapshot again, and counts as no restart', async () => {
  const [name] = await names()
  await set({ powerState: 'Running' })
  const { status } = await lab.phase('web1', 'Ready')
  assert.equal([status?.boot?.kind, status?.boot?.name, status?.restarts], ['Snapshot', name, 0])
})

test('shelved again, it is kept in another Snapshot', async () => {
  const before = await names()
  await set({ powerState: 'Shelved' })
  const { status } = await lab.phase('web1', 'Shelved')
  assert.is(before.includes(status?.shelved?.snapshot ?? ''), false)
  assert.is((await names()).length, 2)
})

test('one who thinks better of it half-way loses nothing of what was written since', async () => {
  await set({ powerState: 'Running' })
  await lab.phase('web1', 'Ready')
  const before = await names()
  await set({ powerState: 'Shelved' })
  await lab.until('the Snapshot', async () => (await names()).length > before.length)
  await set({ powerState: 'Running' })
  await lab.phase('web1', 'Ready')
  assert.is(qemuOf(lab) === undefined, false)
  await lab.until('the guest to go on', goesOn)
  const halfWay = await names()
  await set({ powerState: 'Shelved' })
  const { status } = await lab.phase('web1', 'Shelved')
  assert.is(halfWay.includes(status?.shelved?.snapshot ?? ''), false, 'it was kept as it was before')
})

test('a rebuild begins from the boot source', async () => {
  await set({ powerState: 'Running', rebuildGeneration: 1 })
  const { status } = await lab.phase('web1', 'Ready')
  assert.equal([status?.boot?.kind, status?.shelved], ['PersistentVolumeClaim', undefined])
})

test('a VM that cannot be kept runs on, and says why', async () => {
  const qemu = qemuOf(lab)
  if (qemu !== undefined) qemu.isBroken = true
  await set({ powerState: 'Shelved' })
  await lab.reason('web1', 'Stalled', 'NotKept')
  await lab.until('the guest to go on', goesOn)
  await set({ powerState: 'Running' })
  await lab.phase('web1', 'Ready')
})

test.run()
