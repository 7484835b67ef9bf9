import { type Clock, systemClock } from '../../kube/clock.ts'

/** The system's clock, so many times faster: backoffs and second looks of minutes take seconds. */
export function fastClock(times: number): Clock {
  const epoch = systemClock.now()
  const start = systemClock.monotonic()
  return {
    now: () => epoch + (systemClock.now() - epoch) * times,
    monotonic: () => start + (systemClock.monotonic() - start) * times,
    after: (ms, call) => systemClock.after(ms / times, call),
  }
}
