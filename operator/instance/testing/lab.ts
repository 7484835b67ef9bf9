import { setTimeout as delay } from 'node:timers/promises'
import type { EphemeralInstance } from '../../api/ephemeral-instance.ts'
import type { InstanceSpec } from '../../api/instance-spec.ts'
import { ephemeralInstances } from '../../api/types.ts'
import type { Config } from '../../config.ts'
import type { KubeClient } from '../../kube/client.ts'
import type { Clock } from '../../kube/clock.ts'
import { findCondition } from '../../kube/conditions.ts'
import { fixedConnection } from '../../kube/connection.ts'
import { type Pod, splitKey } from '../../kube/object.ts'
import { persistentVolumeClaims, pods } from '../../kube/resource.ts'
import { TestOperator } from './operator.ts'
import type { World } from './world.ts'

/** Seconds until a wait is given up; what it waits for takes a second on an idle machine. */
const patience = 90

type Change = Readonly<{ spec?: Partial<InstanceSpec> | Record<string, unknown> }>

/** One namespace of the world, with what tests do to instances in it. */
export class Lab {
  readonly world: World
  readonly name: string

  constructor(world: World, name: string) {
    this.world = world
    this.name = name
  }

  get client(): KubeClient {
    return this.world.client
  }

  async addClaim(name = 'tiny'): Promise<void> {
    const resources = { requests: { storage: '1Gi' } }
    await this.client.create(persistentVolumeClaims, {
      metadata: { name, namespace: this.name },
      spec: { accessModes: ['ReadWriteOnce'], resources },
    })
  }

  async create(name: string, spec: Partial<InstanceSpec> = {}): Promise<EphemeralInstance> {
    const resources = { cpus: 1, memory: '128Mi', disk: '1Gi' }
    const intent = {
      metadata: { name, namespace: this.name },
      spec: { boot: { claim: 'tiny' }, resources, ...spec },
    }
    return this.client.create(ephemeralInstances, intent as EphemeralInstance)
  }

  async change(name: string, change: Change): Promise<void> {
    await this.client.mergePatch(ephemeralInstances, { namespace: this.name, name }, change)
  }

  async delete(name: string): Promise<void> {
    await this.client.delete(ephemeralInstances, { namespace: this.name, name })
  }

  get(name: string): Promise<EphemeralInstance | undefined> {
    return this.client.find(ephemeralInstances, { namespace: this.name, name })
  }

  /** The key of an instance's pod. */
  pod(name: string): string {
    return `${this.name}/${name}-vm`
  }

  /** Whether the guest in this pod stands still. */
  isPaused(pod: Pod | undefined): boolean {
    return this.world.kubelet.vms.isPaused(pod?.status?.podIP ?? '')
  }

  /**
   * An operator for this namespace, its caches filled.
   * @param options.at where it finds the API server; a tap, say
   * @param options.clock its own; default: the world's
   */
  operator(
    config: Partial<Config> = {},
    options: Readonly<{ at?: Readonly<{ url: string; ca: string }>; clock?: Clock; allFast?: boolean }> = {},
  ): Promise<TestOperator> {
    const { server, kubelet } = this.world
    const { at = server, clock = this.world.clock, allFast = false } = options
    const connection = fixedConnection(at.url, {
      headers: { authorization: `Bearer ${server.token}` },
      tls: { ca: at.ca },
    })
    const operator = new TestOperator({ connection, namespace: this.name, kubelet, clock, allFast, config })
    this.world.operators.push(operator)
    return operator.start()
  }

  /** Waits until the API server has no pod of the instance any more. Caches may learn of it later, each in its own time. */
  async podGone(name: string): Promise<void> {
    const target = splitKey(this.pod(name))
    await this.until(`the pod of ${name} to be gone`, async () => !(await this.client.find(pods, target)))
  }

  /** Asks again and again until the answer is there. */
  async until<T>(
    what: string,
    ask: () => Promise<T | undefined | false> | T | undefined | false,
  ): Promise<T> {
    const deadline = performance.now() + patience * 1000
    for (;;) {
      const answer = await ask()
      if (answer !== undefined && answer !== false) return answer
      if (performance.now() > deadline)
        throw new Error(`${this.name}: waited ${patience} s in vain for ${what}`)
      await delay(20)
    }
  }

  /** Waits until a condition of the instance has this reason. */
  reason(name: string, type: string, reason: string): Promise<EphemeralInstance> {
    return this.until(`${type} of ${name} to be because of ${reason}`, async () => {
      const live = await this.get(name)
      return findCondition(live?.status?.conditions, type)?.reason === reason && live
    })
  }

  /** Waits until the instance has no condition of this type any more: the controller that finds it gone writes when it likes. */
  healed(name: string, type: string): Promise<EphemeralInstance> {
    return this.until(`${type} of ${name} to be gone`, async () => {
      const live = await this.get(name)
      return live !== undefined && findCondition(live.status?.conditions, type) === undefined && live
    })
  }

  /** Waits until the instance is in this phase, for the spec as it is now. */
  phase(name: string, phase: string): Promise<EphemeralInstance> {
    return this.until(`${name} to be ${phase}`, async () => {
      const live = await this.get(name)
      return (
        live?.status?.phase === phase && live.status.observedGeneration === live.metadata.generation && live
      )
    })
  }
}
