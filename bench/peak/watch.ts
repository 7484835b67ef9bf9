import { setTimeout as sleep } from 'node:timers/promises'
import { type Memory, memoryOf } from '../boot/memory.ts'

/** The most of each figure that was seen, in MiB. */
export type Peak = Readonly<{
  /** What the kernel could not take back, without the guest's resident memory: what the pod needs beyond its guest. */
  overhead: number
  /** What the kernel could not take back, all in all: this has to stay below the limit. */
  held: number
  looks: number
}>

/** Looks at a pod's memory four times a second while something goes on. */
export async function peakDuring(
  podUid: string,
  guestBytes: number,
  going: () => Promise<void>,
): Promise<Peak> {
  const looks: Memory[] = []
  let done = false
  const watching = (async () => {
    do {
      looks.push(memoryOf(podUid, guestBytes))
      await sleep(250)
    } while (!done)
  })()
  const end = () => {
    done = true
  }
  await Promise.all([going().finally(end), watching])
  return peakOf(looks)
}

/** The largest figures of some looks. */
export function peakOf(looks: readonly Pick<Memory, 'held' | 'guest'>[]): Peak {
  return {
    overhead: Math.max(...looks.map(({ held, guest }) => held - guest)),
    held: Math.max(...looks.map(({ held }) => held)),
    looks: looks.length,
  }
}
