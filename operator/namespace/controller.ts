import type { Caches } from '../caches.ts'
import { instancesService } from '../instance/hostname.ts'
import { Controller, type ControllerOptions } from '../runtime/controller.ts'
import { type NamespaceReconcileDependencies, NamespaceReconciler } from './reconcile.ts'

export type NamespaceControllerOptions = Omit<NamespaceReconcileDependencies, 'instances' | 'services'> &
  Readonly<{
    caches: Caches
    controller: Pick<ControllerOptions, 'log' | 'emit' | 'workers' | 'clock'>
  }>

/** The controller of what serves all VMs of a namespace, over caches that others run. Its keys are namespaces. */
export function namespaceController(options: NamespaceControllerOptions): Controller {
  const { instances, services } = options.caches
  const reconciler = new NamespaceReconciler({
    ...options,
    instances: instances.store,
    services: services.store,
  })
  const controller = new Controller({
    ...options.controller,
    name: 'namespace',
    backoff: { capMs: 60_000 },
    reconcile: (key, context) => reconciler.reconcile(key, context),
  })
  const isThere = () => true
  controller.watchPart(instances.store, isThere, ({ metadata }) => [metadata.namespace ?? ''])
  controller.watch(services.store, ({ metadata: { name, namespace = '' } }) =>
    name === instancesService ? [namespace] : [],
  )
  return controller
}
