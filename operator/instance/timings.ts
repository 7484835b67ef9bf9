import type { InstanceStatus } from '../api/instance-status.ts'
import type { PodView } from './pod-view.ts'
import type { Verdict } from './verdict.ts'

type Timings = NonNullable<InstanceStatus['timings']>

/** The kubelet's times have whole seconds: one that is further in the past than this was not seen as it happened. */
const seenLateMilliseconds = 2_000

/**
 * Milliseconds from the pod's creation to each step, kept from when it was first seen. The operator's own clock is
 * finer than the kubelet's times, which are taken only for a step that happened while the operator was not looking.
 */
export function timingsOf(pod: PodView, before: Timings | undefined, verdict: Verdict, now: Date): Timings {
  const created = Date.parse(pod.createdAt)
  const since = (reported: string | undefined) => {
    const at = reported === undefined ? now.getTime() : Date.parse(reported)
    const late = now.getTime() - at > seenLateMilliseconds
    return Math.max(0, (late ? at : now.getTime()) - created)
  }
  const scheduled = before?.scheduled ?? (pod.node === undefined ? undefined : since(pod.scheduledAt))
  const qemuStarted = before?.qemuStarted ?? (verdict.active.status === 'True' ? since(undefined) : undefined)
  const guestReady =
    before?.guestReady ?? (verdict.guestReady.status === 'True' ? since(pod.readySince) : undefined)
  return {
    ...(scheduled === undefined ? {} : { scheduled }),
    ...(qemuStarted === undefined ? {} : { qemuStarted }),
    ...(guestReady === undefined ? {} : { guestReady }),
  }
}
