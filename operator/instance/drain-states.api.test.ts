import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { EphemeralInstance } from '../api/ephemeral-instance.ts'
import { labels } from '../api/labels.ts'
import { snapshots } from '../api/types.ts'
import { findCondition } from '../kube/conditions.ts'
import { createSet, instancesOf, untilSettled } from '../set/testing/paths.ts'
import { contentName } from '../snapshot/children.ts'
import { createSnapshot, findSnapshot, wentOnAfter } from '../snapshot/testing/paths.ts'
import { cordonHalfway } from './testing/drains.ts'
import type { Lab } from './testing/lab.ts'
import { cordon, playNodes } from './testing/played-nodes.ts'
import { World } from './testing/world.ts'

/** A node is cordoned while its VM is in the middle of something. */
let world: World
test.before(async () => {
  world = await World.start()
})
test.after(() => world?.stop())

const inLab = (body: (lab: Lab) => Promise<void>) => world.inLab('drained', body, playNodes)

const eviction = 'SnapshotThenRecreate'
const name = 'web1'
const ready = async (lab: Lab) => {
  await lab.create(name, { eviction })
  return lab.phase(name, 'Ready')
}

const hasLeft = ({ status, metadata }: EphemeralInstance, phase: string) =>
  status?.phase === phase &&
  status.nodeName === `${metadata.namespace}-b` &&
  status.boot?.kind === 'Snapshot' &&
  status.boot.name === status.shelved?.snapshot

const snapshotsOf = async (lab: Lab) => (await lab.client.list(snapshots, { namespace: lab.name })).items

/** Waits until the VM is on the other node, in this phase and with the disk that it had. */
const left = (lab: Lab, phase = 'Ready', named = name) =>
  lab.until(`${named} to be ${phase} on the other node`, async () => {
    const live = await lab.get(named)
    return live !== undefined && hasLeft(live, phase) && live
  })

const blockedBy = async (lab: Lab, reason: string) => {
  const { status } = await lab.reason(name, 'DrainBlocked', reason)
  return findCondition(status?.conditions, 'DrainBlocked')?.message ?? ''
}

for (const volumes of [undefined, [{ name: 'data', claim: 'data' }]])
  test(`a VM ${volumes ? 'with a volume ' : ''}that leaves does nothing more after the moment that is kept`, () =>
    inLab(async (lab) => {
      await lab.addClaim('data')
      await lab.create(name, { eviction, ...(volumes ? { volumes } : {}) })
      await lab.phase(name, 'Ready')
      await cordon('a')(lab)
      const { status } = await left(lab)
      const disk = (await snapshotsOf(lab)).find((one) => one.metadata.name === status?.boot?.name)
      assert.is(disk && wentOnAfter(lab, disk), false)
    }))

test('a VM that is being rescued stays until its disk is repaired, says so, and leaves with that disk', () =>
  inLab(async (lab) => {
    await lab.addClaim('tools')
    const { status } = await ready(lab)
    await lab.change(name, { spec: { rescue: { claim: 'tools' } } })
    await lab.phase(name, 'Rescued')
    await cordon('a')(lab)
    assert.match(await blockedBy(lab, 'NodeCordoned'), /is being rescued\. Take spec\.rescue away/)
    assert.equal(await snapshotsOf(lab), [])
    assert.is((await lab.phase(name, 'Rescued')).status?.podUID, status?.podUID)
    await lab.change(name, { spec: { rescue: null } })
    const after = await left(lab)
    assert.equal([after.status?.restarts, after.status?.rescue], [0, undefined])
  }))

test('a rescue that is asked for while the disk is being kept goes first, and nothing is left of the Snapshot', () =>
  inLab(async (lab) => {
    await lab.addClaim('tools')
    await ready(lab)
    await cordonHalfway(lab)
    await lab.change(name, { spec: { rescue: { claim: 'tools' } } })
    await blockedBy(lab, 'NodeCordoned')
    const { status } = await lab.phase(name, 'Rescued')
    assert.is(status?.nodeName, `${lab.name}-a`)
    await lab.until('the Snapshot to go', async () => (await snapshotsOf(lab)).length === 0)
    await lab.change(name, { spec: { rescue: null } })
    const after = await left(lab)
    assert.is(after.status?.restarts, 0)
  }))

test('a guest that does not answer leaves with the disk that it has, also after a drain that was called off', () =>
  inLab(async (lab) => {
    world.kubelet.holdAt(lab.pod(name), 'started')
    await lab.create(name, { eviction })
    await lab.phase(name, 'Booting')
    const worker = await cordonHalfway(lab)
    const [first] = await snapshotsOf(lab)
    await cordon('a', false)(lab)
    await lab.until('the guest to go on', () => {
      return !lab.isPaused(world.kubelet.store.getByKey(lab.pod(name)))
    })
    world.kubelet.holdAt(worker, 'ready')
    await lab.until('the Snapshot to be complete or gone', async () => {
      return (await snapshotsOf(lab)).every(({ status }) => status?.phase === 'Ready')
    })
    await cordon('a')(lab)
    world.kubelet.holdAt(lab.pod(name), 'ready')
    const { status } = await left(lab)
    assert.is.not(status?.boot?.name, first?.metadata.name)
  }))

test('a snapshot that somebody takes is complete before the VM leaves', () =>
  inLab(async (lab) => {
    await ready(lab)
    const made = await createSnapshot(lab)
    const worker = `${lab.name}/${contentName(made)}`
    world.kubelet.holdAt(worker, 'bound')
    await lab.until('its worker', () => world.kubelet.store.getByKey(worker))
    await cordon('a')(lab)
    await blockedBy(lab, 'Keeping')
    await lab.until('the drain to wait for its turn', async () => {
      return (await snapshotsOf(lab)).some(
        ({ status }) => findCondition(status?.conditions, 'Ready')?.reason === 'Queued',
      )
    })
    world.kubelet.holdAt(worker, 'ready')
    await left(lab)
    assert.is((await findSnapshot(lab))?.status?.phase, 'Ready')
  }))

test('a paused VM leaves with its disk, and is paused where it comes to', () =>
  inLab(async (lab) => {
    await ready(lab)
    await lab.change(name, { spec: { powerState: 'Paused' } })
    await lab.phase(name, 'Paused')
    await cordon('a')(lab)
    const { status } = await left(lab, 'Paused')
    assert.is(status?.restarts, 0)
    assert.is(lab.isPaused(world.kubelet.store.getByKey(lab.pod(name))), true)
  }))

test('a VM of a set and one that stands by leave with their disks, and none is replaced', () =>
  inLab(async (lab) => {
    await createSet(lab, { replicas: 1, warm: 1, template: { spec: { eviction } } })
    await untilSettled(lab)
    const who = async () =>
      (await instancesOf(lab)).map(({ metadata }) => [metadata.uid, metadata.labels?.[labels.setRole]])
    const before = await who()
    await cordon('a')(lab)
    await Promise.all(['web-0', 'web-1'].map((member) => left(lab, 'Ready', member)))
    await untilSettled(lab)
    assert.equal(await who(), before)
  }))

test.run()
