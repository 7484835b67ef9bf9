import type { Reason } from '../api/reasons.ts'
import type { Node } from '../kube/object.ts'
import { controllerOf } from '../kube/owner.ts'
import type { Observed } from './observed.ts'
import { isOurs } from './ownership.ts'
import { type PodView, viewPod } from './pod-view.ts'
import { down, no, type Verdict } from './verdict.ts'

/** The taint that Kubernetes puts on a node of which nothing was heard for some 45 s. */
const unreachable = 'node.kubernetes.io/unreachable'

/** Kubernetes' word for a pod that a taint sent away. */
const byTaint = 'DeletionByTaintManager'

/** Nobody is there who could end a pod of the node, or say that it ended. */
export const isUnreachable = (node: Node | undefined): boolean =>
  node?.spec?.taints?.some(({ key }) => key === unreachable) ?? false

/** Nothing new is to be placed on it: somebody is about to drain it. */
export const isCordoned = (node: Node | undefined): boolean => node?.spec?.unschedulable === true

/** What about a node matters to its VMs. */
export const nodePart = (node: Node): unknown => [isUnreachable(node), isCordoned(node)]

/**
 * A verdict as it is when the pod's node is lost. Kubernetes tells the pods of such a node to go, and then waits for its kubelet, which
 * may be gone for good. A VM that writes nothing but its own overlay need not be waited for: should it run still, it harms nobody.
 */
export function afterNodeLoss(observed: Observed, verdict: Verdict): Verdict {
  const { pod: live, node } = observed
  if (live === undefined || !isUnreachable(node) || !isKnown(observed)) return verdict
  const pod = viewPod(live)
  if (!pod.terminating)
    return isAway(verdict) ? verdict : { ...verdict, ...unheard(pod, verdict.active.reason) }
  if (verdict.action !== undefined) return verdict
  if (pod.writesVolumes) return heldBack(pod)
  const action = { kind: 'abandon', podUID: pod.uid } as const
  // The taint is what sends the pods of a lost node away, too.
  const { reason } = verdict.active
  const isLost = reason === 'PodLost' || (reason === 'Drained' && pod.disruption === byTaint)
  return isLost ? { ...lost(pod), action } : { ...verdict, action }
}

/** The instance's, or one of a former instance of the same name. */
function isKnown(observed: Observed): boolean {
  const { pod, instance } = observed
  if (pod === undefined) return false
  const owner = controllerOf(pod)
  return isOurs(observed, pod) || (owner?.kind === instance.kind && owner.name === instance.metadata.name)
}

/** Its end is known, or it is being ended. */
const isAway = ({ action, stalled }: Verdict): boolean => action !== undefined || stalled !== undefined

/** That its guest was paused stays known, or nobody would come back to resume it. */
function unheard({ node }: PodView, reason: Reason): Verdict {
  const message = `Nothing is heard of node ${node}. If that lasts, a fresh VM takes the place of this one.`
  const verdict = down('Pending', 'NodeUnreachable', message)
  return reason === 'Paused' || reason === 'Pausing' ? { ...verdict, active: no(reason, message) } : verdict
}

const lost = ({ node }: PodView): Verdict =>
  down(
    'Pending',
    'NodeLost',
    `Node ${node} is lost, and the VM with it; its pod is given up, and a fresh VM takes its place if restartPolicy allows.`,
  )

function heldBack({ node }: PodView): Verdict {
  const message = `Nothing is heard of node ${node}, and the VM there may still write its volumes, so that no other may. When the node is surely off, say so: kubectl taint nodes ${node} node.kubernetes.io/out-of-service=nodeshutdown:NoExecute, or delete the node.`
  return { ...down('Stalled', 'NodeUnreachable', message), stalled: { reason: 'NodeUnreachable', message } }
}
