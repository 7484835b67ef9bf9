import { waitFor } from '../../e2e/harness/wait-for.ts'
import type { Contender } from './contenders.ts'
import { diskOfPod } from './disk.ts'
import { toSsh } from './launch.ts'
import { type Memory, settledMemory } from './memory.ts'

/** What of a node's memory VMs take in a pod of the operator's, and QEMU alone; medians are taken later. */
export type Footprint = Readonly<{ pod: Memory[]; bare: Memory[] }>

/** Launches both, one after the other, `count` times over, and looks at each when it has come to rest. */
export async function footprint(
  count: number,
  guestBytes: number,
  operator: (round: number) => Contender,
  bare: (round: number) => Contender,
): Promise<Footprint> {
  const found: Footprint = { pod: [], bare: [] }
  for (let round = 1; round <= count; round++) {
    found.pod.push(await memoryWhenSettled(operator(round), guestBytes))
    found.bare.push(await memoryWhenSettled(bare(round), guestBytes))
  }
  return found
}

async function memoryWhenSettled(contender: Contender, guestBytes: number): Promise<Memory> {
  const launched = await contender.launch()
  await toSsh(launched)
  const memory = await settledMemory(launched.uid, guestBytes)
  await contender.remove()
  return memory
}

/** What a second VM on one base takes of the node's disk, in MiB: when QEMU has started, and when the guest answers. */
export type Disk = Readonly<{ started: number; ready: number }>

export async function secondVmDisk(first: Contender, second: Contender): Promise<Disk> {
  await toSsh(await first.launch())
  const launched = await second.launch()
  const started = await waitFor('QEMU in the second pod', 30, async () => diskOfPod(launched.uid))
  await toSsh(launched)
  const ready = diskOfPod(launched.uid)
  await Promise.all([first.remove(), second.remove()])
  return { started, ready }
}
