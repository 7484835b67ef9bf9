import type { EphemeralInstance } from '../api/ephemeral-instance.ts'
import { findCondition } from '../kube/conditions.ts'
import type { Observed } from './observed.ts'
import { isMoving } from './placing.ts'
import type { PodView } from './pod-view.ts'
import { down, type Verdict } from './verdict.ts'

/** How long an Auto VM waits for a node with KVM, in seconds from when its pod was made: devices come free when other VMs end. */
const patienceSeconds = 60

/**
 * Whether a pod that no node takes could have one if it did not ask for the resource, by the scheduler's words. Each node is counted once for each
 * thing that it lacks, so what all nodes lack is told from what some do: where something else rules out every node, it would not help.
 */
export function helpsToDoWithout(words: string, resource: string): boolean {
  const [, total, reasons = ''] = /^\d+\/(\d+) nodes are available: (.*?)\.(?:\s|$)/s.exec(words) ?? []
  const counted = reasons.split(/, (?=\d+ )/).map((one) => /^(\d+) (.*)$/s.exec(one) ?? [])
  const lacking = `Insufficient ${resource}`
  if (!counted.some(([, , what]) => what === lacking)) return false
  return counted.every(([, count, what]) => what === lacking || Number(count) < Number(total))
}

/** An Auto VM that waits for KVM alone: its pod makes room for one that does not ask for it. A VM that ran is never touched. */
export function withoutKvmNow(observed: Observed, pod: PodView | undefined): Verdict | undefined {
  const left = pod === undefined ? undefined : secondsToDoWithout(observed, pod)
  if (pod === undefined || left === undefined || left > 0) return undefined
  const message = `No node that offers ${observed.config.kvmResource} had room for the VM within ${patienceSeconds} s (${pod.unschedulable}). Its pod is made anew without KVM, as accelerator is Auto.`
  return { ...down('Pending', 'KVMTaken', message), action: { kind: 'delete', podUID: pod.uid } }
}

/** Seconds until a pod that waits for KVM makes room for one that does without; undefined where it is to stay. */
export function secondsToDoWithout({ instance, config, now }: Observed, pod: PodView): number | undefined {
  const { kvmResource } = config
  if (instance.spec.accelerator !== 'Auto' || kvmResource === '' || pod.withoutKvm !== undefined)
    return undefined
  if (pod.node !== undefined || pod.unschedulable === undefined) return undefined
  if (!helpsToDoWithout(pod.unschedulable, kvmResource)) return undefined
  return patienceSeconds - (now.getTime() - Date.parse(pod.createdAt)) / 1000
}

/** The operator took the last pod away, so that one without KVM takes its place. */
export const isDoingWithout = ({ status }: Pick<EphemeralInstance, 'status'>): boolean =>
  findCondition(status?.conditions, 'Active')?.reason === 'KVMTaken'

/** Whether the next pod is not to ask for KVM. One that moves to another copy of its image was told before. */
export const isKvmTaken = ({ instance, made }: Pick<Observed, 'instance' | 'made'>): boolean =>
  isDoingWithout(instance) || (isMoving(instance) && made?.withoutKvm === 'Taken')
