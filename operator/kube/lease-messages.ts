import type { Credentials } from './connection.ts'
import type { LeaderElectionOptions } from './lease.ts'
import type { KubeTelemetry } from './telemetry.ts'

/** What the thread that keeps the lease begins with. */
export type LeaseThreadData = Readonly<{
  server: string
  lease: Pick<
    LeaderElectionOptions,
    'namespace' | 'name' | 'identity' | 'leaseSeconds' | 'renewDeadlineSeconds' | 'retrySeconds'
  >
  /** The lead is let go when the main thread gives no sign of life for so long. */
  stuckSeconds: number
  /** One number, shared: until when the process may act, in ns of `process.hrtime`, which is the same in all threads. */
  until: BigInt64Array
}>

/** From the main thread, often: it lives, and these are the credentials by now (none: they could not be had). */
export type ToLeaseThread =
  | Readonly<{ type: 'alive'; credentials: Credentials | undefined }>
  | Readonly<{ type: 'release' }>

/** From the thread. Its end without `released` means that the lead is lost. */
export type FromLeaseThread =
  | Readonly<{ type: 'leading' }>
  | Readonly<{ type: 'released' }>
  | Readonly<{ type: 'told'; telemetry: KubeTelemetry }>
