import { annotations } from '../api/annotations.ts'
import type { EphemeralInstance } from '../api/ephemeral-instance.ts'
import type { InstanceStatus } from '../api/instance-status.ts'
import { labels } from '../api/labels.ts'
import { answeringSince } from './asking-guest.ts'
import { longestNoticeSeconds } from './expiry.ts'
import type { PodView } from './pod-view.ts'
import { isRescued } from './rescued.ts'

/**
 * That the instance expired because nobody used its VM, as its status remembers. A rebuild, another `idleSeconds` and any power state
 * but Running forget it.
 */
export function idledOf({
  spec,
  status,
}: Pick<EphemeralInstance, 'spec' | 'status'>): InstanceStatus['idle'] {
  const { idle } = status ?? {}
  if (idle === undefined || spec.powerState !== 'Running') return undefined
  const isOfThis =
    idle.rebuildGeneration === spec.rebuildGeneration && idle.idleSeconds === spec.expiry?.idleSeconds
  return isOfThis ? idle : undefined
}

/** What an idle VM is judged by. */
export type IdleLimit = Readonly<{
  /** Seconds in which nobody uses it. */
  seconds: number
  /** Since when it could have been used, in ms since 1970. */
  from: number
}>

/**
 * The limit by which this VM may expire as idle; undefined: it may not at present. What starts, is paused, locked or rescued is not idle; nor is a
 * spare of a set, which begins when it takes over.
 */
export function idleLimitOf(instance: EphemeralInstance, pod: PodView | undefined): IdleLimit | undefined {
  const { metadata, spec } = instance
  const seconds = spec.expiry?.idleSeconds
  const since = answeringSince(instance, pod)
  if (seconds === undefined || since === undefined || spec.powerState !== 'Running') return undefined
  const isKept = spec.locked !== undefined || isRescued(instance)
  if (isKept || metadata.labels?.[labels.setRole] === 'spare' || idledOf(instance) !== undefined)
    return undefined
  const taken = Date.parse(metadata.annotations?.[annotations.takenAt] ?? '')
  return { seconds, from: Number.isNaN(taken) ? Date.parse(since) : Math.max(Date.parse(since), taken) }
}

/** For how long nobody has used a VM, in seconds, by what its pod says: what it stood by as a spare does not count. */
export function idleFor(said: number, { from }: IdleLimit, now: Date): number {
  return Math.min(said, Math.max(0, Math.floor((now.getTime() - from) / 1000)))
}

/** Seconds of idleness after which it is told: ten minutes before the limit, or a tenth of it if that is less. */
export const noticedAfter = (seconds: number): number =>
  seconds - Math.min(longestNoticeSeconds, seconds / 10)
