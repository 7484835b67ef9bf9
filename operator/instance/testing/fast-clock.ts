import { type Clock, systemClock } from '../../kube/clock.ts'

/**
 * The system's clock, so many times faster: backoffs and second looks of minutes take seconds.
 *
 * @param aheadSeconds what its wall clock is ahead by from the beginning
 */
export function fastClock(times: number, aheadSeconds = 0): Clock {
  const epoch = systemClock.now()
  const start = systemClock.monotonic()
  return {
    now: () => epoch + (systemClock.now() - epoch) * times + aheadSeconds * 1000,
    monotonic: () => start + (systemClock.monotonic() - start) * times,
    after: (ms, call) => systemClock.after(ms / times, call),
  }
}
