import type { OnExpiry } from '../api/expiry.ts'
import { toTimestamp } from '../kube/clock.ts'
import { findCondition } from '../kube/conditions.ts'
import { idleFor, idleLimitOf, noticedAfter } from './idle.ts'
import type { Observed } from './observed.ts'
import { isOurs } from './ownership.ts'
import { viewPod } from './pod-view.ts'
import { type Finding, lookedAtWithin, type Verdict, yes } from './verdict.ts'

/** What is ahead of an instance that is about to expire, in words that follow a moment. */
export const ahead: Readonly<Record<OnExpiry, string>> = {
  Stop: 'the VM is stopped, and what was written in it is gone',
  Delete: 'the instance is deleted',
  SnapshotThenDelete: 'a Snapshot of the VM is taken and the instance deleted',
}

/**
 * Adds to a verdict on a VM what there is to say of nobody using it. That it expired for that is only written down here: what follows rests on what
 * is written, since nothing tells of a VM that is gone, or is just being copied, that nobody used it.
 */
export function withIdle(observed: Observed, verdict: Verdict): Verdict {
  const { instance, pod, runner, now } = observed
  // Most have no such limit: their pods are not looked at.
  if (instance.spec.expiry?.idleSeconds === undefined) return verdict
  const view = pod !== undefined && isOurs(observed, pod) ? viewPod(pod) : undefined
  const limit = idleLimitOf(instance, view)
  if (limit === undefined || verdict.guestReady.status !== 'True') return verdict
  const said = runner?.idleSeconds
  if (said === undefined) return { ...verdict, ...saidBefore(observed, verdict) }
  const { seconds } = limit
  const idle = idleFor(said, limit, now)
  if (idle < noticedAfter(seconds)) return verdict
  const since = toTimestamp(now.getTime() - idle * 1000)
  const at = toTimestamp(now.getTime() + Math.max(0, seconds - idle) * 1000)
  const message = `Nobody has used the VM since ${since}. At ${at} ${ahead[instance.spec.onExpiry ?? 'Stop']}, as expiry.idleSeconds (${seconds}) and onExpiry ask: connect to the VM, or raise expiry.idleSeconds, to keep it longer.`
  const told: Verdict = { ...verdict, expiring: verdict.expiring ?? yes('IdleSoon', message) }
  if (idle < seconds || verdict.action !== undefined) return told
  const { rebuildGeneration } = instance.spec
  return lookedAtWithin({ ...told, idle: { since, idleSeconds: seconds, rebuildGeneration } }, 1)
}

/** Until the VM is asked again, what was said of it stays. */
function saidBefore({ instance }: Observed, { expiring }: Verdict): Pick<Verdict, 'expiring'> {
  const before = findCondition(instance.status?.conditions, 'Expiring')
  if (expiring !== undefined || before?.reason !== 'IdleSoon') return {}
  return { expiring: before as Finding }
}
