/** What `onTermination` needs of `process`. */
export interface SignalSource {
  on(signal: 'SIGTERM' | 'SIGINT', listener: () => void): unknown
}

/** The signal aborts on the first SIGTERM or SIGINT. On the second one `exitNow` is called: someone is in a hurry. */
export function onTermination(source: SignalSource, exitNow: () => void): AbortSignal {
  const stop = new AbortController()
  const onSignal = () => {
    if (stop.signal.aborted) exitNow()
    else stop.abort()
  }
  source.on('SIGTERM', onSignal)
  source.on('SIGINT', onSignal)
  return stop.signal
}

/** What `surviveRejections` needs of `process`. */
export interface RejectionSource {
  on(event: 'unhandledRejection', listener: (error: unknown) => void): unknown
}

/**
 * A promise that nobody looked after must not take the whole operator down with it. It is a mistake in the code all the
 * same: `tell` should log it as an error.
 */
export function surviveRejections(source: RejectionSource, tell: (error: unknown) => void): void {
  source.on('unhandledRejection', tell)
}
