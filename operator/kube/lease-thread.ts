import { Worker } from 'node:worker_threads'
import { settlesWithin, systemClock } from './clock.ts'
import type { Connection, Credentials } from './connection.ts'
import type { FromLeaseThread, LeaseThreadData, ToLeaseThread } from './lease-messages.ts'
import { type Emit, type KubeTelemetry, silent } from './telemetry.ts'

export type LeaseThreadOptions = LeaseThreadData['lease'] &
  Readonly<{
    /** The file that the thread runs: `lease-worker` beside the main one. */
    entry: URL
    connection: Connection
    /** Default 60: more than the kubelet needs to see that `/livez` does not answer. */
    stuckSeconds?: number
    /** How long a release may take. Default 2,500. */
    releaseMs?: number
    emit?: Emit<KubeTelemetry>
  }>

/** How often the thread is told that the main thread lives, and with which credentials, ms. */
const aliveMs = 2_000
/** A release is one call, and one that takes longer is worth no wait: the lease runs out by itself. */
const defaultReleaseMs = 2_500

/**
 * Leader election in a thread of its own, so that the lease is renewed while the event loop is busy. What the main thread
 * may do it reads from shared memory: right at every moment, also after it stood still for long itself.
 */
export class LeaseThread {
  readonly #options: LeaseThreadOptions
  readonly #emit: Emit<KubeTelemetry>
  readonly #until = new BigInt64Array(new SharedArrayBuffer(8))
  readonly #lost = Promise.withResolvers<void>()
  readonly #ended = Promise.withResolvers<void>()
  #worker: Worker | undefined
  #leads = false
  #isReleased = false

  constructor(options: LeaseThreadOptions) {
    this.#options = options
    this.#emit = options.emit ?? silent
  }

  /** Resolves when this process led and does not any more; never after a release. */
  get lost(): Promise<void> {
    return this.#lost.promise
  }

  /** Whether this process may act now. */
  get isLeading(): boolean {
    return !this.#isReleased && process.hrtime.bigint() < Atomics.load(this.#until, 0)
  }

  /** Waits for the lead, once. Resolves with false when the signal aborts first; rejects when the thread can not run. */
  async acquire(signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return false
    const { entry, connection, emit: _, releaseMs: __, stuckSeconds = 60, ...lease } = this.#options
    const workerData: LeaseThreadData = { server: connection.server, lease, stuckSeconds, until: this.#until }
    // Without the flags of this process: source maps alone cost it 27 MiB.
    const worker = new Worker(entry, { workerData, execArgv: [] })
    this.#worker = worker
    const led = Promise.withResolvers<boolean>()
    worker.on('message', (message: FromLeaseThread) => {
      if (message.type === 'told') this.#emit(message.telemetry)
      if (message.type === 'released') led.resolve(false)
      if (message.type !== 'leading') return
      this.#leads = true
      led.resolve(true)
    })
    worker.on('error', (error: Error) => {
      this.#failed(error)
      led.reject(error)
    })
    worker.on('exit', () => {
      led.reject(new Error('the thread that keeps the lease has ended'))
      this.#over()
    })
    this.#beat(worker)
    const release = () => this.#ask({ type: 'release' })
    signal.addEventListener('abort', release, { once: true })
    return led.promise.finally(() => signal.removeEventListener('abort', release))
  }

  /** Gives the lead up, so that another one need not wait. To be called when all work has ended. */
  async release(): Promise<void> {
    this.#isReleased = true
    if (this.#worker === undefined) return
    this.#ask({ type: 'release' })
    await settlesWithin(systemClock, this.#options.releaseMs ?? defaultReleaseMs, this.#ended.promise)
    await this.#worker.terminate()
  }

  #over(): void {
    Atomics.store(this.#until, 0, 0n)
    this.#ended.resolve()
    if (this.#leads && !this.#isReleased) this.#lost.resolve()
  }

  /** Tells the thread again and again that this one lives; that the loop comes to it is the proof. */
  #beat(worker: Worker): void {
    const beat = async () => this.#ask({ type: 'alive', credentials: await this.#credentials() })
    const beating = setInterval(beat, aliveMs)
    worker.on('exit', () => clearInterval(beating))
    void beat()
  }

  async #credentials(): Promise<Credentials | undefined> {
    try {
      const { headers, tls } = await this.#options.connection.credentials()
      return { headers, tls: { ...tls, ...asText(tls) } }
    } catch (error) {
      this.#failed(error instanceof Error ? error : new Error(String(error)))
      return undefined
    }
  }

  #ask(message: ToLeaseThread): void {
    this.#worker?.postMessage(message)
  }

  #failed(error: Error): void {
    this.#emit({ type: 'leaseFailed', lease: this.#options.name, error })
  }
}

/** A Buffer would come out on the other side as bytes without its methods. */
function asText({ ca, cert, key }: Credentials['tls']): Record<string, string> {
  const parts = Object.entries({ ca, cert, key })
  return Object.fromEntries(
    parts.flatMap(([name, part]) => (part === undefined ? [] : [[name, String(part)]])),
  )
}
