/**
 * Does the same for each item: one first, then two at once, four, and so on up to `most` at once. After a failure no more are
 * begun, so that what the API server refuses once is not asked of it a thousand times. Never rejects.
 */
export async function slowStart<T, R>(
  items: readonly T[],
  most: number,
  one: (item: T) => Promise<R>,
): Promise<Readonly<{ done: readonly R[]; error?: unknown }>> {
  const done: R[] = []
  for (let at = 0, size = 1; at < items.length; at += size, size = Math.min(most, 2 * size)) {
    const results = await Promise.allSettled(items.slice(at, at + size).map(one))
    done.push(...results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : [])))
    const failed = results.find((result) => result.status === 'rejected')
    if (failed !== undefined) return { done, error: failed.reason }
  }
  return { done }
}
