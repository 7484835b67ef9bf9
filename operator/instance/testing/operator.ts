import type { Config } from '../../config.ts'
import { openControllers } from '../../controllers.ts'
import type { Clock } from '../../kube/clock.ts'
import type { Connection } from '../../kube/connection.ts'
import { EventRecorder } from '../../kube/events.ts'
import type { KubeTelemetry } from '../../kube/telemetry.ts'
import { config as defaults } from './build.ts'
import { FaultyClient } from './faulty-client.ts'
import type { FakeKubelet } from './kubelet.ts'

export type TestOperatorOptions = Readonly<{
  connection: Connection
  namespace: string
  kubelet: FakeKubelet
  clock: Clock
  /** Client and caches go by that clock, too: what takes an API server's minutes, such as a watch that stalls, then takes less. */
  allFast?: boolean
  config?: Partial<Config>
}>

/** One key for all operators of a test, as a Secret would give them. */
const masterKey = new Uint8Array(32).fill(7)

/** The operator of one namespace in this process, with caches of its own. */
export class TestOperator {
  readonly client: FaultyClient
  readonly #stop = new AbortController()
  readonly #events: EventRecorder
  readonly #control
  readonly #parts
  /** What happened between it and the API server. */
  readonly telemetry: KubeTelemetry[] = []
  #running: Promise<unknown> = Promise.resolve()

  constructor(options: TestOperatorOptions) {
    const { connection, namespace, kubelet, clock } = options
    const emitKube = (one: KubeTelemetry) => {
      this.telemetry.push(one)
    }
    const common = { connection, namespace, fieldManager: 'ephemera', emit: emitKube }
    this.client = new FaultyClient({ ...common, ...(options.allFast === true ? { clock } : {}) })
    this.#events = new EventRecorder({
      client: this.client,
      reportingController: 'ephemera.dev/operator',
      reportingInstance: 'operator-test',
    })
    const podAt = (address: string) => kubelet.podAt(address)
    this.#control = { ...kubelet.vms.controlOf(podAt), ...kubelet.workers.controlOf(podAt) }
    this.#parts = openControllers({
      client: this.client,
      emitKube,
      events: this.#events,
      control: this.#control,
      masterKey,
      config: { ...defaults, ...options.config },
      now: () => new Date(clock.now()),
      ...(options.allFast === true ? { cacheClock: clock } : {}),
      controller: { workers: 4, clock },
    })
    void this.client.crashed.then(() => this.#end())
  }

  /** The instances' controller. */
  get controller() {
    return this.#parts.controllers[0]
  }

  get reflectors() {
    return this.#parts.reflectors
  }

  get caches() {
    return this.#parts.caches
  }

  /** Fills the caches and begins to work. */
  async start(): Promise<this> {
    const { signal } = this.#stop
    const caches = this.#parts.reflectors.map((reflector) => reflector.run(signal))
    await Promise.all(this.#parts.reflectors.map((reflector) => reflector.synced()))
    this.#running = Promise.all([
      ...caches,
      ...this.#parts.controllers.map((controller) => controller.run(signal)),
    ])
    return this
  }

  /** Nothing is being worked on, and nothing waits to be. */
  get isIdle(): boolean {
    return this.#parts.controllers.every(({ queueState: { ready, running } }) => {
      return ready.fresh + ready.bulk + running === 0
    })
  }

  /** Sends the events that wait to be sent. */
  flushEvents(): Promise<void> {
    return this.#events.flush(60_000)
  }

  /** What went wrong between it and the API server, and what it still has to do: for the message of a failed test. */
  troubles(): string {
    const told = this.telemetry.filter((one) => one.type !== 'request' && one.type !== 'watchEvent')
    return [...told.slice(-20), ...this.#parts.controllers.map(({ queueState }) => queueState)]
      .map((one) => JSON.stringify(one))
      .join('\n')
  }

  /** Ends as a process that is killed: at once, with nothing said or done any more. */
  async crash(): Promise<void> {
    this.client.die()
    await this.#running
    await this.client.close()
  }

  /** Ends in order, events sent. */
  async stop(): Promise<void> {
    this.#end()
    await this.#running
    await this.flushEvents()
    await this.client.close()
  }

  #end(): void {
    this.#control.cut()
    this.#stop.abort()
  }
}
