import { Backoff } from '../kube/backoff.ts'
import { type Clock, sleep, systemClock } from '../kube/clock.ts'
import { isTransient } from '../kube/errors.ts'
import { type Logger, silentLogger } from './logger.ts'

export type PatientlyOptions = Readonly<{
  /** For the log: "the master key". */
  what: string
  signal: AbortSignal
  log?: Logger
  clock?: Clock
  random?: () => number
}>

/**
 * Does what a process cannot start without, as often as it takes for the API server to be there: a restart would not
 * bring it back sooner, and the next one would be delayed for minutes. Rejects with what a further try cannot mend, and
 * with the last error when the signal aborts.
 */
export async function patiently<T>(action: () => Promise<T>, options: PatientlyOptions): Promise<T> {
  const { what, signal, log = silentLogger, clock = systemClock, random = Math.random } = options
  const backoff = new Backoff({ clock, random })
  // No timer of the clock keeps Node from ending by itself.
  const alive = setInterval(() => {}, 60_000)
  try {
    for (;;) {
      try {
        return await action()
      } catch (error) {
        if (!isTransient(error) || signal.aborted) throw error
        const waitMs = backoff.next()
        log.warn('The API server is waited for', { what, error, waitSeconds: waitMs / 1000 })
        await sleep(clock, waitMs, signal)
      }
    }
  } finally {
    clearInterval(alive)
  }
}
