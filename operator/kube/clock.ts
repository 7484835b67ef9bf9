/** Time as everything in the operator sees it, so that tests can move it by hand. */
export interface Clock {
  /** Wall clock, ms since 1970: for timestamps that others read. */
  now(): number
  /** Never jumps: for measuring how long something took. In ms from an arbitrary start. */
  monotonic(): number
  /** Calls back once after `ms`; the returned function cancels. Keeps the process alive: who waits, is not done. */
  after(ms: number, call: () => void): () => void
}

/** Node turns a longer delay into 1 ms. */
const longestTimer = 2 ** 31 - 1

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, call) {
    const timer = setTimeout(call, Math.min(Math.max(0, ms), longestTimer))
    return () => clearTimeout(timer)
  },
}

/** Resolves after `ms` or as soon as the signal aborts; never rejects. */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted === true) return Promise.resolve()
  return new Promise((resolve) => {
    const end = () => {
      cancel()
      signal?.removeEventListener('abort', end)
      resolve()
    }
    const cancel = clock.after(ms, end)
    signal?.addEventListener('abort', end, { once: true })
  })
}

/** Whether the promise settles within `ms`. Never rejects; leaves no timer behind. */
export async function settlesWithin(clock: Clock, ms: number, promise: Promise<unknown>): Promise<boolean> {
  const over = new AbortController()
  const settled = promise.then(
    () => true,
    () => true,
  )
  const late = sleep(clock, ms, over.signal).then(() => false)
  const result = await Promise.race([settled, late])
  over.abort()
  return result
}

/** `2026-11-22T16:30:00Z`: the form of metav1.Time, whole seconds. */
export const toTimestamp = (ms: number): string => new Date(ms).toISOString().replace(/\.\d{3}Z$/, 'Z')

/** `2026-11-22T16:30:00.123000Z`: the form of metav1.MicroTime. */
export const toMicroTime = (ms: number): string => new Date(ms).toISOString().replace(/Z$/, '000Z')
