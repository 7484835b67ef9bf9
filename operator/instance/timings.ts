import type { InstanceStatus } from '../api/instance-status.ts'
import type { PodView } from './pod-view.ts'
import type { Verdict } from './verdict.ts'

type Timings = NonNullable<InstanceStatus['timings']>

/** The kubelet's times have whole seconds: one that is further in the past than this was not seen as it happened. */
const seenLateMilliseconds = 2_000

/** When a step happened, in ms since 1970: now, unless the kubelet reported it (RFC 3339) longer ago than it takes to see. */
export function seenAt(reported: string | undefined, now: Date): number {
  const at = reported === undefined ? now.getTime() : Date.parse(reported)
  return now.getTime() - at > seenLateMilliseconds ? at : now.getTime()
}

/**
 * Milliseconds from the pod's creation to each step, kept from when it was first seen. The operator's own clock is
 * finer than the kubelet's times, which are taken only for a step that happened while the operator was not looking.
 * Of QEMU's start the kubelet tells nothing; a guest that answered, though, had it running by then.
 */
export function timingsOf(pod: PodView, before: Timings | undefined, verdict: Verdict, now: Date): Timings {
  const created = Date.parse(pod.createdAt)
  const since = (reported: string | undefined) => Math.max(0, seenAt(reported, now) - created)
  const scheduled = before?.scheduled ?? (pod.node === undefined ? undefined : since(pod.scheduledAt))
  const qemuStarted =
    before?.qemuStarted ?? (verdict.active.status === 'True' ? since(pod.readySince) : undefined)
  const guestReady =
    before?.guestReady ?? (verdict.guestReady.status === 'True' ? since(pod.readySince) : undefined)
  return {
    ...(scheduled === undefined ? {} : { scheduled }),
    ...(qemuStarted === undefined ? {} : { qemuStarted }),
    ...(guestReady === undefined ? {} : { guestReady }),
  }
}
