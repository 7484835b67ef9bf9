import type { MessagePort } from 'node:worker_threads'
import { KubeClient } from './client.ts'
import { type Clock, systemClock } from './clock.ts'
import type { Connection, Credentials } from './connection.ts'
import { LeaderElection } from './lease.ts'
import type { FromLeaseThread, LeaseThreadData, ToLeaseThread } from './lease-messages.ts'
import type { KubeTelemetry } from './telemetry.ts'

/** `performance.now()` begins anew in each thread; this one does not. */
const sharedClock: Clock = { ...systemClock, monotonic: () => Number(process.hrtime.bigint()) / 1e6 }

/** The credentials that the main thread sent last: plugins and files are its business, and it may be held up. */
class SentCredentials implements Connection {
  readonly server: string
  readonly namespace = 'default'
  readonly #first = Promise.withResolvers<void>()
  #latest: Credentials | undefined

  constructor(server: string) {
    this.server = server
  }

  take(credentials: Credentials | undefined): void {
    this.#latest = credentials ?? this.#latest
    if (this.#latest !== undefined) this.#first.resolve()
  }

  /** Nobody waits for the first ones any more. */
  giveUp(): void {
    this.#first.resolve()
  }

  async credentials(): Promise<Credentials> {
    await this.#first.promise
    if (this.#latest === undefined) throw new Error('the credentials for the API server could not be had')
    return this.#latest
  }
}

/**
 * Gets and keeps the lease in a thread of its own, over connections of its own, however busy the main thread is.
 * Resolves when the lead was released or lost, or when the main thread has been stuck for too long.
 */
export async function keepLease(data: LeaseThreadData, main: MessagePort): Promise<void> {
  const connection = new SentCredentials(data.server)
  const send = (message: FromLeaseThread) => main.postMessage(message)
  const emit = (telemetry: KubeTelemetry) => send({ type: 'told', telemetry })
  const client = new KubeClient({ connection, emit })
  const election = new LeaderElection({
    ...data.lease,
    client,
    clock: sharedClock,
    onRenewed: (untilMs) => void Atomics.store(data.until, 0, BigInt(Math.floor(untilMs * 1e6))),
    emit,
  })
  const released = new AbortController()
  // Looks, not seconds, are counted: in a process that stood still as a whole, the main thread was not stuck.
  let looks = 0
  const stuck = Promise.withResolvers<void>()
  const looking = setInterval(() => {
    if (++looks < data.stuckSeconds) return
    const error = new Error(`the main thread gave no sign of life for ${data.stuckSeconds} s`)
    emit({ type: 'leaseFailed', lease: data.lease.name, error })
    stuck.resolve()
  }, 1000)
  main.on('message', (message: ToLeaseThread) => {
    looks = 0
    if (message.type === 'alive') return connection.take(message.credentials)
    released.abort()
    connection.giveUp()
  })
  if (await election.acquire(released.signal)) {
    send({ type: 'leading' })
    await Promise.race([election.lost, stuck.promise, aborted(released.signal)])
  }
  if (released.signal.aborted) {
    await election.release()
    send({ type: 'released' })
  }
  clearInterval(looking)
  await client.close()
  // Whatever waits here still is not waited for: nothing may renew any more.
  process.exit()
}

const aborted = (signal: AbortSignal): Promise<void> =>
  signal.aborted
    ? Promise.resolve()
    : new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
