import type { Caches } from '../caches.ts'
import { sameJson } from '../kube/json.ts'
import type { KubeObject } from '../kube/object.ts'
import { keyOf } from '../kube/object.ts'
import type { Store } from '../kube/store.ts'
import { Controller, type ControllerOptions } from '../runtime/controller.ts'
import { type ImageReconcileDependencies, ImageReconciler } from './reconcile.ts'
import { imageOf, imageOfInstance, imagesOfPod } from './sources.ts'

export type ImageControllerOptions = Omit<ImageReconcileDependencies, 'sources'> &
  Readonly<{
    caches: Caches
    controller: Pick<ControllerOptions, 'log' | 'emit' | 'workers' | 'clock'>
  }>

/**
 * How long the list of an image's users may lag behind, in ms: a thousand VMs that come and go are told in a few writes,
 * and not in a thousand.
 */
const usersAfterMs = 2_000

/** The image controller, over caches that others run. */
export function imageController(options: ImageControllerOptions): Controller {
  const { caches } = options
  const sources = {
    images: caches.images.store,
    instances: caches.instances.store,
    snapshots: caches.snapshots.store,
    claims: caches.claims.store,
    pods: caches.pods.store,
  }
  const reconciler = new ImageReconciler({ ...options, sources })
  const controller = new Controller({
    ...options.controller,
    name: 'baseimage',
    backoff: { capMs: 60_000 },
    reconcile: (key, context) => reconciler.reconcile(key, context),
  })
  const { images, instances, snapshots, claims, pods } = sources
  controller.watch(images)
  controller.watch(claims, imageOf)
  controller.watch(claims, (claim) => images.byIndex('claim', keyOf(claim)).map(keyOf))
  controller.watch(snapshots, (snapshot) => images.byIndex('snapshot', keyOf(snapshot)).map(keyOf))
  controller.watch(pods, imageOf)
  const later = <T extends KubeObject>(
    store: Store<T>,
    usesOf: (object: T) => unknown,
    keysOf: (object: T) => string[],
  ) =>
    store.onChange((old, next) => {
      if (old !== undefined && next !== undefined && sameJson(usesOf(old), usesOf(next))) return
      for (const one of [old, next])
        for (const key of one === undefined ? [] : keysOf(one))
          controller.enqueue(key, { priority: 'bulk', afterMs: usersAfterMs })
    })
  later(instances, ({ spec, status }) => [spec.boot?.image, status?.boot?.claim], imageOfInstance)
  later(
    pods,
    () => true,
    (pod) => imagesOfPod(pod, claims),
  )
  return controller
}
