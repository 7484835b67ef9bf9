import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { snapshots } from '../api/types.ts'
import { atRest } from '../instance/testing/at-rest.ts'
import type { Lab } from '../instance/testing/lab.ts'
import { World } from '../instance/testing/world.ts'
import { findCondition } from '../kube/conditions.ts'
import { pods } from '../kube/resource.ts'
import { contentName } from './children.ts'
import { createSnapshot, deleteSnapshot, findSnapshot, leftIn, qemuOf, settled } from './testing/paths.ts'

let world: World
test.before(async () => {
  world = await World.start()
})
test.after(() => world?.stop())

/** A running instance, and a snapshot of it whose worker gets to this step and no further. */
async function heldAt(step: 'bound' | 'running'): Promise<Lab> {
  const lab = await world.freshLab('half-way')
  await lab.operator()
  await lab.create('web1')
  await lab.phase('web1', 'Ready')
  const made = await createSnapshot(lab)
  lab.world.kubelet.holdAt(worker(lab, contentName(made)), step)
  await lab.until('a worker', () => lab.world.kubelet.store.getByKey(worker(lab, contentName(made))))
  return lab
}
/** One whose moment is fixed as well. */
async function halfWay(): Promise<Lab> {
  const lab = await heldAt('running')
  await lab.until('the moment', async () => (await findSnapshot(lab))?.status?.takenAt !== undefined)
  return lab
}
const worker = (lab: Lab, name: string) => `${lab.name}/${name}`
const workerOf = async (lab: Lab) => worker(lab, contentName((await findSnapshot(lab)) as never))

const brokenOff = { exitCode: 1, reason: 'SourceLost', message: 'The source broke off.' }

type Interruption = Readonly<{
  name: string
  happens: (lab: Lab) => Promise<unknown>
  reason: string
  message: RegExp
}>

const interruptions: readonly Interruption[] = [
  {
    name: 'the instance is deleted',
    happens: (lab) => lab.delete('web1'),
    reason: 'SourceLost',
    message: /was deleted/,
  },
  {
    name: 'the instance is stopped',
    happens: (lab) => lab.change('web1', { spec: { powerState: 'Stopped' } }),
    reason: 'SourceLost',
    message: /was stopped|is going/,
  },
  {
    name: 'the instance is rebuilt',
    happens: (lab) => lab.change('web1', { spec: { rebuildGeneration: 1 } }),
    reason: 'SourceLost',
    message: /rebuilt|is going/,
  },
  {
    name: "QEMU ends, and the kubelet starts the VM's container again",
    happens: async (lab) => {
      await lab.world.kubelet.end(lab.pod('web1'), {
        exitCode: 1,
        reason: 'QEMUFailed',
        message: 'It ended.',
      })
      await lab.world.kubelet.end(await workerOf(lab), brokenOff)
    },
    reason: 'SourceLost',
    message: /started anew/,
  },
  {
    name: 'the guest overwrites too much',
    happens: async (lab) => {
      const qemu = qemuOf(lab)
      if (qemu !== undefined) qemu.isBroken = true
      lab.world.kubelet.holdAt(await workerOf(lab), 'ready')
    },
    reason: 'FleeceFull',
    message: /guest goes on/,
  },
]

for (const { name, happens, reason, message } of interruptions) {
  test(`half-way, ${name}: it fails with a reason, and nothing is left`, async () => {
    const lab = await halfWay()
    await happens(lab)
    await lab.until('the end', () => settled('Failed')(lab))
    const stalled = findCondition((await findSnapshot(lab))?.status?.conditions, 'Stalled')
    assert.is(stalled?.reason, reason)
    assert.match(stalled?.message ?? '', message)
    await lab.until('all to be taken away', async () => (await leftIn(lab)).length === 0)
    await lab.until('QEMU to be clean', () => qemuOf(lab)?.isClean ?? true)
  })
}

test('a worker that is deleted half-way is made again, and copies the same moment', async () => {
  const lab = await halfWay()
  const key = await workerOf(lab)
  const [namespace, name = ''] = key.split('/')
  lab.world.kubelet.holdAt(key, 'ready')
  await lab.client.delete(pods, { namespace, name })
  await lab.until('the snapshot to be Ready', () => settled('Ready')(lab))
  assert.is(qemuOf(lab)?.moments.length, 1)
  await lab.until('QEMU to be clean', () => qemuOf(lab)?.isClean)
})

test('while its worker has not started, nothing is made in the VM, and the instance may go', async () => {
  const lab = await heldAt('bound')
  assert.ok(qemuOf(lab)?.isClean)
  assert.is(qemuOf(lab)?.moments.length, 0)
  await lab.delete('web1')
  await lab.until('the end', () => settled('Failed')(lab))
  const stalled = findCondition((await findSnapshot(lab))?.status?.conditions, 'Stalled')
  assert.is(stalled?.reason, 'SourceLost')
  await lab.until('all to be taken away', async () => (await leftIn(lab)).length === 0)
})

/** The second snapshot of the VM says that it waits for the first. */
const secondWaits = (lab: Lab) =>
  lab.until('the second to wait', async () => {
    const ready = findCondition((await findSnapshot(lab, 'silver'))?.status?.conditions, 'Ready')
    return ready?.reason === 'Queued' && /golden/.test(ready.message)
  })

