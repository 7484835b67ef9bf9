import type { KubeClient } from './client.ts'
import { type Clock, sleep, systemClock, toMicroTime } from './clock.ts'
import { isAlreadyExists, isConflict, isNotFound } from './errors.ts'
import type { Lease } from './object.ts'
import { leases } from './resource.ts'
import { type Emit, type KubeTelemetry, silent } from './telemetry.ts'

export type LeaderElectionOptions = Readonly<{
  client: KubeClient
  namespace: string
  name: string
  /** Unlike any other process's: the pod's name and something random. */
  identity: string
  /** How long the others wait after the last renewal that they saw. Default 15. */
  leaseSeconds?: number
  /** A leader that could not renew for this long does nothing until it can. Must be below `leaseSeconds`. Default 10. */
  renewDeadlineSeconds?: number
  /** Between two tries. Default 2. */
  retrySeconds?: number
  clock?: Clock
  random?: () => number
  emit?: Emit<KubeTelemetry>
  /** Told at each renewal until when (ms of the clock's `monotonic`) this process may act. */
  onRenewed?: (untilMs: number) => void
}>

/**
 * Leader election on a Lease. Only times of the own, monotonic clock count: the lease of another is taken over when it
 * has not changed for its duration *as seen from here*, whatever the timestamps in it say.
 */
export class LeaderElection {
  readonly #options: LeaderElectionOptions
  readonly #clock: Clock
  readonly #random: () => number
  readonly #emit: Emit<KubeTelemetry>
  readonly #leaseMs: number
  readonly #deadlineMs: number
  readonly #retryMs: number
  readonly #lost = Promise.withResolvers<void>()
  readonly #stopRenewing = new AbortController()
  #seen: Lease | undefined
  #seenChangeMs = 0
  #lookedMs = Number.NEGATIVE_INFINITY
  #renewedMs = Number.NEGATIVE_INFINITY
  #state: 'waiting' | 'leading' | 'over' = 'waiting'
  #renewing: Promise<void> = Promise.resolve()

