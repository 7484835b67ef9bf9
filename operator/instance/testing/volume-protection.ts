import type { KubeClient } from '../../kube/client.ts'
import { isConflict } from '../../kube/errors.ts'
import { removeFinalizer } from '../../kube/finalizer.ts'
import { keyOf, objectKey } from '../../kube/object.ts'
import { Reflector } from '../../kube/reflector.ts'
import { persistentVolumeClaims, pods } from '../../kube/resource.ts'
import { Controller } from '../../runtime/controller.ts'

const finalizer = 'kubernetes.io/pvc-protection'

/** Plays the cluster's controller that lets a claim go when no pod mounts it any more. */
export class FakeVolumeProtection {
  readonly #reflectors
  readonly #controller: Controller

  constructor({ client }: Readonly<{ client: KubeClient }>) {
    const claims = new Reflector({ client, type: persistentVolumeClaims, name: 'protected-claims' })
    const users = new Reflector({ client, type: pods, name: 'protecting-pods' })
    this.#reflectors = [claims, users]
    const mountedBy = (pod: ReturnType<typeof users.store.list>[number]) =>
      (pod.spec.volumes ?? []).flatMap(({ persistentVolumeClaim: claim }) =>
        claim === undefined ? [] : [objectKey(pod.metadata.namespace, claim.claimName)],
      )
    this.#controller = new Controller({
      name: 'volume-protection',
      reconcile: async (key) => {
        const claim = claims.store.getByKey(key)
        if (claim?.metadata.deletionTimestamp === undefined) return {}
        if (users.store.list().some((pod) => mountedBy(pod).includes(keyOf(claim)))) return {}
        await removeFinalizer(client, persistentVolumeClaims, claim, finalizer).catch((error: unknown) => {
          if (!isConflict(error)) throw error
        })
        return {}
      },
    })
    this.#controller.watch(claims.store)
    this.#controller.watch(users.store, mountedBy)
  }

  /** Runs until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([...this.#reflectors, this.#controller].map((one) => one.run(signal)))
  }
}
