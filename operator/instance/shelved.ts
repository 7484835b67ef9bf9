import type { Boot } from '../api/boot.ts'
import type { EphemeralInstance } from '../api/ephemeral-instance.ts'
import type { InstanceStatus } from '../api/instance-status.ts'

type Known = Pick<EphemeralInstance, 'spec' | 'status'>

/** In which Snapshot the disk of the instance was shelved. A rebuild and a stop forget it: they mean the boot source. */
export function shelvedOf({ spec, status }: Known): NonNullable<InstanceStatus['shelved']> | undefined {
  const { shelved } = status ?? {}
  if (shelved === undefined || spec.powerState === 'Stopped') return undefined
  return shelved.rebuildGeneration === spec.rebuildGeneration ? shelved : undefined
}

/** What a fresh VM of the instance starts as: its shelved disk, or else what the spec says. */
export function bootOf(instance: Known): Boot {
  const shelved = shelvedOf(instance)
  return shelved === undefined ? instance.spec.boot : { snapshot: shelved.snapshot }
}
