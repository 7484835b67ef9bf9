import { isAborted, type KubeError } from './errors.ts'

/** Tries of one call, the first included. */
export const mostAttempts = 6

/** A server that asks for more than this is not waited for: the caller's own backoff is the better place. */
const longestWaitSeconds = 30

/**
 * How long to wait before the same call is tried again; undefined: not at all.
 * A 429 was never taken up, and a 5xx with Retry-After says the same, so any method may be tried again. A broken
 * connection says nothing: only reads are tried again, once, since a kept-alive connection may die between two calls.
 * @param attempt the tries so far, from 1
 * @param random 0..1, spreads the callers that were refused together
 */
export function retryWaitSeconds(
  error: KubeError,
  method: string,
  attempt: number,
  random: number,
): number | undefined {
  if (isAborted(error) || attempt >= mostAttempts) return undefined
  if (error.status === 429 || (error.status >= 500 && error.retryAfterSeconds !== undefined)) {
    const wait = error.retryAfterSeconds ?? 1
    return wait > longestWaitSeconds ? undefined : wait * (1 + random * 0.25)
  }
  const brokenRead = error.reason === 'ConnectionFailed' && method === 'GET'
  return brokenRead && attempt === 1 ? 0.05 * random : undefined
}
