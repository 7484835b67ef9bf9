import type { DiskControl } from '../../control/client.ts'
import { ControlError, type ControlTarget } from '../../control/connect.ts'
import type { Quiesce, Switched } from '../../control/switched.ts'
import { isClean, readRescue } from '../../rescue/graph.ts'
import { carryOut } from './carry-out.ts'
import { type BlockGraph, readGraph } from './graph.ts'
import { type BlockNames, diskNode } from './names.ts'
import { isTaken, type PointInTime, toNothing, toOffered, toPrepared } from './plan.ts'

/** What snapshots have made in the VM. */
export function lookAtDisk(control: DiskControl, target: ControlTarget): Promise<BlockGraph> {
  return control.qmp(target, readGraph)
}

/** The moment of another snapshot is in the VM, which still lives. */
export class OtherMoment extends Error {
  override readonly name = 'OtherMoment'
  /** The node of that moment. */
  readonly filter: string
  constructor(filter: string) {
    super(`the disk has the moment of another snapshot, ${filter}`)
    this.filter = filter
  }
}

/**
 * Fixes the disk as it is now, and exports it. Where that was done before, by whomever, nothing is fixed anew: the answer is
 * the one of then. All that was there of other snapshots is gone afterwards, unless one of them lives.
 * @param others the filters of other snapshots that still have to do with the VM. Throws OtherMoment where the moment of one is fixed.
 */
export async function exportDisk(
  control: DiskControl,
  target: ControlTarget,
  wanted: PointInTime,
  quiesce: Quiesce,
  others: readonly string[] = [],
): Promise<Switched> {
  await control.qmp(target, async (qmp) => {
    const graph = await readGraph(qmp)
    if (!isClean(await readRescue(qmp)))
      throw new ControlError('it is being rescued, and has the rescue disk where its own would be')
    if (others.includes(graph.drive)) throw new OtherMoment(graph.drive)
    if (!isTaken(graph, wanted.names)) await carryOut(toPrepared(graph, wanted), qmp)
  })
  const switched = await control.switchDrive(target, wanted.names.filter, quiesce)
  if (!switched.switched) {
    await releaseDisk(control, target, wanted.names)
    return switched
  }
  await control.qmp(target, async (qmp) => carryOut(toOffered(await readGraph(qmp), wanted), qmp))
  return switched
}

/**
 * Takes away all that snapshots have made in the VM; the guest goes on. Where the moment of another snapshot is fixed by now, there is
 * nothing left of this one, and nothing is touched.
 */
export async function releaseDisk(
  control: DiskControl,
  target: ControlTarget,
  names: BlockNames,
): Promise<void> {
  await control.qmp(target, async (qmp) => {
    const graph = await readGraph(qmp)
    if (graph.drive === diskNode || isTaken(graph, names)) await carryOut(toNothing(graph), qmp)
  })
}

/** Whether the moment can be read no more: the first block of it is tried. False where there is nothing to read. */
export async function isBroken(
  control: DiskControl,
  target: ControlTarget,
  graph: BlockGraph,
  { access }: BlockNames,
): Promise<boolean> {
  if (!graph.nodes.some(({ name }) => name === access)) return false
  const command = { 'command-line': `qemu-io ${access} "read 0 512"` }
  const answer = await control.qmp(target, (qmp) => qmp.execute('human-monitor-command', command))
  return String(answer).includes('failed')
}
