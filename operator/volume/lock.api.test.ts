import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Lab } from '../instance/testing/lab.ts'
import { World } from '../instance/testing/world.ts'
import { findCondition } from '../kube/conditions.ts'
import { persistentVolumeClaims } from '../kube/resource.ts'
import { attachmentsOf } from './record.ts'

let world: World
test.before(async () => {
  world = await World.start()
})
test.after(() => world?.stop())

async function freshLab(): Promise<Lab> {
  const lab = await world.freshLab('volumes')
  await lab.addClaim('data')
  return lab
}
const writes = { volumes: [{ name: 'data', claim: 'data' }] }
const reads = { volumes: [{ name: 'data', claim: 'data', readOnly: true }] }
const attached = async (lab: Lab) =>
  attachmentsOf(await lab.client.get(persistentVolumeClaims, { namespace: lab.name, name: 'data' }))

test('of many VMs that want a volume one has it, under two operators that both believe to lead, and it goes from hand to hand', async () => {
  const lab = await freshLab()
  const operators = await Promise.all([lab.operator(), lab.operator()])
  const names = ['a', 'b', 'c', 'd', 'e']
  await Promise.all(names.map((name) => lab.create(name, writes)))
  const left = new Set(names)
  while (left.size > 0) {
    const winner = await lab.until('one VM to be Ready, the others to wait', async () => {
      const all = await Promise.all([...left].map((name) => lab.get(name)))
      const ready = all.filter((one) => one?.status?.phase === 'Ready')
      const waiting = all.filter((one) => {
        const active = findCondition(one?.status?.conditions, 'Active')
        return (
          active?.reason === 'VolumeInUse' &&
          active.message.includes(`EphemeralInstance ${ready[0]?.metadata.name} `)
        )
      })
      return ready.length === 1 && waiting.length === left.size - 1 && ready[0]
    })
    const [entry, ...others] = await attached(lab)
    assert.equal([entry?.podUID, others], [winner.status?.podUID, []])
    left.delete(winner.metadata.name)
    await lab.change(winner.metadata.name, { spec: { powerState: 'Stopped' } })
  }
  assert.equal(world.kubelet.vms.doubles, [])
  for (const operator of operators) await operator.stop()
})

test('the volume of a VM on a node that is lost is kept until its pod is known to be gone', async () => {
  const lab = await freshLab()
  const operator = await lab.operator()
  await lab.create('web1', writes)
  await lab.phase('web1', 'Ready')
  world.kubelet.keep(lab.pod('web1'), true)
  await lab.create('web2', writes)
  await lab.reason('web2', 'Active', 'VolumeInUse')
  await lab.delete('web1')
  await lab.until('the instance to be gone', async () => (await lab.get('web1')) === undefined)
  await lab.until('the operator to be idle', () => operator.isIdle)
  assert.is(world.kubelet.made(lab.pod('web2')), 0)
  world.kubelet.keep(lab.pod('web1'), false)
  await lab.phase('web2', 'Ready')
  assert.equal(world.kubelet.vms.doubles, [])
  await operator.stop()
})

test('a VM that is rebuilt keeps its volume, though another one waits for it', async () => {
  const lab = await freshLab()
  const operator = await lab.operator()
  await lab.create('web1', writes)
  await lab.phase('web1', 'Ready')
  await lab.create('web2', writes)
  await lab.reason('web2', 'Active', 'VolumeInUse')
  await lab.change('web1', { spec: { rebuildGeneration: 1 } })
  await lab.until('the rebuild', async () => {
    const { phase, rebuildGeneration } = (await lab.get('web1'))?.status ?? {}
    return phase === 'Ready' && rebuildGeneration === 1
  })
  assert.is(world.kubelet.made(lab.pod('web2')), 0)
  await operator.stop()
})

test('readers share a volume, a writer waits for the last of them', async () => {
  const lab = await freshLab()
  const operator = await lab.operator()
  const readers = ['r1', 'r2', 'r3']
  await Promise.all(readers.map((name) => lab.create(name, reads)))
  for (const name of readers) await lab.phase(name, 'Ready')
  await lab.create('writer', writes)
  await lab.reason('writer', 'Active', 'VolumeInUse')
  for (const name of readers) await lab.delete(name)
  await lab.phase('writer', 'Ready')
  const [entry, ...others] = await attached(lab)
  assert.equal([entry?.instance, others], ['writer', []])
  await operator.stop()
})

test('a volume whose claim comes later is had then; another size and another volume wait for a rebuild', async () => {
  const lab = await freshLab()
  const operator = await lab.operator()
  await lab.create('web1', { volumes: [{ name: 'later', claim: 'later' }] })
  await lab.reason('web1', 'Stalled', 'ClaimNotFound')
  await lab.addClaim('later')
  await lab.phase('web1', 'Ready')
  await lab.change('web1', { spec: { ...writes, resources: { cpus: 2, memory: '256Mi', disk: '1Gi' } } })
  const before = await lab.reason('web1', 'RestartRequired', 'ChangeWaiting')
  assert.is(before.status?.resources?.cpus, 1)
  await lab.change('web1', { spec: { rebuildGeneration: 1 } })
  const after = await lab.until('the rebuild', async () => {
    const live = await lab.get('web1')
    return live?.status?.phase === 'Ready' && live.status.rebuildGeneration === 1 && live
  })
  assert.is(after.status?.resources?.cpus, 2)
  assert.is(findCondition(after.status?.conditions, 'RestartRequired'), undefined)
  assert.equal(
    (await attached(lab)).map(({ instance }) => instance),
    ['web1'],
  )
  await operator.stop()
})

test.run()