  constructor(options: LeaderElectionOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#random = options.random ?? Math.random
    this.#emit = options.emit ?? silent
    this.#leaseMs = (options.leaseSeconds ?? 15) * 1000
    this.#deadlineMs = (options.renewDeadlineSeconds ?? 10) * 1000
    this.#retryMs = (options.retrySeconds ?? 2) * 1000
    if (this.#deadlineMs >= this.#leaseMs || this.#retryMs >= this.#deadlineMs)
      throw new RangeError('leader election needs retrySeconds < renewDeadlineSeconds < leaseSeconds')
  }

  /** Resolves when this process led and another one does now; never after a release. */
  get lost(): Promise<void> {
    return this.#lost.promise
  }

  /**
   * Whether this process may act, by the clock and not by what a timer has noticed yet: after the event loop was
   * blocked for long, this is false before any renewal had a chance to fail.
   */
  get isLeading(): boolean {
    return this.#state === 'leading' && this.#clock.monotonic() - this.#renewedMs < this.#deadlineMs
  }

  /** Waits for the lead. Resolves with false when the signal aborts first. */
  async acquire(signal: AbortSignal): Promise<boolean> {
    while (!signal.aborted) {
      if (await this.#try()) {
        this.#state = 'leading'
        this.#options.onRenewed?.(this.#renewedMs + this.#deadlineMs)
        this.#emit(this.#leadership(true, this.#options.identity))
        this.#renewing = this.#renew()
        return true
      }
      await sleep(this.#clock, this.#retryMs * (1 + 0.2 * this.#random()), signal)
    }
    return false
  }

  /** Gives the lead up, so that another one need not wait. To be called when all work has ended. */
  async release(): Promise<void> {
    if (this.#state !== 'leading') return
    this.#state = 'over'
    this.#stopRenewing.abort()
    await this.#renewing
    await this.#write('', 1).catch((error: unknown) => this.#failed(error))
    this.#emit(this.#leadership(false, ''))
  }

  async #renew(): Promise<void> {
    const stop = this.#stopRenewing.signal
    while (!stop.aborted) {
      await sleep(this.#clock, this.#retryMs, stop)
      if (stop.aborted) return
      const held = this.isLeading && (await this.#tryUntilDeadline())
      if (held && this.isLeading) continue
      if (stop.aborted || (await this.#regain(stop))) continue
      this.#state = 'over'
      this.#lost.resolve()
      return
    }
  }

  /**
   * Cut off, or held up, for longer than the deadline: `isLeading` is false, and nothing may be done. Where the lease
   * names no other one as soon as it can be read again, nobody led in between, and the lead goes on.
   */
  async #regain(stop: AbortSignal): Promise<boolean> {
    this.#emit(this.#leadership(false, this.#holder))
    while (!stop.aborted && this.#isMine) {
      if (await this.#try()) {
        this.#emit(this.#leadership(true, this.#options.identity))
        return true
      }
      if (this.#isMine) await sleep(this.#clock, this.#retryMs, stop)
    }
    return stop.aborted
  }

  /** False when another one holds the lease, or the deadline went by. */
  async #tryUntilDeadline(): Promise<boolean> {
    const stop = this.#stopRenewing.signal
    while (this.isLeading && !stop.aborted) {
      if (await this.#try()) return true
      if (!this.#isMine) return false
      await sleep(this.#clock, this.#retryMs, stop)
    }
    return false
  }

  /** One try to get or to keep the lease; whatever fails is told and counts as a no. */
  async #try(): Promise<boolean> {
    try {
      if (this.#state === 'leading' && this.#seen !== undefined) {
        try {
          return await this.#take()
        } catch (error) {
          if (!isConflict(error) && !isNotFound(error)) throw error
        }
      }
      await this.#look()
      return this.#mayTake() && (await this.#take())
    } catch (error) {
      this.#failed(error)
      return false
    }
  }

  async #look(): Promise<void> {
    const { client, namespace, name } = this.#options
    const lease = await client.find(leases, { namespace, name }, this.#call())
    const now = this.#clock.monotonic()
    // Who could not look for long does not know what he missed: a leader that was as blind gets time to renew first.
    const wasBlind = now - this.#lookedMs > this.#leaseMs / 2
    this.#lookedMs = now
    if (wasBlind || lease?.metadata.resourceVersion !== this.#seen?.metadata.resourceVersion) {
      this.#seen = lease
      this.#seenChangeMs = now
    }
  }

  #mayTake(): boolean {
    if (this.#isMine) return true
    const theirsMs = (this.#seen?.spec?.leaseDurationSeconds ?? this.#leaseMs / 1000) * 1000
    return this.#clock.monotonic() - this.#seenChangeMs > theirsMs
  }

  async #take(): Promise<boolean> {
    // The time before the call: what counts for the others is when the server wrote it, which is later.
    const started = this.#clock.monotonic()
    try {
      await this.#write(this.#options.identity, this.#leaseMs / 1000)
    } catch (error) {
      if (isAlreadyExists(error)) return false
      throw error
    }
    this.#renewedMs = started
    if (this.#state === 'leading') this.#options.onRenewed?.(started + this.#deadlineMs)
    return true
  }

  /** Written only over the very version that was seen: of two who try, one gets a conflict. */
  async #write(holder: string, seconds: number): Promise<void> {
    const { client, namespace, name } = this.#options
    const now = toMicroTime(this.#clock.now())
    const old = this.#seen?.spec
    const changes = old?.holderIdentity !== holder
    const spec = {
      holderIdentity: holder,
      leaseDurationSeconds: seconds,
      renewTime: now,
      acquireTime: changes ? now : (old?.acquireTime ?? now),
      leaseTransitions:
        (old?.leaseTransitions ?? 0) + (changes && holder !== '' && old !== undefined ? 1 : 0),
    }
    const resourceVersion = this.#seen?.metadata.resourceVersion
    this.#seen =
      resourceVersion === undefined
        ? await client.create(leases, { metadata: { namespace, name }, spec }, this.#call())
        : await client.mergePatch(
            leases,
            { namespace, name },
            { metadata: { resourceVersion }, spec },
            this.#call(),
          )
    this.#seenChangeMs = this.#clock.monotonic()
  }

  /** As far as was seen, no other one holds the lease. */
  get #isMine(): boolean {
    return this.#holder === '' || this.#holder === this.#options.identity
  }

  get #holder(): string {
    return this.#seen?.spec?.holderIdentity ?? ''
  }

  /** One hanging call must not cost the lead. */
  #call() {
    return { lane: 'lease', timeoutMs: Math.max(1000, this.#deadlineMs / 2) } as const
  }

  #failed(error: unknown): void {
    const told = error instanceof Error ? error : new Error(String(error))
    this.#emit({ type: 'leaseFailed', lease: this.#options.name, error: told })
  }

  #leadership(leading: boolean, holder: string): KubeTelemetry {
    return { type: 'leadership', lease: this.#options.name, leading, holder }
  }
}
