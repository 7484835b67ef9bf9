/** A VM that lived this long was fine: what happens to it later is no loop. */
const healthyAfterSeconds = 600

/**
 * Seconds from the start of a VM whose pod was lost until the next may be made. The first loss is made good at once; then
 * 5 s, doubling to 5 min, so that something that keeps taking pods away cannot make the operator churn them out.
 */
export function recreateDelaySeconds(restarts: number, livedSeconds: number): number {
  if (restarts === 0 || livedSeconds >= healthyAfterSeconds) return 0
  return Math.min(5 * 2 ** (restarts - 1), 300)
}
