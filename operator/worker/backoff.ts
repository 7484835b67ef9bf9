/** Seconds from a failure until the next try: 5, doubling to 5 minutes. */
export function retryDelaySeconds(failures: number): number {
  return Math.min(5 * 2 ** Math.max(0, failures - 1), 300)
}
