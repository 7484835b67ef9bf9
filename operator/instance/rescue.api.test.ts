import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { snapshots } from '../api/types.ts'
import { findCondition } from '../kube/conditions.ts'
import { createSnapshot, deleteSnapshot, findSnapshot, qemuOf } from '../snapshot/testing/paths.ts'
import type { Lab } from './testing/lab.ts'
import { leftOfRescue } from './testing/rescues.ts'
import { World } from './testing/world.ts'

let world: World
let lab: Lab
test.before(async () => {
  world = await World.start()
  lab = await world.lab('rescue')
  await lab.operator()
  await lab.addClaim('tools')
  await lab.create('web1')
  await lab.phase('web1', 'Ready')
})
test.after(() => world?.stop())

const set = (spec: Record<string, unknown>) => lab.change('web1', { spec })
const workers = () => lab.world.kubelet.workers
const isClean = () => qemuOf(lab)?.isClean
const restarts = async () => (await lab.get('web1'))?.status?.restarts

test('an image that is not there is said, and the VM runs on; it is begun with when it comes', async () => {
  await set({ rescue: { claim: 'absent' } })
  const { status } = await lab.reason('web1', 'Stalled', 'ClaimNotFound')
  const message = findCondition(status?.conditions, 'Stalled')?.message ?? ''
  assert.match(message, /no PersistentVolumeClaim absent .*correct spec\.rescue\.claim/)
  assert.is(findCondition(status?.conditions, 'GuestReady')?.status, 'True')
  await lab.addClaim('absent')
  await lab.phase('web1', 'Rescued')
  await set({ rescue: null })
  await lab.phase('web1', 'Ready')
  await lab.until('all to be gone', async () => (await leftOfRescue(lab)).length === 0)
  await lab.until('QEMU to be clean', isClean)
})

test('an image that does not fit is said with both sizes, and nothing is touched', async () => {
  const boots = qemuOf(lab)?.boots.length
  const said = 'disk.qcow2 does not fit into 1024 MiB; its file takes 2048 MiB.'
  workers().plan(`${lab.name}/web1`, { exitCode: 2, reason: 'NoSpace', message: said })
  await set({ rescue: { claim: 'tools' } })
  const { status } = await lab.reason('web1', 'Stalled', 'RescueFailed')
  assert.match(findCondition(status?.conditions, 'Stalled')?.message ?? '', said)
  await set({ rescue: null })
  await lab.phase('web1', 'Ready')
  await lab.until('all to be gone', async () => (await leftOfRescue(lab)).length === 0)
  await lab.until('QEMU to be clean', isClean)
  assert.is(qemuOf(lab)?.boots.length, boots)
})

test('a snapshot waits until the rescue is over', async () => {
  await set({ rescue: { claim: 'tools' } })
  await lab.phase('web1', 'Rescued')
  await createSnapshot(lab)
  await lab.until('the snapshot to wait', async () => {
    const { status } = (await findSnapshot(lab)) ?? {}
    return findCondition(status?.conditions, 'Ready')?.reason === 'InstanceRescued'
  })
  await set({ rescue: null })
  await lab.until('the snapshot', async () => (await findSnapshot(lab))?.status?.phase === 'Ready')
  await deleteSnapshot(lab)
  await lab.until('no snapshot', async () => {
    const { items } = await lab.client.list(snapshots, { namespace: lab.name })
    return items.length === 0
  })
  await lab.phase('web1', 'Ready')
})

test('a rescued VM whose QEMU dies starts afresh, is not rescued again, and says what was lost', async () => {
  await set({ rescue: { claim: 'tools' } })
  await lab.phase('web1', 'Rescued')
  const before = (await restarts()) ?? 0
  await lab.world.kubelet.end(lab.pod('web1'), { exitCode: 1, reason: 'QEMUFailed', message: 'It died.' })
  await lab.until('a fresh VM', async () => {
    const { phase, restarts = 0, conditions } = (await lab.get('web1'))?.status ?? {}
    const reason = findCondition(conditions, 'Rescued')?.reason
    return phase === 'Ready' && restarts > before && reason === 'RescueLost'
  })
  await lab.until('QEMU to be clean', isClean)
  assert.equal(qemuOf(lab)?.boots, [])
  await set({ rescue: null })
  await lab.until('nothing to be said of it any more', async () => {
    const { rescue, conditions } = (await lab.get('web1'))?.status ?? {}
    return rescue === undefined && findCondition(conditions, 'Rescued') === undefined
  })
})

test('a rescued VM is stopped when its rescue is taken away with it, and begins afresh', async () => {
  await set({ rescue: { claim: 'tools' } })
  await lab.phase('web1', 'Rescued')
  const refused = await set({ powerState: 'Stopped' }).then(() => 'accepted', String)
  assert.match(refused, /rescue needs powerState Running: take spec\.rescue away first/)
  await set({ powerState: 'Stopped', rescue: null })
  await lab.phase('web1', 'Stopped')
  await lab.until('all to be gone', async () => (await leftOfRescue(lab)).length === 0)
  await lab.until(
    'the status not to tell of it',
    async () => (await lab.get('web1'))?.status?.rescue === undefined,
  )
  await set({ powerState: 'Running' })
  await lab.phase('web1', 'Ready')
})

test('a rescued VM is rebuilt as ever', async () => {
  await set({ rescue: { claim: 'tools' } })
  await lab.phase('web1', 'Rescued')
  await set({ rebuildGeneration: 1, rescue: null })
  await lab.until('a fresh VM', async () => {
    const { phase, rebuildGeneration, rescue } = (await lab.get('web1'))?.status ?? {}
    return phase === 'Ready' && rebuildGeneration === 1 && rescue === undefined
  })
  await lab.until('QEMU to be clean', isClean)
})

test.run()
