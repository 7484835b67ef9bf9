import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import type { DiskControl, VmControl } from '../control/client.ts'
import { ControlError, type ControlTarget } from '../control/connect.ts'
import { type Qmp, QmpError } from '../control/qmp.ts'
import { rescuedDevice, rescuePort } from '../qemu/rescue.ts'
import { carryOut } from '../snapshot/disk/carry-out.ts'
import { diskDevice } from '../snapshot/disk/graph.ts'
import { diskNode } from '../snapshot/disk/names.ts'
import { run } from '../snapshot/disk/plan.ts'
import { hasSecond, isSwitched, type RescueGraph, readRescue } from './graph.ts'
import { rescueNames } from './names.ts'
import { type RescueDisk, toFilled, toNothing, toOffered } from './plan.ts'

type Control = DiskControl & VmControl

/** What there is of a rescue in the VM. */
export function lookAtRescue(control: DiskControl, target: ControlTarget): Promise<RescueGraph> {
  return control.qmp(target, readRescue)
}

/**
 * Makes an empty rescue disk and exports it, writable. Throws ControlError where a snapshot is under way: the two share the room
 * beside the overlay.
 */
export async function offerRescueDisk(
  control: DiskControl,
  target: ControlTarget,
  wanted: RescueDisk,
): Promise<void> {
  await control.qmp(target, async (qmp) => {
    const graph = await readRescue(qmp)
    if (graph.isSnapshotted) throw new ControlError('a snapshot of it is under way')
    await carryOut(toOffered(graph, wanted), qmp)
  })
}

/** Starts the machine anew from the rescue disk, alone. What was done of it before is left as it is. */
export async function bootRescue(control: Control, target: ControlTarget): Promise<void> {
  await control.order(target, { what: 'rescue', generation: 1 })
  await control.setPaused(target, true)
  await control.qmp(target, async (qmp) => {
    const graph = await readRescue(qmp)
    if (!isSwitched(graph)) {
      await carryOut(toFilled(graph), qmp)
      // What the guest wrote and QEMU holds is ended by the reset, not carried over to another disk.
      await reset(qmp)
      await setDrive(qmp, rescueNames.disk)
    }
    // Whatever came in between: the rescue system begins at its beginning.
    await reset(qmp)
  })
  await control.setPaused(target, false)
}

/**
 * Gives the rescue system the disk of the VM. Not before it runs: an image like the one that the disk was made from has the same labels
 * and UUIDs, and the guest might take the broken disk for its root.
 */
export async function attachRescued(control: DiskControl, target: ControlTarget): Promise<void> {
  await control.qmp(target, async (qmp) => {
    if (await hasSecond(qmp)) return
    await qmp.execute('device_add', {
      driver: 'virtio-blk-pci',
      id: rescuedDevice,
      bus: rescuePort,
      drive: diskNode,
      serial: rescuedDevice,
      werror: 'enospc',
    })
  })
}

/** Starts the machine anew from its own disk, if it is elsewhere, and takes away all that the rescue made. */
export async function endRescue(
  control: Control,
  target: ControlTarget,
  options: Readonly<{ staysPaused: boolean }>,
): Promise<void> {
  const graph = await lookAtRescue(control, target)
  if (isSwitched(graph) || graph.hasSecond) {
    await control.setPaused(target, true)
    await control.qmp(target, async (qmp) => {
      // A guest that does not let go of it loses it by the reset.
      const unplug = run('device_del', { id: rescuedDevice }, /not found|in the process of unplug/)
      if (await hasSecond(qmp)) await carryOut([unplug], qmp)
      await reset(qmp)
      while (await hasSecond(qmp)) await delay(interval)
      await takeBack(qmp)
    })
  }
  // Reset and not let go on, by this or by one that was interrupted.
  const { runState } = await lookAtRescue(control, target)
  if (!options.staysPaused && (runState === 'prelaunch' || runState === 'paused'))
    await control.setPaused(target, false)
  await control.order(target, { what: 'rescue', generation: 0 })
  await control.qmp(target, async (qmp) => carryOut(toNothing(await readRescue(qmp)), qmp))
}

/** Milliseconds between two looks at what is about to be over. */
const interval = 20

const setDrive = (qmp: Qmp, value: string): Promise<unknown> =>
  qmp.execute('qom-set', { path: diskDevice, property: 'drive', value })

/** QEMU lets go of the disk of a device a moment after the device is gone. */
async function takeBack(qmp: Qmp): Promise<void> {
  for (;;) {
    try {
      await setDrive(qmp, diskNode)
      return
    } catch (error) {
      if (!(error instanceof QmpError) || !/Permission conflict/.test(error.message)) throw error
    }
    await delay(interval)
  }
}

/** Resets a machine that stands still. */
async function reset(qmp: Qmp): Promise<void> {
  const runState = async () =>
    z.object({ status: z.string() }).parse(await qmp.execute('query-status', {})).status
  await qmp.execute('system_reset', {})
  while ((await runState()) !== 'prelaunch') await delay(interval)
}
