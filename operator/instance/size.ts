import type { Flavor } from '../api/flavor.ts'
import type { InstanceSpec } from '../api/instance-spec.ts'
import { bytesOf } from '../api/quantity.ts'

/** The size that a VM is built with. Bytes for computing, the text that its author wrote for showing. */
export type Size = Readonly<{
  flavor?: string
  cpus: number
  memory: string
  memoryBytes: number
  disk: string
  diskBytes: number
  /** From the flavor; absent: the operator's setting. */
  cpuOvercommit?: number
}>

/** The size that a spec asks for; undefined when it names a flavor that does not exist. */
export function sizeOf(
  spec: Pick<InstanceSpec, 'flavor' | 'resources'>,
  flavor: Flavor | undefined,
): Size | undefined {
  const given = spec.resources ?? flavor?.spec
  if (given === undefined) return undefined
  return {
    ...(spec.flavor === undefined ? {} : { flavor: spec.flavor }),
    cpus: given.cpus,
    memory: String(given.memory),
    memoryBytes: bytesOf(given.memory),
    disk: String(given.disk),
    diskBytes: bytesOf(given.disk),
    ...(flavor?.spec.cpuOvercommit === undefined ? {} : { cpuOvercommit: flavor.spec.cpuOvercommit }),
  }
}