/** The first is let come to its end, and the second follows, with a moment of its own. */
async function bothGoOn(lab: Lab): Promise<void> {
  lab.world.kubelet.holdAt(await workerOf(lab), 'ready')
  await lab.until(
    'both to be Ready',
    async () => (await settled('Ready')(lab)) && settled('Ready', 'silver')(lab),
  )
  assert.is(qemuOf(lab)?.moments.length, 2)
  await lab.until('QEMU to be clean', () => qemuOf(lab)?.isClean)
}

test('snapshots of one VM take turns, each with a moment of its own', async () => {
  const lab = await halfWay()
  await createSnapshot(lab, 'silver')
  await secondWaits(lab)
  assert.is((await findSnapshot(lab, 'silver'))?.status?.takenAt, undefined)
  await bothGoOn(lab)
  // One that is ready has nothing to do with the VM any more: its end does not touch the other's moment.
  await createSnapshot(lab, 'bronze')
  await deleteSnapshot(lab)
  await lab.until('the third to be Ready', () => settled('Ready', 'bronze')(lab))
})

test('a snapshot that took its turn too early, by a cache that lagged, leaves the moment of the other alone', async () => {
  const lab = await halfWay()
  await createSnapshot(lab, 'silver')
  await secondWaits(lab)
  const { source } = (await findSnapshot(lab))?.status ?? {}
  const silver = { namespace: lab.name, name: 'silver' }
  await lab.client.mergePatch(snapshots, silver, { status: { source } }, { subresource: 'status' })
  await lab.until('its worker to wait for a moment', async () => {
    const made = await findSnapshot(lab, 'silver')
    const pod = made && lab.world.kubelet.store.getByKey(worker(lab, contentName(made)))
    return pod?.status?.containerStatuses?.[0]?.state?.running !== undefined
  })
  await secondWaits(lab)
  assert.is(qemuOf(lab)?.moments.length, 1)
  await bothGoOn(lab)
})

test('the deadline ends a snapshot whose worker gets nowhere, and nothing is left', async () => {
  const lab = await world.freshLab('half-way')
  await lab.operator()
  await lab.create('web1')
  await lab.phase('web1', 'Ready')
  const made = await createSnapshot(lab, 'golden', { deadlineSeconds: 60 })
  lab.world.kubelet.holdAt(worker(lab, contentName(made)), 'bound')
  await lab.until('the deadline', () => settled('Failed')(lab))
  const stalled = findCondition((await findSnapshot(lab))?.status?.conditions, 'Stalled')
  assert.is(stalled?.reason, 'DeadlineExceeded')
  await lab.until('all to be taken away', async () => (await leftIn(lab)).length === 0)
  await lab.until('QEMU to be clean', () => qemuOf(lab)?.isClean)
})

test('one that fails while its VM cannot be reached keeps neither worker nor claim, and holds up the next until the VM is clean', async () => {
  const lab = await halfWay()
  await createSnapshot(lab, 'silver')
  const { unreachable } = lab.world.kubelet.vms
  unreachable.add(lab.pod('web1'))
  const full = { exitCode: 1, reason: 'NoSpace', message: 'The claim has no room.' }
  lab.world.kubelet.workers.plan(`${lab.name}/golden`, full)
  lab.world.kubelet.holdAt(await workerOf(lab), 'ready')
  await lab.until('all of it but what is in the VM to be gone', async () => (await leftIn(lab)).length === 0)
  const { status } = (await findSnapshot(lab)) ?? {}
  assert.is(findCondition(status?.conditions, 'Stalled')?.reason, 'NoSpace')
  assert.is(findCondition(status?.conditions, 'Reconciling')?.reason, 'CleaningUp')
  assert.is((await findSnapshot(lab, 'silver'))?.status?.source, undefined)
  unreachable.delete(lab.pod('web1'))
  await lab.until('the next to be Ready', () => settled('Ready', 'silver')(lab))
  assert.ok(await settled('Failed')(lab))
  await lab.until('QEMU to be clean', () => qemuOf(lab)?.isClean)
})

test('a snapshot can wait for its instance, and outlives it', async () => {
  const lab = await world.freshLab('half-way')
  await lab.operator()
  await createSnapshot(lab)
  await lab.until('it to wait', async () => {
    const ready = findCondition((await findSnapshot(lab))?.status?.conditions, 'Ready')
    return ready?.reason === 'InstanceNotFound'
  })
  await lab.create('web1')
  await lab.until('the snapshot to be Ready', () => settled('Ready')(lab))
  await lab.delete('web1')
  await lab.until('the instance to be gone', async () => (await lab.get('web1')) === undefined)
  assert.ok(await settled('Ready')(lab))
  assert.equal(await leftIn(lab), ['PersistentVolumeClaim golden-HASH'])
})

test('a new display name touches nothing, and what is Ready costs nothing any more', async () => {
  const lab = await world.freshLab('half-way')
  const operator = await lab.operator()
  await lab.create('web1')
  await createSnapshot(lab)
  await lab.until('the snapshot to be Ready', () => settled('Ready')(lab))
  await atRest(lab, operator)
  const before = await findSnapshot(lab)
  const writes = operator.client.writes.length
  await lab.client.mergePatch(
    snapshots,
    { namespace: lab.name, name: 'golden' },
    { spec: { displayName: 'golden.old' } },
  )
  await lab.until('it to be seen', async () => (await findSnapshot(lab))?.status?.observedGeneration === 2)
  await atRest(lab, operator)
  const after = await findSnapshot(lab)
  const plain = (one: typeof after) =>
    JSON.stringify({ ...one?.status, conditions: 0, observedGeneration: 0 })
  assert.is(plain(after), plain(before))
  assert.is(operator.client.writes.length - writes, 1)
})

test.run()
