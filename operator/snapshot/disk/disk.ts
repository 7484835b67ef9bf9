import type { DiskControl } from '../../control/client.ts'
import type { ControlTarget } from '../../control/connect.ts'
import type { Quiesce, Switched } from '../../control/switched.ts'
import { carryOut } from './carry-out.ts'
import { type BlockGraph, readGraph } from './graph.ts'
import { isTaken, type PointInTime, toNothing, toOffered, toPrepared } from './plan.ts'

/** What snapshots have made in the VM. */
export function lookAtDisk(control: DiskControl, target: ControlTarget): Promise<BlockGraph> {
  return control.qmp(target, readGraph)
}

/**
 * Fixes the disk as it is now, and exports it. Where that was done before, by whomever, nothing is fixed anew: the answer is
 * the one of then. All that was there of other snapshots is gone afterwards.
 */
export async function exportDisk(
  control: DiskControl,
  target: ControlTarget,
  wanted: PointInTime,
  quiesce: Quiesce,
): Promise<Switched> {
  await control.qmp(target, async (qmp) => {
    const graph = await readGraph(qmp)
    if (!isTaken(graph, wanted.names)) await carryOut(toPrepared(graph, wanted), qmp)
  })
  const switched = await control.switchDrive(target, wanted.names.filter, quiesce)
  if (!switched.switched) {
    await releaseDisk(control, target)
    return switched
  }
  await control.qmp(target, async (qmp) => carryOut(toOffered(await readGraph(qmp), wanted), qmp))
  return switched
}

/** Takes away all that snapshots have made in the VM; the guest goes on. */
export async function releaseDisk(control: DiskControl, target: ControlTarget): Promise<void> {
  await control.qmp(target, async (qmp) => carryOut(toNothing(await readGraph(qmp)), qmp))
}
