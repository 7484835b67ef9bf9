/**
 * The figure that this share (0..1) of the figures is not above: the nearest one, not a mean of two. Throws when there
 * are none.
 */
export function percentile(figures: readonly number[], share: number): number {
  const sorted = [...figures].sort((a, b) => a - b)
  const found = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]
  if (found === undefined) throw new RangeError('no figures, no percentile')
  return found
}
