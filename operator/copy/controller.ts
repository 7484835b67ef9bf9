import type { Caches } from '../caches.ts'
import { objectKey, type Pod } from '../kube/object.ts'
import { Controller, type ControllerOptions } from '../runtime/controller.ts'
import { type CopyReconcileDependencies, CopyReconciler } from './reconcile.ts'
import { copiedObject, servedObject } from './record.ts'

export type CopyControllerOptions = Omit<CopyReconcileDependencies, 'sources' | 'copied'> &
  Readonly<{
    caches: Caches
    controller: Pick<ControllerOptions, 'log' | 'emit' | 'workers' | 'clock'>
  }>

/** The controller of the copies of all BaseImages, or of all Snapshots, over caches that others run. */
export function copyController(options: CopyControllerOptions): Controller {
  const { caches, kind } = options
  const sources = {
    claims: caches.claims.store,
    volumes: caches.volumes.store,
    pods: caches.pods.store,
  }
  const copied = kind === 'BaseImage' ? caches.images.store : caches.snapshots.store
  const reconciler = new CopyReconciler({ ...options, sources, copied })
  const controller = new Controller({
    ...options.controller,
    name: `${kind.toLowerCase()}copy`,
    backoff: { capMs: 60_000 },
    reconcile: (key, context) => reconciler.reconcile(key, context),
  })
  const prefix = `${kind}/`
  const ours = (keys: readonly string[]) =>
    keys.filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length))
  const { claims, pods } = sources
  if (kind === 'BaseImage') controller.watch(caches.images.store)
  else controller.watch(caches.snapshots.store)
  controller.watch(claims, (claim) => ours(copiedObject(claim)))
  // VMs by the claims that they mount, workers by what they say themselves.
  const mounted = ({ metadata, spec }: Pod) =>
    (spec.volumes ?? []).flatMap(({ persistentVolumeClaim: volume }) => {
      const claim =
        volume === undefined ? undefined : claims.getByKey(objectKey(metadata.namespace, volume.claimName))
      return claim === undefined ? [] : copiedObject(claim)
    })
  controller.watch(pods, (pod) => ours([...servedObject(pod), ...mounted(pod)]))
  return controller
}
