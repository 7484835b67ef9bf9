import type { EphemeralInstance } from '../api/ephemeral-instance.ts'

type Dated = Pick<EphemeralInstance, 'metadata' | 'spec'>

/**
 * When an instance expires, by whichever of its limits comes first; undefined: never. Found anew each time from what the
 * API server has, so that no restart, rebuild or lost status gives anybody more time or less.
 */
export function expiresAt({ metadata, spec }: Dated): Date | undefined {
  const { ttlSeconds, deadline } = spec.expiry ?? {}
  const created = Date.parse(metadata.creationTimestamp ?? '')
  const times = [
    ttlSeconds === undefined ? Number.NaN : created + ttlSeconds * 1000,
    deadline === undefined ? Number.NaN : Date.parse(deadline),
  ].filter((time) => !Number.isNaN(time))
  return times.length === 0 ? undefined : new Date(Math.min(...times))
}

/** Longest time ahead that it is told, in seconds. */
export const longestNoticeSeconds = 600

/** When it is told that an instance expires at this moment: ten minutes before, or a tenth of its life if that is less. */
export function noticeAt({ metadata }: Pick<Dated, 'metadata'>, expiry: Date): Date {
  const life = expiry.getTime() - Date.parse(metadata.creationTimestamp ?? '')
  const ahead = Number.isNaN(life) ? Number.POSITIVE_INFINITY : Math.max(0, life / 10)
  return new Date(expiry.getTime() - Math.min(longestNoticeSeconds * 1000, ahead))
}
