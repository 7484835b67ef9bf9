import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { DiskControl, VmControl } from '../control/client.ts'
import { exportDisk } from '../snapshot/disk/disk.ts'
import { blockNames } from '../snapshot/disk/names.ts'
import { FakeQemu } from '../snapshot/testing/fake-qemu.ts'
import { attachRescued, bootRescue, endRescue, lookAtRescue, offerRescueDisk } from './disk.ts'
import { isBooted, isClean } from './graph.ts'

const target = { host: '10.0.0.1', key: 'k' }
const wanted = { diskBytes: 1024 ** 3, roomBytes: 1024 ** 3 }

/** A VM whose operator dies at its n-th command to it. */
function vm(qemu = new FakeQemu(), dies = Number.POSITIVE_INFINITY) {
  let commands = 0
  const alive = () => {
    commands += 1
    if (commands >= dies) throw new Error('the operator is gone')
  }
  const control = {
    qmp: async (_, use) =>
      use({
        execute: async (command, parameters) => {
          alive()
          return qemu.execute(command, parameters)
        },
      }),
    setPaused: async (_, paused) => {
      alive()
      qemu.setPaused(paused)
    },
    order: async () => alive(),
    switchDrive: async (_, node, quiesce) => qemu.switchTo(node, quiesce, new Date(0)),
  } as Partial<DiskControl & VmControl> as DiskControl & VmControl
  return { qemu, control, commands: () => commands }
}

async function away(control: DiskControl & VmControl): Promise<void> {
  await offerRescueDisk(control, target, wanted)
  await bootRescue(control, target)
  await attachRescued(control, target)
}
const back = (control: DiskControl & VmControl) => endRescue(control, target, { staysPaused: false })

test('a rescued machine was started from the rescue disk, and has its own as the second', async () => {
  const { qemu, control } = vm()
  await away(control)
  assert.ok(isBooted(await lookAtRescue(control, target)))
  assert.equal([qemu.boots, qemu.devices.get('rescued'), qemu.exports.size], [['rescue-disk'], 'disk0', 0])
  await back(control)
  assert.ok(qemu.isClean)
  assert.equal([qemu.boots, qemu.runState], [['rescue-disk', 'disk0'], 'running'])
})

test('a disk that QEMU lets go of only after its device is gone is waited for', async () => {
  const { qemu, control } = vm()
  await away(control)
  qemu.lateReleases = 3
  await back(control)
  assert.ok(qemu.isClean)
  assert.is(qemu.drive, 'disk0')
})

test('nothing of the guest is touched while a rescue is prepared, or broken off', async () => {
  const { qemu, control } = vm()
  await offerRescueDisk(control, target, wanted)
  await offerRescueDisk(control, target, wanted)
  await back(control)
  assert.ok(isClean(await lookAtRescue(control, target)))
  assert.equal([qemu.boots, qemu.isClean], [[], true])
})

test('an operator that dies at any command is taken over from', async () => {
  const whole = vm()
  await away(whole.control)
  await back(whole.control)
  for (let dies = 1; dies <= whole.commands(); dies++) {
    const { qemu, control } = vm(new FakeQemu(), dies)
    await away(control)
      .then(() => back(control))
      .catch(() => undefined)
    const next = vm(qemu)
    const graph = await lookAtRescue(next.control, target)
    if (isClean(graph)) await offerRescueDisk(next.control, target, wanted)
    else if (graph.drive === 'disk0' && graph.exports.length === 0)
      await offerRescueDisk(next.control, target, wanted)
    await bootRescue(next.control, target)
    await attachRescued(next.control, target)
    assert.ok(isBooted(await lookAtRescue(next.control, target)), `command ${dies}`)
    await back(next.control)
    assert.equal(
      [qemu.isClean, qemu.runState, qemu.boots.at(-1)],
      [true, 'running', 'disk0'],
      `command ${dies}`,
    )
  }
})

test('a machine that is to stand still is reset and not let go on', async () => {
  const { qemu, control } = vm()
  await away(control)
  await endRescue(control, target, { staysPaused: true })
  assert.equal([qemu.isClean, qemu.runState], [true, 'prelaunch'])
})

test('a rescue and a snapshot keep out of each other’s way', async () => {
  const snapshot = { names: blockNames('one'), diskBytes: 1024 ** 3, fleeceBytes: 1024 ** 3 }
  const rescued = vm()
  await away(rescued.control)
  const refusal = async (did: Promise<unknown>) => did.then(() => 'done', String)
  assert.match(await refusal(exportDisk(rescued.control, target, snapshot, 'Never')), /being rescued/)
  const snapshotted = vm()
  await exportDisk(snapshotted.control, target, snapshot, 'Never')
  assert.match(await refusal(offerRescueDisk(snapshotted.control, target, wanted)), /snapshot/)
})

test.run()
