import { setTimeout as delay } from 'node:timers/promises'
import type { EphemeralInstance } from '../../operator/api/ephemeral-instance.ts'
import { ephemeralInstances } from '../../operator/api/types.ts'
import type { KubeClient } from '../../operator/kube/client.ts'
import { isTrue } from '../../operator/kube/conditions.ts'
import type { KubeObject, Pod } from '../../operator/kube/object.ts'
import { pods, type ResourceType } from '../../operator/kube/resource.ts'

/** When watches of the API showed a step of each instance for the first time, in ms of this process's clock, by the instance's name. */
type Times = Map<string, number>

/** Sees what becomes of the instances of a namespace, by watches of its own. */
export class Observer {
  readonly podMade: Times = new Map()
  readonly active: Times = new Map()
  readonly ready: Times = new Map()
  /** Pods that are there. */
  readonly pods = new Set<string>()
  readonly #stop = new AbortController()
  #failure: unknown
  #running: Promise<unknown> = Promise.resolve()

  /** Watches from now on. */
  static async start(client: KubeClient, namespace: string): Promise<Observer> {
    const observer = new Observer()
    const { signal } = observer.#stop
    const follow = async <T extends KubeObject>(
      type: ResourceType<T>,
      see: (object: T, isGone: boolean) => void,
    ) => {
      let { resourceVersion } = await client.list(type, { namespace })
      const run = async () => {
        // The API server may end a watch whenever it likes; the next one goes on where it stood.
        while (!signal.aborted) {
          const options = { namespace, resourceVersion, timeoutSeconds: 3_600, signal }
          for await (const event of client.watch(type, options)) {
            resourceVersion =
              event.type === 'BOOKMARK'
                ? event.resourceVersion
                : (event.object.metadata.resourceVersion ?? '')
            if (event.type !== 'BOOKMARK') see(event.object, event.type === 'DELETED')
          }
        }
      }
      const running = run().catch((error: unknown) => {
        if (!signal.aborted) observer.#failure = error
      })
      // Not awaited here: it runs until the end.
      return { running }
    }
    const followed = await Promise.all([
      follow<Pod>(pods, (pod, isGone) => observer.#seePod(pod, isGone)),
      follow<EphemeralInstance>(ephemeralInstances, (instance) => observer.#seeInstance(instance)),
    ])
    observer.#running = Promise.all(followed.map(({ running }) => running))
    return observer
  }

  /** Waits for what is to be seen; rejects when it does not come within these seconds. */
  async until(what: string, isSeen: () => boolean, seconds: number): Promise<void> {
    const deadline = performance.now() + seconds * 1000
    while (!isSeen()) {
      if (this.#failure !== undefined) throw this.#failure
      if (performance.now() > deadline) throw new Error(`waited ${seconds} s in vain for ${what}`)
      await delay(20)
    }
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#running
  }

  #seePod({ metadata: { name } }: Pod, isGone: boolean): void {
    if (isGone) {
      this.pods.delete(name)
      return
    }
    this.pods.add(name)
    note(this.podMade, name.slice(0, -'-vm'.length))
  }

  #seeInstance({ metadata: { name }, status }: EphemeralInstance): void {
    if (isTrue(status?.conditions, 'Active')) note(this.active, name)
    if (isTrue(status?.conditions, 'GuestReady')) note(this.ready, name)
  }
}

function note(times: Times, name: string): void {
  if (!times.has(name)) times.set(name, performance.now())
}
