import type { Pod } from '../kube/object.ts'

/** How a container ended, as the kubelet tells it. */
export type Terminated = Readonly<{
  exitCode: number
  reason?: string
  message?: string
  finishedAt?: string
}>

/** What scheduler and kubelet say of one of our pods, each of which has one container that matters. */
export type PodBasics = Readonly<{
  name: string
  uid: string
  node: string | undefined
  ips: readonly string[]
  /** It was told to go; it may still run for its grace period. */
  terminating: boolean
  phase: string
  /** Of the pod itself, such as Evicted; empty when nothing is said. */
  reason: string
  message: string
  /** The scheduler's words while no node was found. */
  unschedulable: string | undefined
  scheduledAt: string | undefined
  /** The container waits; such as ImagePullBackOff. */
  waiting: Readonly<{ reason: string; message: string }> | undefined
  /** The container runs since then, RFC 3339. */
  runningSince: string | undefined
  /** How its last run ended, if it ran before. */
  terminated: Terminated | undefined
}>

/** A gate keeps the scheduler from looking: what it says then, also for a moment after the gate was opened, is not about nodes. */
const gated = 'SchedulingGated'

/** Reads a pod of ours by its container of this name. */
export function basicsOf(pod: Pod, containerName: string): PodBasics {
  const { metadata, spec, status } = pod
  const container = status?.containerStatuses?.find((one) => one.name === containerName)
  const scheduled = status?.conditions?.find((one) => one.type === 'PodScheduled')
  const waiting = container?.state?.waiting
  return {
    name: metadata.name,
    uid: metadata.uid ?? '',
    node: spec.nodeName,
    ips: status?.podIPs?.map((one) => one.ip) ?? [],
    terminating: metadata.deletionTimestamp !== undefined,
    phase: status?.phase ?? 'Pending',
    reason: status?.reason ?? '',
    message: status?.message ?? '',
    unschedulable:
      scheduled?.status === 'False' && scheduled.reason !== gated
        ? (scheduled.message ?? 'No node takes the pod.')
        : undefined,
    scheduledAt: scheduled?.status === 'True' ? scheduled.lastTransitionTime : undefined,
    waiting:
      waiting === undefined ? undefined : { reason: waiting.reason ?? '', message: waiting.message ?? '' },
    runningSince: container?.state?.running?.startedAt,
    terminated: container?.state?.terminated ?? container?.lastState?.terminated,
  }
}
