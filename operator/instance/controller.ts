import { labels, labelValues } from '../api/labels.ts'
import { ephemeralInstances, flavors } from '../api/types.ts'
import type { KubeClient } from '../kube/client.ts'
import { keyOf } from '../kube/object.ts'
import { Reflector } from '../kube/reflector.ts'
import { persistentVolumeClaims, pods } from '../kube/resource.ts'
import type { Emit, KubeTelemetry } from '../kube/telemetry.ts'
import { Controller, type ControllerOptions } from '../runtime/controller.ts'
import { InstanceReconciler, type ReconcileDependencies } from './reconcile.ts'
import { instanceIndexes, instanceOfPod } from './sources.ts'

export type InstanceControllerOptions = Omit<ReconcileDependencies, 'sources'> &
  Readonly<{
    client: KubeClient
    emitKube: Emit<KubeTelemetry>
    controller: Pick<ControllerOptions, 'log' | 'emit' | 'workers' | 'clock'>
  }>

/** The instance controller with the caches that it works from. */
export function instanceController(options: InstanceControllerOptions) {
  const { client, emitKube: emit } = options
  const instances = new Reflector({ client, emit, type: ephemeralInstances, indexes: instanceIndexes })
  const flavorCache = new Reflector({ client, emit, type: flavors })
  const claims = new Reflector({ client, emit, type: persistentVolumeClaims })
  const vmPods = new Reflector({
    client,
    emit,
    type: pods,
    labelSelector: `${labels.managedBy}=${labelValues.managedBy}`,
  })
  const sources = {
    instances: instances.store,
    flavors: flavorCache.store,
    claims: claims.store,
    pods: vmPods.store,
  }
  const reconciler = new InstanceReconciler({ ...options, sources })
  const controller = new Controller({
    ...options.controller,
    name: 'ephemeralinstance',
    // After an outage, however long, everything is looked at again within a minute.
    backoff: { capMs: 60_000 },
    reconcile: (key, context) => reconciler.reconcile(key, context),
  })
  controller.watch(instances.store)
  controller.watch(vmPods.store, instanceOfPod)
  controller.watch(flavorCache.store, (flavor) =>
    instances.store.byIndex('flavor', flavor.metadata.name).map(keyOf),
  )
  controller.watch(claims.store, (claim) => instances.store.byIndex('claim', keyOf(claim)).map(keyOf))
  return { controller, reflectors: [instances, flavorCache, claims, vmPods] as const }
}
