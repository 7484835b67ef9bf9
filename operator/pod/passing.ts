/** The scheduler finds a node for a pod, or says why not, sooner than this. */
export const schedulingMilliseconds = 1_000

/** A VM that starts as it should is up sooner than this after its container: not worth asking why it is not. */
export const startingMilliseconds = 1_500

/**
 * Milliseconds for which a state that began then (RFC 3339) may be taken for a passing one; 0: no more. A time that lies
 * ahead is of a clock that goes wrong, and nothing is taken for passing by it.
 */
export function passingFor(since: string | undefined, limit: number, now: Date): number {
  const age = now.getTime() - Date.parse(since ?? '')
  return age >= 0 && age < limit ? limit - age : 0
}
