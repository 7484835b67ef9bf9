import type { Reason } from '../api/reasons.ts'

/** Kubernetes' reasons of the condition DisruptionTarget, in our words. */
const causes: Readonly<Record<string, readonly [reason: Reason, what: string]>> = {
  EvictionByEvictionAPI: ['Drained', 'Its node is being drained: the pod was evicted'],
  DeletionByTaintManager: ['Drained', 'A taint of its node does not let the pod stay'],
  PreemptionByScheduler: ['Preempted', 'The pod makes room for one of a higher priority'],
}

/** Why a pod was told to go by somebody else than the operator; undefined: nobody said. */
export function disruptionOf(
  cause: string | undefined,
): Readonly<{ reason: Reason; message: string }> | undefined {
  const found = cause === undefined ? undefined : causes[cause]
  if (found === undefined) return undefined
  const [reason, what] = found
  return { reason, message: `${what}; a fresh VM takes its place if restartPolicy allows.` }
}
