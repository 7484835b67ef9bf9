import type { Pod } from './pod.ts'
import { waitFor } from './wait-for.ts'

/** What tells one boot of the pod's guest from the next; empty where it does not answer. */
export const bootId = async (pod: Pod): Promise<string> =>
  (await pod.ssh('cat /proc/sys/kernel/random/boot_id')).stdout.trim()

/** Waits for a guest that answers in another boot than this one. */
export const bootAfter = (pod: Pod, last: string): Promise<true> =>
  waitFor(
    async () => {
      await pod.until((state) => state.guest === 'Ready', 120)
      return !['', last].includes(await bootId(pod)) || undefined
    },
    120,
    () => pod.log().slice(-2000),
  )
