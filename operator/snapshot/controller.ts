import type { Caches } from '../caches.ts'
import { copiedOf } from '../copy/record.ts'
import { instanceOfPod } from '../instance/sources.ts'
import { keyOf, objectKey } from '../kube/object.ts'
import { Controller, type ControllerOptions } from '../runtime/controller.ts'
import { type SnapshotReconcileDependencies, SnapshotReconciler } from './reconcile.ts'
import { snapshotOfInstance, snapshotsOfContent, snapshotsOfMounts } from './sources.ts'

export type SnapshotControllerOptions = Omit<SnapshotReconcileDependencies, 'sources'> &
  Readonly<{
    caches: Caches
    controller: Pick<ControllerOptions, 'log' | 'emit' | 'workers' | 'clock'>
  }>

const copiedSnapshot = copiedOf('Snapshot')

/** A switch with an agent that hangs, on a disk that does, takes 75 s; it is let end. */
const longestReconcileMs = 180_000

/** The snapshot controller, over caches that others run. */
export function snapshotController(options: SnapshotControllerOptions): Controller {
  const { caches } = options
  const sources = {
    snapshots: caches.snapshots.store,
    images: caches.images.store,
    instances: caches.instances.store,
    claims: caches.claims.store,
    volumes: caches.volumes.store,
    pods: caches.pods.store,
  }
  const reconciler = new SnapshotReconciler({ ...options, sources })
  const controller = new Controller({
    ...options.controller,
    name: 'snapshot',
    timeoutMs: longestReconcileMs,
    backoff: { capMs: 60_000 },
    reconcile: (key, context) => reconciler.reconcile(key, context),
  })
  const { snapshots, instances, claims, volumes, pods } = sources
  const ofInstance = (key: string) => snapshots.byIndex('instance', key).map(keyOf)
  controller.watch(snapshots)
  // Whoever waits for its turn looks again when another one of the same VM has moved on.
  controller.watch(snapshots, ({ metadata, spec }) =>
    ofInstance(objectKey(metadata.namespace, spec.instance)),
  )
  controller.watch(instances, (instance) => [...ofInstance(keyOf(instance)), ...snapshotOfInstance(instance)])
  controller.watch(claims, (claim) => snapshotsOfContent(claim, sources))
  controller.watch(claims, copiedSnapshot)
  // What ties a copy to its node is known once its claim is bound.
  controller.watch(volumes, ({ spec }) => {
    const claim = claims.get(spec?.claimRef?.namespace, spec?.claimRef?.name ?? '')
    return claim === undefined ? [] : copiedSnapshot(claim)
  })
  controller.watch(pods, (pod) => [
    ...snapshotsOfContent(pod, sources),
    ...snapshotsOfMounts(pod, sources),
    ...instanceOfPod(pod).flatMap(ofInstance),
  ])
  return controller
}
