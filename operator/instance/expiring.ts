import type { OnExpiry } from '../api/expiry.ts'
import type { Snapshot } from '../api/snapshot.ts'
import { toTimestamp } from '../kube/clock.ts'
import { findCondition } from '../kube/conditions.ts'
import type { Intent } from '../kube/object.ts'
import { lastSnapshotOf, standingOf } from '../snapshot/keep.ts'
import { expiresAt, noticeAt } from './expiry.ts'
import { idledOf } from './idle.ts'
import { ahead, withIdle } from './idling.ts'
import type { Observed } from './observed.ts'
import { isOurs } from './ownership.ts'
import { viewPod } from './pod-view.ts'
import { down, lookedAtWithin, type Verdict, yes } from './verdict.ts'

type Timed = Pick<Observed, 'instance' | 'now'>

const onExpiryOf = ({ instance: { spec } }: Pick<Observed, 'instance'>): OnExpiry => spec.onExpiry ?? 'Stop'

/** Its time is over, and no lock keeps it. What has expired already does not come back by being locked. */
const isOver = (observed: Timed): boolean =>
  (isTimeOver(observed) || idledOf(observed.instance) !== undefined) && !isKeptByLock(observed.instance)

const isTimeOver = ({ instance, now }: Timed): boolean => {
  const at = expiresAt(instance)
  return at !== undefined && at <= now
}

/** It is locked, and was not stopped by its expiry before that. */
export const isKeptByLock = (instance: Timed['instance']): boolean =>
  instance.spec.locked !== undefined && !hasStopped(instance)

const hasStopped = ({ status }: Timed['instance']): boolean =>
  findCondition(status?.conditions, 'Active')?.reason === 'Expired'

/** That it expired, and why, as the beginning of a sentence. */
function whyOver(observed: Timed): string {
  const { instance } = observed
  if (isTimeOver(observed)) return `It expired at ${toTimestamp(expiresAt(instance)?.getTime() ?? 0)}`
  const { since, idleSeconds } = idledOf(instance) ?? {}
  return `It expired because nobody had used the VM since ${since}, for the ${idleSeconds} s of expiry.idleSeconds`
}

/** That its VM is stopped because it expired, and how there will be another one. */
export function whyStopped(observed: Timed): string {
  const lost = `${whyOver(observed)}; nothing that was written in the VM is kept.`
  return isTimeOver(observed)
    ? `${lost} Raise expiry.ttlSeconds or expiry.deadline, or take expiry away, for a fresh VM.`
    : `${lost} For a fresh VM raise spec.rebuildGeneration, or change expiry.idleSeconds, or set powerState to Stopped and, once it is, to Running.`
}

/** It expired, and its VM is to be powered down for that. */
export const isToStop = (observed: Timed): boolean => isOver(observed) && onExpiryOf(observed) === 'Stop'

/** It expired, and its VM is to be kept in a Snapshot before it goes. */
export const isToBeKept = (observed: Timed): boolean =>
  isOver(observed) && onExpiryOf(observed) === 'SnapshotThenDelete'

/** A day: further than that nobody needs to plan. */
const longestSleepSeconds = 86_400

/** Adds to a verdict what the instance's expiry has to say: that it comes, or that the instance goes. */
export function withExpiry(observed: Observed, verdict: Verdict): Verdict {
  if (!isOver(observed)) return withIdle(observed, withTime(observed, verdict))
  const does = onExpiryOf(observed)
  if (does === 'Stop') return verdict
  return does === 'Delete' ? gone(observed, verdict, '') : keptThenGone(observed, verdict)
}

/** What comes at a moment that is known. */
function withTime(observed: Observed, verdict: Verdict): Verdict {
  const { instance, now } = observed
  const at = expiresAt(instance)
  if (at === undefined) return verdict
  const within = (moment: Date) => Math.min((moment.getTime() - now.getTime()) / 1000, longestSleepSeconds)
  const notice = noticeAt(instance, at)
  if (now < notice) return lookedAtWithin(verdict, within(notice))
  if (now < at) {
    const message = `At ${toTimestamp(at.getTime())} ${ahead[onExpiryOf(observed)]}, as spec.expiry and onExpiry ask: raise expiry.ttlSeconds or expiry.deadline to keep it longer.`
    return lookedAtWithin({ ...verdict, expiring: yes('ExpiresSoon', message) }, within(at))
  }
  const message = `It would have expired at ${toTimestamp(at.getTime())}, and stays because it is locked (${instance.spec.locked?.reason}).`
  return { ...verdict, expiring: yes('Locked', message) }
}

/** Said first, done when the status shows that it was said. */
function gone(observed: Observed, verdict: Verdict, more: string): Verdict {
  const { instance, pod } = observed
  const message = `${whyOver(observed)}${more}; the instance is deleted, as onExpiry asks.`
  const isSaid = findCondition(instance.status?.conditions, 'Expiring')?.reason === 'Expired'
  const {
    action: _,
    passing: __,
    ...rest
  } = pod === undefined ? down('Expired', 'Expired', message) : verdict
  const said: Verdict = { ...rest, expiring: yes('Expired', message) }
  return isSaid ? { ...said, action: { kind: 'expire' } } : lookedAtWithin(said, 1)
}

/** What keeps the VM of this instance, if one of it runs. */
export function keeping(
  { instance, made, pod }: Pick<Observed, 'instance' | 'made' | 'pod'>,
  why: string,
  snapshotOf = lastSnapshotOf,
): Intent<Snapshot> | undefined {
  if (pod === undefined || !isOurs({ instance, made }, pod)) return undefined
  const { started, terminating, uid, restarts } = viewPod(pod)
  if (!started || terminating) return undefined
  return snapshotOf({ ...instance, status: { ...instance.status, podUID: uid, restarts } }, why)
}

function keptThenGone(observed: Observed, verdict: Verdict): Verdict {
  const snapshot = keeping(observed, `Taken because ${observed.instance.metadata.name} expired.`)
  if (snapshot === undefined) return gone(observed, verdict, ', with no VM that ran and could be kept')
  const { name } = snapshot.metadata
  const { kept } = observed
  const { passing: _, atRest, ...others } = verdict
  // One that stands still only until it is kept is not at rest.
  const rest = observed.instance.spec.powerState === 'Paused' ? { ...others, atRest } : others
  switch (standingOf(kept)) {
    case 'kept':
      return gone(observed, verdict, ` and is kept in Snapshot ${name}`)
    case 'lost': {
      const why = findCondition(kept?.status?.conditions, 'Stalled')?.message ?? 'it is being deleted.'
      return { ...rest, ...notKept(`Snapshot ${name} failed: ${why}`) }
    }
    case 'underWay':
    case 'absent': {
      const message = `${whyOver(observed)}; the instance is deleted when Snapshot ${name} of its VM is complete.`
      const expiring = yes('Keeping', message)
      if (verdict.action !== undefined || kept !== undefined) return { ...rest, expiring }
      return { ...rest, expiring, action: { kind: 'keep', snapshot } }
    }
  }
}

/** The VM expired and cannot be kept in a Snapshot: it runs on, and somebody has to decide. */
export function notKept(why: string): Pick<Verdict, 'phase' | 'stalled' | 'expiring'> {
  const message = `The VM expired and runs on, because it could not be kept. ${why} Delete the failed Snapshot, and another one is taken; or change expiry or onExpiry.`
  return { phase: 'Stalled', stalled: { reason: 'NotKept', message }, expiring: yes('NotKept', message) }
}
