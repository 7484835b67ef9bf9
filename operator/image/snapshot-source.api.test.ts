import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Lab } from '../instance/testing/lab.ts'
import { World } from '../instance/testing/world.ts'
import { findCondition } from '../kube/conditions.ts'
import { pods } from '../kube/resource.ts'
import { contentName } from '../snapshot/children.ts'
import { createSnapshot, deleteSnapshot, findSnapshot, settled } from '../snapshot/testing/paths.ts'
import { change, create, get, reaches } from './testing/images.ts'

/** One image from Snapshot `golden` of a VM that boots by UEFI, from the beginning to the end. */
let world: World
let lab: Lab
test.before(async () => {
  world = await World.start()
  lab = await world.lab('from-snapshot')
  await lab.operator()
  await lab.create('web1', { boot: { claim: 'tiny', firmware: 'UEFI' } })
  await lab.phase('web1', 'Ready')
})
test.after(() => world?.stop())

test('an image from a Snapshot that is not there says so', async () => {
  await create(lab, { source: { snapshot: { name: 'golden' } } })
  const { status } = await reaches(lab, 'Pending', 'SourceNotFound')
  assert.match(findCondition(status?.conditions, 'Stalled')?.message ?? '', /no Snapshot golden/)
})

test('it waits for one that is not Ready', async () => {
  const made = await createSnapshot(lab)
  world.kubelet.holdAt(`${lab.name}/${contentName(made)}`, 'running')
  await lab.until('the moment', async () => (await findSnapshot(lab))?.status?.takenAt !== undefined)
  const { status } = await reaches(lab, 'Pending', 'SourceNotReady')
  assert.is(findCondition(status?.conditions, 'Stalled'), undefined)
})

test('one that failed is not waited for, and it is said why it failed', async () => {
  const full = { exitCode: 1, reason: 'NoSpace', message: 'The claim has no room.' }
  world.kubelet.workers.plan(`${lab.name}/golden`, full)
  const failing = await findSnapshot(lab)
  if (failing === undefined) throw new Error('there is no Snapshot')
  world.kubelet.holdAt(`${lab.name}/${contentName(failing)}`, 'ready')
  await lab.until('it to fail', () => settled('Failed')(lab))
  const { status } = await reaches(lab, 'Pending', 'SourceFailed')
  const { message = '' } = findCondition(status?.conditions, 'Stalled') ?? {}
  assert.match(message, /Snapshot golden failed: The claim has no room\./)
})

test('when another takes its place and is Ready, the image is made', async () => {
  await deleteSnapshot(lab)
  await lab.until('it to be gone', async () => (await findSnapshot(lab)) === undefined)
  await createSnapshot(lab, 'golden', { minDisk: '3Gi', minMemory: '512Mi' })
  const { status } = await reaches(lab, 'Ready')
  assert.is(findCondition(status?.conditions, 'Stalled'), undefined)
  assert.ok(status?.sha256)
})

test('it asks of VMs what the Snapshot asked for, which can go, unless it says otherwise itself', async () => {
  await deleteSnapshot(lab)
  await lab.until('the Snapshot to be gone', async () => (await findSnapshot(lab)) === undefined)
  await change(lab, { minMemory: '256Mi' })
  const { status } = await lab.until('its own word to count', async () => {
    const image = await get(lab)
    return image?.status?.minMemory === '256Mi' && image
  })
  assert.is(status?.minDisk, '3Gi')
  await change(lab, { minMemory: null })
  await lab.until('that of the Snapshot to count again', async () => {
    const image = await get(lab)
    return image?.status?.minMemory === '512Mi'
  })
})

test('what is made from it boots by what the VM booted by, as do VMs of the Snapshot', async () => {
  assert.is((await get(lab))?.status?.inherited?.firmware, 'UEFI')
  await createSnapshot(lab)
  await lab.until('the Snapshot', () => settled('Ready')(lab))
  for (const [name, boot] of [
    ['of-image', { image: 'debian' }],
    ['of-snapshot', { snapshot: 'golden' }],
  ] as const) {
    await lab.create(name, { boot, resources: { cpus: 1, memory: '512Mi', disk: '3Gi' } })
    const { status } = await lab.phase(name, 'Ready')
    assert.is(status?.boot?.firmware, 'UEFI')
    const { spec } = await lab.client.get(pods, { namespace: lab.name, name: `${name}-vm` })
    assert.is(spec.containers[0]?.env?.find(({ name }) => name === 'VM_FIRMWARE')?.value, 'uefi')
  }
})

test.run()
