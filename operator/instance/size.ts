import type { Flavor } from '../api/flavor.ts'
import type { InstanceSpec } from '../api/instance-spec.ts'
import { bytesOf, diskBytesOf } from '../api/quantity.ts'
import type { Reason } from '../api/reasons.ts'
import type { ReadySource } from './boot-source.ts'

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
  bytes: diskBytesOf(size),
})

/** The disks of a VM that are gone with it, but for the first. */
export const scratchDisks = ({
  scratch = [],
  swap,
}: Pick<Size, 'scratch' | 'swap'>): readonly ScratchDisk[] =>
  swap === undefined ? scratch : [...scratch, swap]

/** As Nova does: an image says what it needs, and a VM that has less is not made. Undefined: it has enough. */
export function tooSmall(
  size: Pick<Size, 'disk' | 'diskBytes' | 'memory' | 'memoryBytes'> &
    Readonly<{ flavor?: string | undefined }>,
  { boot, minDisk, minMemory }: Pick<ReadySource, 'boot' | 'minDisk' | 'minMemory'>,
): Readonly<{ reason: Reason; message: string }> | undefined {
  const what = size.flavor === undefined ? 'The VM' : `Flavor ${size.flavor}`
  if (minDisk !== undefined && size.diskBytes < bytesOf(minDisk)) {
    const message = `${what} has a disk of ${size.disk}; ${boot.kind} ${boot.name} asks for at least ${minDisk}: use a larger flavor, or raise resources.disk.`
    return { reason: 'FlavorDiskTooSmall', message }
  }
  if (minMemory !== undefined && size.memoryBytes < bytesOf(minMemory)) {
    const message = `${what} has ${size.memory} of memory; ${boot.kind} ${boot.name} asks for at least ${minMemory}: use a larger flavor, or raise resources.memory.`
    return { reason: 'FlavorMemoryTooSmall', message }
  }
  return undefined
}
