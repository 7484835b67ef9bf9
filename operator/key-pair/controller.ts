import { type KeyPair, keyPair } from '../api/key-pair.ts'
import { keyPairs } from '../api/types.ts'
import type { Caches } from '../caches.ts'
import type { Applier } from '../kube/apply.ts'
import { isNotFound } from '../kube/errors.ts'
import { splitKey } from '../kube/object.ts'
import { OwnWrites } from '../kube/own-writes.ts'
import { Controller, type ControllerOptions } from '../runtime/controller.ts'
import { statusOf } from './status.ts'

export type KeyPairControllerOptions = Readonly<{
  caches: Caches
  applier: Applier
  controller: Pick<ControllerOptions, 'log' | 'emit' | 'workers' | 'clock'>
}>

/** The controller of key pairs: all that it does is to say the fingerprint. */
export function keyPairController({
  caches,
  applier,
  controller: options,
}: KeyPairControllerOptions): Controller {
  const { store } = caches.keyPairs
  const written = new OwnWrites<KeyPair>()
  const controller = new Controller({
    ...options,
    name: 'keypair',
    backoff: { capMs: 60_000 },
    reconcile: async (key, { signal, log }) => {
      const stored = store.getByKey(key)
      if (stored === undefined) {
        written.forget(key)
        applier.forget(keyPairs, splitKey(key))
        return {}
      }
      if (stored.metadata.deletionTimestamp !== undefined) return {}
      const latest = written.latest(stored)
      const parsed = keyPair.safeParse(latest)
      if (!parsed.success) {
        log.warn('Spec is not understood', { issues: parsed.error.issues })
        return {}
      }
      const applied = await applier
        .applyStatus(keyPairs, latest, statusOf(latest), { signal })
        .catch((error) => {
          // Deleted meanwhile: there is nobody to tell.
          if (isNotFound(error)) return undefined
          throw error
        })
      if (applied?.outcome === 'applied') written.note(applied.object)
      return {}
    },
  })
  controller.watch(store)
  return controller
}
