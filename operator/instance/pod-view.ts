import type { Pod } from '../kube/object.ts'
import { containerName } from './desired/pod.ts'
import { type PodRecord, recordOf } from './desired/record.ts'
import { type Ending, endingOf } from './ending.ts'

/** A VM pod, with the questions that the decisions ask of it answered. */
export type PodView = Readonly<{
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
  /** The container waits; such as ImagePullBackOff. */
  waiting: Readonly<{ reason: string; message: string }> | undefined
  /** The container runs since then, RFC 3339. */
  runningSince: string | undefined
  /** QEMU runs the guest's CPUs. */
  started: boolean
  /** The guest answered the readiness check. */
  ready: boolean
  readySince: string | undefined
  scheduledAt: string | undefined
  /** How its last run ended, if it ran before. */
  lastEnding: Ending | undefined
  /** Fresh VMs since the last rebuild, those of former pods included. */
  restarts: number
  rebuildGeneration: number
  specHash: string
  createdAt: string
  size: PodRecord['size'] | undefined
}>

/** Reads a pod that the operator made. */
export function viewPod(pod: Pod): PodView {
  const { metadata, spec, status } = pod
  const record = recordOf(pod)
  const container = status?.containerStatuses?.find((one) => one.name === containerName)
  const scheduled = status?.conditions?.find((one) => one.type === 'PodScheduled')
  const ready = status?.conditions?.find((one) => one.type === 'Ready')
  const waiting = container?.state?.waiting
  const terminated = container?.state?.terminated ?? container?.lastState?.terminated
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
      scheduled?.status === 'False' ? (scheduled.message ?? 'No node takes the pod.') : undefined,
    waiting:
      waiting === undefined ? undefined : { reason: waiting.reason ?? '', message: waiting.message ?? '' },
    runningSince: container?.state?.running?.startedAt,
    started: container?.state?.running !== undefined && container.started === true,
    ready: container?.ready === true,
    readySince: ready?.status === 'True' ? ready.lastTransitionTime : undefined,
    scheduledAt: scheduled?.status === 'True' ? scheduled.lastTransitionTime : undefined,
    lastEnding: terminated === undefined ? undefined : endingOf(terminated),
    restarts: (record?.restartsBefore ?? 0) + (container?.restartCount ?? 0),
    rebuildGeneration: record?.rebuildGeneration ?? 0,
    specHash: record?.specHash ?? '',
    createdAt: record?.createdAt ?? metadata.creationTimestamp ?? '',
    size: record?.size,
  }
}
