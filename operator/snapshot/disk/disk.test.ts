import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { DiskControl } from '../../control/client.ts'
import { FakeQemu } from '../testing/fake-qemu.ts'
import { exportDisk, lookAtDisk, OtherMoment, releaseDisk } from './disk.ts'
import { blockNames } from './names.ts'
import { toNothing, toOffered, toPrepared } from './plan.ts'

const target = { host: '10.0.0.7', key: '' }
const wantedOf = (uid: string) => ({
  names: blockNames(uid),
  diskBytes: 1024 ** 3,
  fleeceBytes: 1024 ** 3,
  address: '10.0.0.7',
})
const wanted = wantedOf('one')
const now = new Date('2026-01-01T12:00:00Z')

/** The QEMU as an operator reaches it that dies before its command number `dies`. */
function controlOf(
  qemu: FakeQemu,
  dies = Number.POSITIVE_INFINITY,
): DiskControl & { commands: () => number } {
  let commands = 0
  const step = () => {
    if (++commands >= dies) throw new Error('the operator died')
  }
  return {
    commands: () => commands,
    qmp: (_, use) =>
      use({
        execute: async (command, parameters) => {
          step()
          return qemu.execute(command, parameters)
        },
      }),
    switchDrive: async (_, node, quiesce) => {
      step()
      return qemu.switchTo(node, quiesce, now)
    },
  }
}

test('names fit into what QEMU allows, and differ from snapshot to snapshot', () => {
  const names = Object.values(blockNames('4f5bd2a1-6a0e-4d0b-9a3c-0f4a4f3c2b1a'))
  for (const name of names) assert.ok(name.length <= 31, name)
  assert.is(new Set([...names, ...Object.values(blockNames('another'))]).size, 12)
})

test('once it is exported, and once it is released, nothing is left to do', async () => {
  const qemu = new FakeQemu()
  await exportDisk(controlOf(qemu), target, wanted, 'Auto')
  assert.equal(toOffered(await lookAtDisk(controlOf(qemu), target), wanted), [])
  assert.is(qemu.exports.get(wanted.names.export), wanted.names.access)
  await releaseDisk(controlOf(qemu), target, wanted.names)
  assert.equal(toNothing(await lookAtDisk(controlOf(qemu), target)), [])
  assert.ok(qemu.isClean)
})

test('an operator that dies before any command is followed by one that exports the same one moment', async () => {
  const commands = async () => {
    const control = controlOf(new FakeQemu())
    await exportDisk(control, target, wanted, 'Auto')
    return control.commands()
  }
  for (let dies = 1; dies <= (await commands()); dies++) {
    const qemu = new FakeQemu()
    await exportDisk(controlOf(qemu, dies), target, wanted, 'Auto').catch(() => undefined)
    const answer = await exportDisk(controlOf(qemu), target, wanted, 'Auto')
    assert.is(answer.switched, true, `died at ${dies}`)
    assert.equal(qemu.moments, [wanted.names.filter], `died at ${dies}`)
    assert.is(qemu.exports.size, 1, `died at ${dies}`)
  }
})

test('a release that is cut off anywhere is finished by the next', async () => {
  for (let dies = 1; dies < 30; dies++) {
    const qemu = new FakeQemu()
    await exportDisk(controlOf(qemu), target, wanted, 'Auto')
    await releaseDisk(controlOf(qemu, dies), target, wanted.names).catch(() => undefined)
    await releaseDisk(controlOf(qemu), target, wanted.names)
    assert.ok(qemu.isClean, `died at ${dies}`)
  }
})

test("another snapshot's remains are removed before a new moment is fixed", async () => {
  const qemu = new FakeQemu()
  await exportDisk(controlOf(qemu), target, wantedOf('lost'), 'Never')
  await exportDisk(controlOf(qemu), target, wanted, 'Never')
  assert.is(qemu.drive, wanted.names.filter)
  assert.is([...qemu.nodes.keys()].filter((name) => name.startsWith(blockNames('lost').export)).length, 0)
})

test('the moment of another snapshot that still lives is left alone, and it is said whose it is', async () => {
  const qemu = new FakeQemu()
  const living = wantedOf('living')
  await exportDisk(controlOf(qemu), target, living, 'Never')
  const before = JSON.stringify([...qemu.nodes, ...qemu.exports])
  const others = [living.names.filter, blockNames('another').filter]
  const refusal = await exportDisk(controlOf(qemu), target, wanted, 'Never', others).catch((error) => error)
  assert.instance(refusal, OtherMoment)
  assert.is(refusal.filter, living.names.filter)
  assert.is(JSON.stringify([...qemu.nodes, ...qemu.exports]), before)
  assert.is(
    (await exportDisk(controlOf(qemu), target, living, 'Never', [wanted.names.filter])).switched,
    true,
  )
})

test('what is left of a snapshot is taken away, but never the moment of another one', async () => {
  const qemu = new FakeQemu()
  await exportDisk(controlOf(qemu), target, wanted, 'Never')
  await releaseDisk(controlOf(qemu), target, blockNames('long-ago'))
  assert.is(qemu.drive, wanted.names.filter)
  assert.is(qemu.exports.size, 1)
})

test('a guest that must be frozen and cannot be leaves nothing behind', async () => {
  const qemu = new FakeQemu()
  qemu.agentIsSilent = true
  const answer = await exportDisk(controlOf(qemu), target, wanted, 'Required')
  assert.is(answer.switched, false)
  assert.ok(qemu.isClean)
})

test('the fleece cannot grow beyond its bound, and its overflow breaks the snapshot and not the guest', async () => {
  const graph = await lookAtDisk(controlOf(new FakeQemu()), target)
  const added = toPrepared(graph, { ...wanted, fleeceBytes: 65536 * 100 }).flatMap((step) =>
    step.kind === 'run' && step.command === 'blockdev-add' ? [step.parameters] : [],
  )
  assert.is(added.find(({ driver }) => driver === 'raw')?.size, 65536 * 100)
  assert.is(added.find(({ driver }) => driver === 'qcow2')?.file, wanted.names.bound)
  assert.is(added.find(({ driver }) => driver === 'copy-before-write')?.['on-cbw-error'], 'break-snapshot')
})

test.run()
