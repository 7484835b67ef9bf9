import type { EphemeralInstance } from '../api/ephemeral-instance.ts'
import { isToBeKept } from './expiring.ts'
import { isCordoned } from './node-loss.ts'
import type { Observed } from './observed.ts'
import type { PodView } from './pod-view.ts'
import { toleratesCordon } from './relocating.ts'
import { isRescued } from './rescued.ts'
import type { Verdict } from './verdict.ts'

/** Why a drain of the node waits for a VM that does not let itself be evicted; undefined: none does. */
export function blocking(
  observed: Pick<Observed, 'instance' | 'node' | 'now'>,
  pod: PodView,
): Verdict['drainBlocked'] {
  const { instance, node } = observed
  const why = isCordoned(node) ? whyHeld(observed, pod, instance.spec.eviction) : undefined
  if (why === undefined) return undefined
  const message = `Node ${pod.node} is cordoned, and its drain waits for this VM, ${why}`
  return { reason: 'NodeCordoned', message }
}

/** What keeps the VM where it is, and what lets it go. */
function whyHeld(
  observed: Pick<Observed, 'instance' | 'now'>,
  pod: PodView,
  eviction: EphemeralInstance['spec']['eviction'],
): string | undefined {
  const { instance } = observed
  if (eviction === 'Block')
    return 'as eviction is Block. To let the VM go: set spec.eviction to Recreate, or spec.powerState to Stopped.'
  if (eviction !== 'SnapshotThenRecreate') return undefined
  if (toleratesCordon(instance))
    return 'which may be placed on cordoned nodes, so that it could come back. To let it go: take the toleration of node.kubernetes.io/unschedulable out of spec.placement.tolerations and rebuild it, or set spec.eviction to Recreate.'
  // One that does not run has nothing to be kept, and is not waited for.
  if (!pod.started || pod.terminating) return undefined
  if (instance.spec.powerState === 'Shelved')
    return 'which is being shelved, and goes when the Snapshot of its disk is complete.'
  if (isToBeKept(observed)) return 'which has expired, and goes when the Snapshot of it is complete.'
  if (isRescued(instance))
    return 'which is being rescued. Take spec.rescue away when its disk is repaired, and it leaves with that disk; or set spec.eviction to Recreate, which gives the disk up.'
  return undefined
}
