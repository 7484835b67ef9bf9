/** JSON with the keys of each object in order, so that equal values have equal text. Undefined values are left out. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    isRecord(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : inner,
  )
}

/** Equal as JSON: the order of keys does not count, nor do keys whose value is undefined. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((item, at) => sameJson(item, b[at]))
  if (!isRecord(a) || !isRecord(b)) return false
  const keys = new Set([...Object.keys(a), ...Object.keys(b)])
  return [...keys].every((key) => sameJson(a[key], b[key]))
}

/**
 * Whether `live` holds all of `intent`: each field of it, with more beside it allowed. Lists must be as long; a list
 * to which someone else added, or a value that the API server writes in another form, counts as not covered.
 */
export function covers(live: unknown, intent: unknown): boolean {
  if (live === intent) return true
  if (Array.isArray(live) && Array.isArray(intent))
    return live.length === intent.length && intent.every((item, at) => covers(live[at], item))
  if (!isRecord(live) || !isRecord(intent)) return false
  return Object.entries(intent).every(([key, value]) => value === undefined || covers(live[key], value))
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
