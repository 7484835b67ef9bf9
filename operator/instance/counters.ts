import type { InstanceSpec } from '../api/instance-spec.ts'
import type { InstanceStatus } from '../api/instance-status.ts'
import type { Observed } from './observed.ts'
import type { PodView } from './pod-view.ts'

/** The two counters whose raises are carried out on a machine that runs. */
export type Counters = Readonly<{ rebootGeneration: number; resetGeneration: number }>

/** Only what was ever raised is written down: most VMs are never reset. */
export function raised({ rebootGeneration, resetGeneration }: Counters): Partial<Counters> {
  return {
    ...(rebootGeneration === 0 ? {} : { rebootGeneration }),
    ...(resetGeneration === 0 ? {} : { resetGeneration }),
  }
}

/**
 * How far the raises are carried out. Where no machine runs there is nothing to do for one: its next start is as good.
 * A pod begins with the counters that it was made with; from then on the status counts.
 */
export function carriedOut({ instance }: Pick<Observed, 'instance'>, pod: PodView | undefined): Counters {
  const { spec, status } = instance
  if (pod === undefined || !pod.started) return spec
  return knownOf(status, pod)
}

/** A raise came while there is a pod, but no machine: that it needs nothing is to be written down before the machine starts. */
export function isMoot({ instance }: Pick<Observed, 'instance'>, pod: PodView | undefined): boolean {
  if (pod === undefined || pod.started) return false
  const known = knownOf(instance.status, pod)
  return isBehind(known, instance.spec)
}

/** Which of the two is to be carried out; a reset does for a reboot, too. */
export function dueOrder(known: Counters, spec: InstanceSpec): 'reset' | 'reboot' | undefined {
  if (known.resetGeneration < spec.resetGeneration) return 'reset'
  return known.rebootGeneration < spec.rebootGeneration ? 'reboot' : undefined
}

function isBehind(known: Counters, spec: InstanceSpec): boolean {
  return dueOrder(known, spec) !== undefined
}

function knownOf(status: InstanceStatus | undefined, pod: PodView): Counters {
  const { rebootGeneration = 0, resetGeneration = 0 } = status?.podUID === pod.uid ? status : pod.counters
  return { rebootGeneration, resetGeneration }
}
