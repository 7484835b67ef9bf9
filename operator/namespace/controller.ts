import type { EphemeralInstance } from '../api/ephemeral-instance.ts'
import type { Caches } from '../caches.ts'
import { instancesService } from '../instance/hostname.ts'
import { Controller, type ControllerOptions } from '../runtime/controller.ts'
import { wallName } from '../security/policy.ts'
import { type NamespaceReconcileDependencies, NamespaceReconciler } from './reconcile.ts'

export type NamespaceControllerOptions = Omit<
  NamespaceReconcileDependencies,
  'instances' | 'services' | 'policies'
> &
  Readonly<{
    caches: Caches
    controller: Pick<ControllerOptions, 'log' | 'emit' | 'workers' | 'clock'>
  }>

/** The controller of what serves all VMs of a namespace, over caches that others run. Its keys are namespaces. */
export function namespaceController(options: NamespaceControllerOptions): Controller {
  const { instances, services, policies } = options.caches
  const reconciler = new NamespaceReconciler({
    ...options,
    instances: instances.store,
    services: services.store,
    policies: policies.store,
  })
  const controller = new Controller({
    ...options.controller,
    name: 'namespace',
    backoff: { capMs: 60_000 },
    reconcile: (key, context) => reconciler.reconcile(key, context),
  })
  const isSecured = ({ spec }: EphemeralInstance) => (spec.securityGroups?.length ?? 0) > 0
  controller.watchPart(instances.store, isSecured, ({ metadata }) => [metadata.namespace ?? ''])
  controller.watch(services.store, ({ metadata: { name, namespace = '' } }) =>
    name === instancesService ? [namespace] : [],
  )
  controller.watch(policies.store, ({ metadata: { name, namespace = '' } }) =>
    name === wallName ? [namespace] : [],
  )
  return controller
}
