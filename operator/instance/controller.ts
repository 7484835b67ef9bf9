import type { KeyPair } from '../api/key-pair.ts'
import { type Caches, claimsOfPod } from '../caches.ts'
import type { KubeClient } from '../kube/client.ts'
import { keyOf, objectKey } from '../kube/object.ts'
import { instanceOfRescue } from '../rescue/desired.ts'
import { Controller, type ControllerOptions } from '../runtime/controller.ts'
import { keepPartOf } from '../snapshot/keep.ts'
import { hasEnded } from '../volume/gate.ts'
import { holdingOf } from '../volume/view.ts'
import { bootPartOf } from './boot-source.ts'
import { nodePart } from './node-loss.ts'
import { InstanceReconciler, type ReconcileDependencies } from './reconcile.ts'
import { instanceOfPod, volumeKeysOf } from './sources.ts'

export type InstanceControllerOptions = Omit<ReconcileDependencies, 'sources'> &
  Readonly<{
    client: KubeClient
    caches: Caches
    controller: Pick<ControllerOptions, 'log' | 'emit' | 'workers' | 'clock'>
  }>

/** The instance controller, over caches that others run. */
export function instanceController(options: InstanceControllerOptions): Controller {
  const { caches } = options
  const sources = {
    instances: caches.instances.store,
    flavors: caches.flavors.store,
    keyPairs: caches.keyPairs.store,
    images: caches.images.store,
    snapshots: caches.snapshots.store,
    claims: caches.claims.store,
    volumes: caches.volumes.store,
    pods: caches.pods.store,
    services: caches.services.store,
    nodes: caches.nodes.store,
    securityGroups: caches.securityGroups.store,
  }
  const reconciler = new InstanceReconciler({ ...options, sources })
  const controller = new Controller({
    ...options.controller,
    name: 'ephemeralinstance',
    // After an outage, however long, everything is looked at again within a minute.
    backoff: { capMs: 60_000 },
    reconcile: (key, context) => reconciler.reconcile(key, context),
  })
  const { instances, flavors, keyPairs, images, snapshots, claims, pods } = sources
  options.findings.onChange((key) => {
    if (instances.getByKey(key) !== undefined) controller.enqueue(key)
    for (const instance of instances.byIndex('namespace', key)) controller.enqueue(keyOf(instance))
  })
  controller.watch(instances)
  controller.watch(pods, instanceOfPod)
  controller.watch(pods, (pod) => {
    const rescued = instanceOfRescue(pod)
    return rescued === undefined ? [] : [objectKey(pod.metadata.namespace, rescued)]
  })
  controller.watch(flavors, (flavor) => instances.byIndex('flavor', flavor.metadata.name).map(keyOf))
  const publicKeyOf = ({ spec }: KeyPair) => spec.publicKey
  controller.watchPart(keyPairs, publicKeyOf, (pair) => instances.byIndex('keyPair', keyOf(pair)).map(keyOf))
  const users = (claim: string) => instances.byIndex('volume', claim).map(keyOf)
  controller.watch(claims, (claim) => [
    ...instances.byIndex('claim', keyOf(claim)).map(keyOf),
    ...users(keyOf(claim)),
  ])
  // A volume is free when the pod that had it is gone, and its instance does not ask for it any more.
  controller.watchPart(pods, hasEnded, (pod) => claimsOfPod(pod).flatMap(users))
  controller.watchPart(instances, holdingOf, (one) => volumeKeysOf(one).flatMap(users))
  controller.watchPart(images, bootPartOf, (image) => instances.byIndex('image', keyOf(image)).map(keyOf))
  // One that keeps a VM before it goes.
  controller.watchPart(snapshots, keepPartOf, ({ metadata, spec }) => [
    objectKey(metadata.namespace, spec.instance),
  ])
  controller.watchPart(snapshots, bootPartOf, (snapshot) =>
    instances.byIndex('snapshot', keyOf(snapshot)).map(keyOf),
  )
  controller.watchPart(sources.services, ({ spec, status }) => [spec, status], instanceOfPod)
  controller.watchPart(
    sources.securityGroups,
    ({ status }) => status?.conditions,
    (group) => instances.byIndex('securityGroup', keyOf(group)).map(keyOf),
  )
  controller.watchPart(sources.nodes, nodePart, (node) =>
    pods.byIndex('node', node.metadata.name).flatMap(instanceOfPod),
  )
  return controller
}
