import type { EphemeralInstance } from '../api/ephemeral-instance.ts'
import type { Caches } from '../caches.ts'
import { copiedOf } from '../copy/record.ts'
import { keyOf } from '../kube/object.ts'
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

const copiedImage = copiedOf('BaseImage')

/** The image controller, over caches that others run. */
export function imageController(options: ImageControllerOptions): Controller {
  const { caches } = options
  const sources = {
    images: caches.images.store,
    instances: caches.instances.store,
    snapshots: caches.snapshots.store,
    claims: caches.claims.store,
    volumes: caches.volumes.store,
    pods: caches.pods.store,
  }
  const reconciler = new ImageReconciler({ ...options, sources })
  const controller = new Controller({
    ...options.controller,
    name: 'baseimage',
    backoff: { capMs: 60_000 },
    reconcile: (key, context) => reconciler.reconcile(key, context),
  })
  const { images, instances, snapshots, claims, volumes, pods } = sources
  controller.watch(images)
  controller.watch(claims, imageOf)
  controller.watch(claims, copiedImage)
  // The claim was bound a moment before, and may have been looked at without it.
  controller.watch(volumes, ({ spec }) => {
    const claim = claims.get(spec?.claimRef?.namespace, spec?.claimRef?.name ?? '')
    return claim === undefined ? [] : [...imageOf(claim), ...copiedImage(claim)]
  })
  controller.watch(claims, (claim) => images.byIndex('claim', keyOf(claim)).map(keyOf))
  controller.watch(snapshots, (snapshot) => images.byIndex('snapshot', keyOf(snapshot)).map(keyOf))
  controller.watch(pods, imageOf)
  const later = { priority: 'bulk', afterMs: usersAfterMs } as const
  const usesOf = ({ spec, status }: EphemeralInstance) => [spec.boot?.image, status?.boot?.claim]
  controller.watchPart(instances, usesOf, imageOfInstance, later)
  const isThere = () => true
  controller.watchPart(pods, isThere, (pod) => imagesOfPod(pod, claims), later)
  return controller
}
