import { z } from 'zod'
import { type Booted, booted, type InstanceStatus, resolved } from '../../api/instance-status.ts'
import { type PinnedKeyPairs, pinnedKeyPairs } from '../../api/key-pairs.ts'
import type { Pod } from '../../kube/object.ts'
import { type WithoutKvm, withoutKvm } from '../accelerator.ts'
import type { Counters } from '../counters.ts'

/**
 * What the operator wrote down about a pod when it made it. It stands in the container's environment, because that is a
 * part of a pod that nobody can change or strip later, as annotations can be: the life of a VM hangs on it.
 */
export type PodRecord = Readonly<{
  /** The spec.rebuildGeneration that the pod was built for. */
  rebuildGeneration: number
  /** What its counters of reboots and resets stood at; absent where they were never raised. */
  counters?: Partial<Counters> | undefined
  /** Hash over the parts of the spec that it was built from; a difference waits for a rebuild. */
  specHash: string
  /** How many VMs of the instance came before, since the last rebuild. */
  restartsBefore: number
  /** RFC 3339 with milliseconds. */
  createdAt: string
  /** The size that it was built with, as status.resources shows it. */
  /** The most that a snapshot may keep aside, in bytes; absent on pods of versions that had no live snapshots. */
  fleeceBytes?: number | undefined
  size: NonNullable<InstanceStatus['resources']>
  /** It has a port that a disk can be put on while it runs; missing on pods of versions that had none. */
  rescuePort?: boolean | undefined
  /** Its runner measures whether anybody uses the guest; missing on pods of versions that did not. */
  metersUse?: boolean | undefined
  /** What it boots; missing in records of operators that knew claims only. */
  boot?: Booted | undefined
  /** The KeyPairs whose keys it was given; missing where the spec named none. */
  keyPairs?: PinnedKeyPairs | undefined
  /** Why it does not ask for KVM; missing where it does, and in records of operators that did not say. */
  withoutKvm?: WithoutKvm | undefined
}>

/** The variable that holds the record, as JSON. The runner takes no notice of it. */
const variable = 'EPHEMERA_RECORD'

const schema = z.object({
  rebuildGeneration: z.number(),
  counters: z
    .object({ rebootGeneration: z.number().exactOptional(), resetGeneration: z.number().exactOptional() })
    .optional(),
  specHash: z.string(),
  restartsBefore: z.number(),
  createdAt: z.string(),
  fleeceBytes: z.number().optional(),
  rescuePort: z.boolean().optional(),
  metersUse: z.boolean().optional(),
  size: resolved,
  boot: booted.optional(),
  keyPairs: pinnedKeyPairs,
  withoutKvm: z.enum(withoutKvm).optional().catch(undefined),
})

export function recordVariable(record: PodRecord): Readonly<{ name: string; value: string }> {
  return { name: variable, value: JSON.stringify(record) }
}

/** Undefined for a pod that the operator did not make. */
export function recordOf(pod: Pod): PodRecord | undefined {
  for (const { env = [] } of pod.spec.containers) {
    const text = env.find(({ name }) => name === variable)?.value
    if (text !== undefined) return parse(text)
  }
  return undefined
}

function parse(text: string): PodRecord | undefined {
  try {
    return schema.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}
