/**
 * Seconds from a failure that no retry mends by itself until it is tried all the same: somebody may have mended what is
 * outside of this cluster. As long as it has been tried already, at least an hour and at most a day.
 * @param triedSeconds from the first try to the failure
 */
export function rareRetryDelaySeconds(triedSeconds: number): number {
  const hour = 3600
  return Math.min(Math.max(triedSeconds, hour), 24 * hour)
}

/** Seconds from a failure until the next try: 5, doubling to 5 minutes. */
export function retryDelaySeconds(failures: number): number {
  return Math.min(5 * 2 ** Math.max(0, failures - 1), 300)
}
