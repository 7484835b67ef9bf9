import { keyOf, type ObjectMeta, objectKey, type Pod } from '../kube/object.ts'
import type { Store } from '../kube/store.ts'
import type { WithoutKvm } from './accelerator.ts'
import { childName } from './children.ts'
import { viewPod } from './pod-view.ts'

/** The pod that this process made last for an instance, which neither the cache nor the status may show yet. */
export type MadePod = Readonly<{
  podUID: string
  rebuildGeneration: number
  /** VMs that came before it, since the last rebuild. */
  restarts: number
  /** Why it does not ask for KVM, where it does not. */
  withoutKvm?: WithoutKvm | undefined
  /** When it was made. */
  at: Date
  /** The cache has shown it: if it is not there now, it is gone. */
  isSeen: boolean
}>

type Entry = MadePod & Readonly<{ instanceUID: string | undefined }>
type Owner = Readonly<{ metadata: Pick<ObjectMeta, 'name' | 'namespace' | 'uid'> }>

/**
 * Remembers the last pod made for each instance, for as long as the process lives. So a cache that lags behind makes
 * nobody make a second one, and something that takes pods away faster than statuses are written gains nothing by it.
 */
export class MadePods {
  readonly #pods: Store<Pod>
  readonly #byPodKey = new Map<string, Entry>()

  constructor(pods: Store<Pod>) {
    this.#pods = pods
    pods.onChange((_, next) => {
      if (next === undefined) return
      const key = keyOf(next)
      const entry = this.#byPodKey.get(key)
      if (entry?.podUID === next.metadata.uid && entry !== undefined && !entry.isSeen)
        this.#byPodKey.set(key, { ...entry, isSeen: true })
    })
  }

  /** This pod was just made for the instance. */
  note({ metadata: { uid } }: Owner, pod: Pod, at: Date): void {
    const { rebuildGeneration, restarts, withoutKvm, uid: podUID } = viewPod(pod)
    const key = keyOf(pod)
    const isSeen = this.#pods.getByKey(key)?.metadata.uid === podUID
    this.#byPodKey.set(key, { instanceUID: uid, podUID, rebuildGeneration, restarts, withoutKvm, at, isSeen })
  }

  /** Undefined also for an instance that was deleted and made again since. */
  of({ metadata: { namespace, name, uid } }: Owner): MadePod | undefined {
    const entry = this.#byPodKey.get(objectKey(namespace, childName(name)))
    return entry?.instanceUID === uid ? entry : undefined
  }

  /** The instance is gone. */
  forget({ namespace, name }: Readonly<{ namespace?: string | undefined; name: string }>): void {
    this.#byPodKey.delete(objectKey(namespace, childName(name)))
  }
}
