import type { Flavor } from '../api/flavor.ts'
import type { InstanceSpec } from '../api/instance-spec.ts'
import { bytesOf } from '../api/quantity.ts'

/** A disk that is gone with its VM. */
export type ScratchDisk = Readonly<{ name: string; size: string; bytes: number }>

/** The size that a VM is built with. Bytes for computing, the text that its author wrote for showing. */
export type Size = Readonly<{
  flavor?: string
  cpus: number
  memory: string
  memoryBytes: number
  disk: string
  diskBytes: number
  /** Blank disks, the flavor's first. */
  scratch?: readonly ScratchDisk[]
  /** From the flavor. */
  swap?: ScratchDisk
  /** From the flavor; absent: the operator's setting. */
  cpuOvercommit?: number
}>

/** The size that a spec asks for; undefined when it names a flavor that does not exist. */
export function sizeOf(
  spec: Pick<InstanceSpec, 'flavor' | 'resources' | 'scratch'>,
  flavor: Flavor | undefined,
): Size | undefined {
  const given = spec.resources ?? flavor?.spec
  if (given === undefined) return undefined
  // A size that is written out has nothing of a flavor.
  const { scratch: own, swap } = spec.resources === undefined ? (flavor?.spec ?? {}) : {}
  const scratch = [
    ...(own === undefined ? [] : [disk('scratch', own)]),
    ...(spec.scratch ?? []).map(({ name, size }) => disk(name, size)),
  ]
  return {
    ...(spec.flavor === undefined ? {} : { flavor: spec.flavor }),
    cpus: given.cpus,
    memory: String(given.memory),
    memoryBytes: bytesOf(given.memory),
    disk: String(given.disk),
    diskBytes: bytesOf(given.disk),
    ...(scratch.length === 0 ? {} : { scratch }),
    ...(swap === undefined ? {} : { swap: disk('swap', swap) }),
    ...(flavor?.spec.cpuOvercommit === undefined ? {} : { cpuOvercommit: flavor.spec.cpuOvercommit }),
  }
}

const disk = (name: string, size: string | number): ScratchDisk => ({
  name,
  size: String(size),
  // In whole sectors.
  bytes: Math.ceil(bytesOf(size) / 512) * 512,
})

/** The disks of a VM that are gone with it, but for the first. */
export const scratchDisks = ({
  scratch = [],
  swap,
}: Pick<Size, 'scratch' | 'swap'>): readonly ScratchDisk[] =>
  swap === undefined ? scratch : [...scratch, swap]
