import { type Firmware, firmware } from '../api/firmware.ts'
import type { Pod } from '../kube/object.ts'

const variable = 'FIRMWARE'

/** What an image is to boot by, for the worker: one that cannot is refused. */
export const workerFirmware = (of: Firmware): Readonly<Record<string, string>> => ({
  [variable]: of.toLowerCase(),
})

/** What a worker was told; undefined: nothing. */
export function firmwareOfWorker({ spec }: Pod): Firmware | undefined {
  const told = spec.containers
    .flatMap(({ env = [] }) => env)
    .find(({ name }) => name === `WORKER_${variable}`)?.value
  return firmware.safeParse(told?.toUpperCase()).data
}
