import { clientOf, installCrds } from '../../../hack/apiserver/connect.ts'
import { type ApiServer, startApiServer } from '../../../hack/apiserver/start.ts'
import type { KubeClient } from '../../kube/client.ts'
import type { Clock } from '../../kube/clock.ts'
import { namespaces } from '../../kube/resource.ts'
import { fastClock } from './fast-clock.ts'
import { FakeGarbageCollector } from './garbage-collector.ts'
import { FakeKubelet } from './kubelet.ts'
import { Lab } from './lab.ts'
import type { TestOperator } from './operator.ts'
import { FakeVolumeProtection } from './volume-protection.ts'

/** A cluster without nodes: a real API server, with a kubelet and a garbage collector that are played. */
export class World {
  readonly client: KubeClient
  readonly kubelet: FakeKubelet
  readonly clock: Clock
  readonly server: ApiServer
  /** All that were started, so that none outlives the world. */
  readonly operators: TestOperator[] = []
  readonly #stop = new AbortController()
  #running: Promise<unknown> = Promise.resolve()
  #labs = 0

  constructor(server: ApiServer, clock: Clock) {
    this.server = server
    this.clock = clock
    this.client = clientOf(server)
    this.kubelet = new FakeKubelet({ client: this.client, clock })
  }

  /** @param speed how many times faster than real the clock of operators and kubelet goes */
  static async start(speed = 10): Promise<World> {
    const server = await startApiServer()
    const world = new World(server, fastClock(speed))
    await installCrds(world.client)
    const collector = new FakeGarbageCollector({ client: world.client })
    const protection = new FakeVolumeProtection({ client: world.client })
    const { signal } = world.#stop
    world.#running = Promise.all([world.kubelet.run(signal), collector.run(signal), protection.run(signal)])
    await Promise.all([world.kubelet.synced(), collector.synced()])
    return world
  }

  async stop(): Promise<void> {
    await Promise.all(this.operators.map((operator) => operator.crash()))
    this.#stop.abort()
    await this.#running
    await this.client.close()
    await this.server.stop()
  }

  /** A namespace with a claim that holds an image. */
  async lab(name: string): Promise<Lab> {
    await this.client.create(namespaces, { metadata: { name } })
    const lab = new Lab(this, name)
    await lab.addClaim()
    return lab
  }

  /** A lab of its own for each call: the name gets a number. */
  freshLab(name: string): Promise<Lab> {
    return this.lab(`${name}-${++this.#labs}`)
  }

  /** Goes through `body` with an operator in a lab of its own, which `prepare` has made ready. */
  async inLab(
    name: string,
    body: (lab: Lab) => Promise<void>,
    prepare?: (lab: Lab) => Promise<void>,
  ): Promise<void> {
    const lab = await this.freshLab(name)
    await prepare?.(lab)
    const operator = await lab.operator()
    await body(lab)
    await operator.stop()
  }
}
